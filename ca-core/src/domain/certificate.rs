//! Words about certificates: what they are for, and where they and their intents stand.
use super::request::words;

/// What a certificate is for; each purpose has a profile of that name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// An applicant's client certificate.
    Client,
    /// The site's own TLS certificate.
    Server,
    /// An operator's client certificate.
    Operator,
    /// The key that signs OCSP answers.
    Ocsp,
    /// The key that signs checkpoints of the audit.
    Audit,
}
words!(
    Purpose,
    "purpose of a certificate",
    Client = "client",
    Server = "server",
    Operator = "operator",
    Ocsp = "ocsp",
    Audit = "audit"
);

impl Purpose {
    /// Those of keys that a worker makes for itself and keeps in memory: short-lived, and asked about by nobody.
    pub const DELEGATES: [Self; 2] = [Self::Ocsp, Self::Audit];

    /// Whether it is one of [`Self::DELEGATES`].
    pub fn is_delegate(self) -> bool {
        Self::DELEGATES.contains(&self)
    }
}

/// What became of a serial number that was about to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IntentState {
    /// May be signed at any moment, or was and its certificate is not stored yet.
    Intended,
    /// Its certificate is stored.
    Issued,
    /// Nobody will ever get it; listed as revoked, in case it was signed.
    Abandoned,
}
words!(
    IntentState,
    "state of an intent",
    Intended = "intended",
    Issued = "issued",
    Abandoned = "abandoned"
);

/// Whether a stored certificate still holds, apart from its dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CertificateStatus {
    /// Neither revoked nor held.
    Valid,
    /// Suspended by an operator (certificateHold, RFC 5280 §5.3.1); may be released or revoked.
    Held,
    /// Revoked; never becomes valid again.
    Revoked,
}
words!(
    CertificateStatus,
    "status of a certificate",
    Valid = "valid",
    Held = "held",
    Revoked = "revoked"
);

/// Whether an operator may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OperatorStatus {
    /// May log in.
    Active,
    /// May not.
    Disabled,
}
words!(
    OperatorStatus,
    "status of an operator",
    Active = "active",
    Disabled = "disabled"
);

/// Where a mail stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MailState {
    /// To be sent, or tried again.
    Waiting,
    /// The server took it.
    Sent,
    /// The server refused it for good; an operator looks at it.
    Parked,
    /// An operator looked at it: it is not sent.
    Dropped,
}
words!(
    MailState,
    "state of a mail",
    Waiting = "waiting",
    Sent = "sent",
    Parked = "parked",
    Dropped = "dropped"
);
