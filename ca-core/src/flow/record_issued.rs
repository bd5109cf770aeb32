//! Step 8 of the issuance cycle: certificate, PKCS#12, notice and audit entry, all or nothing.
use std::collections::HashSet;

use super::abandon::abandon;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::request::RequestId;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::outbox::NewMail;
use crate::store::{Store, StoreResult, audit, certificate, intent, outbox, request_lease};

/// One packed certificate, ready to be recorded.
#[derive(Debug)]
pub struct Issued {
    /// The request that it answers.
    pub request_id: RequestId,
    /// The fence of the claim.
    pub fence: i64,
    /// The certificate with its PKCS#12.
    pub certificate: Certificate,
    /// The notice, where the account has a mail address.
    pub mail: Option<NewMail>,
}

/// What came of a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Requests that are issued now.
    pub issued: Vec<RequestId>,
    /// Requests whose lease was lost: their serials are abandoned, somebody else answers them.
    pub lost: Vec<RequestId>,
}

/// Records a batch, one transaction, guarded by the fence of each request. The sealed passwords go.
pub fn record_issued(
    store: &Store,
    act: &Act,
    owner: &str,
    batch: Vec<Issued>,
) -> StoreResult<Recorded> {
    store.step("record", |db| {
        let claimed: Vec<_> = batch
            .iter()
            .map(|one| (one.request_id.clone(), one.fence))
            .collect();
        let held: HashSet<RequestId> = request_lease::still_held(db, owner, &claimed)?
            .into_iter()
            .collect();
        let (mine, lost): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .partition(|one| held.contains(&one.request_id));
        let recorded = Recorded {
            issued: mine.iter().map(|one| one.request_id.clone()).collect(),
            lost: lost.iter().map(|one| one.request_id.clone()).collect(),
        };
        let abandoned: Vec<_> = lost.iter().map(|one| one.certificate.serial).collect();
        abandon(db, &abandoned, act.at)?;
        if mine.is_empty() {
            return Ok(recorded);
        }
        let serials: Vec<_> = mine.iter().map(|one| one.certificate.serial).collect();
        intent::settle(db, &serials, act.at)?;
        request_lease::mark_issued(db, &recorded.issued, act.at)?;
        let records: Vec<_> = mine.iter().map(issue_record).collect();
        let mut certificates = Vec::with_capacity(mine.len());
        let mut mails = Vec::new();
        for one in mine {
            certificates.push(one.certificate);
            mails.extend(one.mail);
        }
        certificate::insert(db, &certificates)?;
        if !mails.is_empty() {
            outbox::insert(db, &mails, act.at)?;
        }
        audit::append(db, act, &records)?;
        Ok(recorded)
    })
}

fn issue_record(one: &Issued) -> Record {
    Record::new(
        AuditAct::CertificateIssue,
        format!("request:{}", one.request_id),
    )
    .with(serde_json::json!({
        "serial": one.certificate.serial.to_hex(),
        "subject": one.certificate.subject,
        "sha1": one.certificate.sha1_thumbprint,
        "mail": one.mail.as_ref().map(|mail| &mail.message_id),
    }))
}
