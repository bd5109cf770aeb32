//! The verbs of the audit, each with its name in the database.
use super::request::words;

/// What an audit entry says was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAct {
    /// An applicant submitted a request for a certificate.
    RequestSubmit,
    /// An operator approved a request.
    RequestApprove,
    /// An operator rejected a request.
    RequestReject,
    /// The applicant withdrew a request.
    RequestWithdraw,
    /// A request ended because a reissue of the account's passwords was accepted.
    RequestVoid,
    /// A failed request was released for signing again.
    RequestRetry,
    /// A failed request was put before an operator again.
    RequestAskAgain,
    /// A signing attempt failed; the request waits for the next.
    RequestGiveBack,
    /// A request was set aside as failed, for good.
    RequestPark,
    /// A worker released the requests that it had leased.
    QueueGiveBack,
    /// A worker's lease ran out and its request was taken back.
    QueueLapse,
    /// A certificate was issued and recorded.
    CertificateIssue,
    /// A certificate was restored from a journal.
    CertificateRestore,
    /// A serial number was given up; nobody gets its certificate.
    CertificateAbandon,
    /// A certificate was revoked.
    CertificateRevoke,
    /// A certificate was suspended.
    CertificateHold,
    /// A suspension was lifted.
    CertificateRelease,
    /// The applicant downloaded the PKCS#12.
    CertificateDownload,
    /// The PKCS#12 was deleted: its certificate ended, or it was kept long enough after the first login.
    CertificateDeletePkcs12,
    /// The certificate was presented to the portal for the first time.
    CertificateInstalled,
    /// The holder was reminded by mail that the certificate ends.
    CertificateRemind,
    /// Certificates were revoked, suspended or released by one command.
    RevocationOrder,
    /// A revocation list was signed and stored.
    CrlPublish,
    /// An account was registered.
    AccountRegister,
    /// An account's data were changed.
    AccountChange,
    /// An account was enabled or disabled.
    AccountStatus,
    /// A lock after wrong passwords was lifted.
    AccountUnlock,
    /// An applicant logged in.
    LoginSucceed,
    /// An applicant's login was refused.
    LoginRefuse,
    /// The last wrong try locked an applicant's login.
    LoginLock,
    /// A session was ended by whoever had it.
    Logout,
    /// An applicant changed the login password.
    LoginPasswordChange,
    /// The gate before the application form was passed.
    GatePass,
    /// The issuance password was refused.
    GateRefuse,
    /// The last wrong try locked the issuance password.
    GateLock,
    /// A certificate holder logged in to the portal.
    PortalLoginSucceed,
    /// A login to the portal was refused.
    PortalLoginRefuse,
    /// A portal session was ended because its certificate no longer admits.
    PortalSessionEnd,
    /// A request of a portal session was refused; the session goes on.
    PortalSessionRefuse,
    /// A portal session chose the account that it acts for.
    SessionReference,
    /// An operator logged in.
    OperatorLoginSucceed,
    /// An operator's login was refused.
    OperatorLoginRefuse,
    /// The last wrong try locked an operator's login.
    OperatorLoginLock,
    /// An operator was added, with a certificate.
    OperatorAdd,
    /// An operator got a new certificate.
    OperatorRenew,
    /// An operator was enabled or disabled.
    OperatorStatus,
    /// An operator got another console password.
    OperatorPasswordChange,
    /// A change of the mail address was requested.
    AddressAsk,
    /// The new mail address was proven by its code.
    AddressProve,
    /// The old mail address agreed to the change.
    AddressAgree,
    /// A wrong code was entered for a change of the mail address.
    AddressWrongCode,
    /// A change of the mail address ended after too many wrong codes.
    AddressFail,
    /// A change of the mail address was not completed in time.
    AddressLapse,
    /// The mail address was changed elsewhere while a change waited.
    AddressOvertaken,
    /// An operator confirmed a change of the mail address.
    AddressConfirm,
    /// An operator rejected a change of the mail address.
    AddressReject,
    /// The account's holder withdrew a change of the mail address.
    AddressWithdraw,
    /// A change of the mail address ended because a reissue was accepted.
    AddressVoid,
    /// The mail address was changed.
    AddressChange,
    /// A reissue of the passwords was applied for.
    ReissueApply,
    /// An operator accepted a reissue.
    ReissueAccept,
    /// An operator rejected a reissue.
    ReissueReject,
    /// A run of letters was printed.
    LetterRun,
    /// An account's letter was printed.
    LetterPrint,
    /// An account was reminded by letter that a certificate ends.
    LetterRemind,
    /// A delegation was added.
    DelegationAdd,
    /// A delegation was changed.
    DelegationChange,
    /// A delegation was ended.
    DelegationEnd,
    /// A notice was published.
    NoticePublish,
    /// A notice was withdrawn.
    NoticeWithdraw,
    /// A recipient deleted a notice.
    NoticeDelete,
    /// An account chose which mails it gets.
    MailChoose,
    /// A mail that did not leave was released for sending again.
    MailRetry,
    /// A mail that did not leave was given up.
    MailDrop,
    /// The calendar of working days was changed.
    CalendarOverride,
    /// The first generation of the root was made.
    CaInit,
    /// A further generation of the root was made.
    CaRollover,
    /// A generation of the root was retired.
    CaRetire,
    /// A generation of the root was restored from a journal.
    CaBringForward,
    /// The database's roles were made or granted anew.
    DatabaseRoles,
    /// An archive was written.
    BackupCreate,
    /// A database came from an archive.
    BackupRestore,
    /// The journals were compared with a restored database.
    BackupReconcile,
    /// A journal was declared lost for good.
    BackupGiveUpJournal,
    /// A checkpoint of the audit was written.
    AuditCheckpoint,
    /// A checkpoint that no longer fits was moved aside after a restoration.
    AuditSetBack,
}
words!(
    AuditAct,
    "verb of the audit",
    RequestSubmit = "request.submit",
    RequestApprove = "request.approve",
    RequestReject = "request.reject",
    RequestWithdraw = "request.withdraw",
    RequestVoid = "request.void",
    RequestRetry = "request.retry",
    RequestAskAgain = "request.ask-again",
    RequestGiveBack = "request.give-back",
    RequestPark = "request.park",
    QueueGiveBack = "queue.give-back",
    QueueLapse = "queue.lapse",
    CertificateIssue = "certificate.issue",
    CertificateRestore = "certificate.restore",
    CertificateAbandon = "certificate.abandon",
    CertificateRevoke = "certificate.revoke",
    CertificateHold = "certificate.hold",
    CertificateRelease = "certificate.release",
    CertificateDownload = "certificate.download",
    CertificateDeletePkcs12 = "certificate.delete-pkcs12",
    CertificateInstalled = "certificate.installed",
    CertificateRemind = "certificate.remind",
    RevocationOrder = "revocation.order",
    CrlPublish = "crl.publish",
    AccountRegister = "account.register",
    AccountChange = "account.change",
    AccountStatus = "account.status",
    AccountUnlock = "account.unlock",
    LoginSucceed = "login.succeed",
    LoginRefuse = "login.refuse",
    LoginLock = "login.lock",
    Logout = "logout",
    LoginPasswordChange = "login-password.change",
    GatePass = "gate.pass",
    GateRefuse = "gate.refuse",
    GateLock = "gate.lock",
    PortalLoginSucceed = "portal-login.succeed",
    PortalLoginRefuse = "portal-login.refuse",
    PortalSessionEnd = "portal-session.end",
    PortalSessionRefuse = "portal-session.refuse",
    SessionReference = "session.reference",
    OperatorLoginSucceed = "operator-login.succeed",
    OperatorLoginRefuse = "operator-login.refuse",
    OperatorLoginLock = "operator-login.lock",
    OperatorAdd = "operator.add",
    OperatorRenew = "operator.renew",
    OperatorStatus = "operator.status",
    OperatorPasswordChange = "operator-password.change",
    AddressAsk = "address.ask",
    AddressProve = "address.prove",
    AddressAgree = "address.agree",
    AddressWrongCode = "address.wrong-code",
    AddressFail = "address.fail",
    AddressLapse = "address.lapse",
    AddressOvertaken = "address.overtaken",
    AddressConfirm = "address.confirm",
    AddressReject = "address.reject",
    AddressWithdraw = "address.withdraw",
    AddressVoid = "address.void",
    AddressChange = "address.change",
    ReissueApply = "reissue.apply",
    ReissueAccept = "reissue.accept",
    ReissueReject = "reissue.reject",
    LetterRun = "letter.run",
    LetterPrint = "letter.print",
    LetterRemind = "letter.remind",
    DelegationAdd = "delegation.add",
    DelegationChange = "delegation.change",
    DelegationEnd = "delegation.end",
    NoticePublish = "notice.publish",
    NoticeWithdraw = "notice.withdraw",
    NoticeDelete = "notice.delete",
    MailChoose = "mail.choose",
    MailRetry = "mail.retry",
    MailDrop = "mail.drop",
    CalendarOverride = "calendar.override",
    CaInit = "ca.init",
    CaRollover = "ca.rollover",
    CaRetire = "ca.retire",
    CaBringForward = "ca.bring-forward",
    DatabaseRoles = "database.roles",
    BackupCreate = "backup.create",
    BackupRestore = "backup.restore",
    BackupReconcile = "backup.reconcile",
    BackupGiveUpJournal = "backup.give-up-journal",
    AuditCheckpoint = "audit.checkpoint",
    AuditSetBack = "audit.set-back"
);

impl AuditAct {
    /// The acts after which a request never comes back.
    pub const ENDS_REQUEST: [Self; 4] = [
        Self::CertificateIssue,
        Self::RequestReject,
        Self::RequestVoid,
        Self::RequestWithdraw,
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_verb_has_a_name_of_its_own_and_is_found_by_it() {
        let names: BTreeSet<&str> = AuditAct::ALL.iter().map(|act| act.as_str()).collect();
        assert_eq!(names.len(), AuditAct::ALL.len());
        for act in AuditAct::ALL {
            assert_eq!(AuditAct::try_from(act.to_string()).ok(), Some(*act));
        }
    }
}
