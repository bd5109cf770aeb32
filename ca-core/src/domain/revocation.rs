//! Words about revocation: why a certificate stopped to hold, and what the CRL has to learn.
use chrono::{DateTime, Utc};

use super::certificate::Purpose;
use super::request::words;
use super::serial::SerialNumber;

/// Why a certificate was revoked (CRLReason, RFC 5280 §5.3.1).
///
/// `cACompromise` and `aACompromise` are not about certificates of people; `removeFromCRL` is for delta CRLs,
/// which this product does not make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RevocationReason {
    /// No reason is given; left out of the CRL entry, as the clause asks.
    Unspecified,
    /// Somebody else has, or may have, the private key.
    KeyCompromise,
    /// The name in the subject is no longer right.
    AffiliationChanged,
    /// Another certificate took its place: a reissue.
    Superseded,
    /// No longer needed: an office closed, a serial was abandoned before anyone got its certificate.
    CessationOfOperation,
    /// Suspended; the only one that can be taken back.
    CertificateHold,
    /// What the certificate granted was taken away.
    PrivilegeWithdrawn,
}
words!(
    RevocationReason,
    "reason of a revocation",
    Unspecified = "unspecified",
    KeyCompromise = "keyCompromise",
    AffiliationChanged = "affiliationChanged",
    Superseded = "superseded",
    CessationOfOperation = "cessationOfOperation",
    CertificateHold = "certificateHold",
    PrivilegeWithdrawn = "privilegeWithdrawn",
);

impl RevocationReason {
    /// The value of the ENUMERATED.
    pub const fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::PrivilegeWithdrawn => 9,
        }
    }
}

/// Which certificates an order is about: every condition that is set must hold, and one at least must be set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// These; empty means any.
    pub serials: Vec<SerialNumber>,
    /// Those of this account.
    pub account_id: Option<i64>,
    /// Those issued from the first to the second instant, both included.
    pub issued: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Those issued under the profile of this name.
    pub purpose: Option<Purpose>,
}

impl Selection {
    /// Exactly these.
    pub fn of(serials: &[SerialNumber]) -> Self {
        Self {
            serials: serials.to_vec(),
            ..Self::default()
        }
    }

    /// Whether there is no condition at all; such a selection selects nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What happened to a serial number, as CRL and OCSP follow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RevocationEvent {
    /// Revoked for good.
    Revoked,
    /// Suspended.
    Held,
    /// No longer suspended: leaves the CRL.
    Released,
    /// Intended, perhaps signed, never handed out; listed as revoked.
    Abandoned,
}
words!(
    RevocationEvent,
    "event of a revocation",
    Revoked = "revoked",
    Held = "held",
    Released = "released",
    Abandoned = "abandoned",
);
