//! A signed certificate as the database keeps it.
use ca_core::domain::certificate::{CertificateStatus, Purpose};
use ca_core::domain::profile::Validity;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::store::certificate::Certificate;
use chrono::{DateTime, Utc};

use super::SignedCertificate;

/// What a certificate says of itself.
pub(crate) struct Identity {
    pub(crate) serial: SerialNumber,
    pub(crate) subject: String,
    pub(crate) validity: Validity,
    pub(crate) spki_sha256: String,
    pub(crate) der: Vec<u8>,
}

impl Identity {
    /// The row of a certificate that was recorded at `at`, that nobody has used yet and no request or account belongs to;
    /// callers fill those in.
    pub(crate) fn row(self, purpose: Purpose, generation: i64, at: DateTime<Utc>) -> Certificate {
        Certificate {
            serial: self.serial,
            purpose,
            generation,
            request_id: None,
            account_id: None,
            subject: self.subject,
            not_before: self.validity.not_before,
            not_after: self.validity.not_after,
            spki_sha256: self.spki_sha256,
            sha1_thumbprint: Thumbprint::of_der(&self.der).sha1_hex(),
            certificate_der: self.der,
            pkcs12: None,
            issued_at: at,
            status: CertificateStatus::Valid,
            revoked_at: None,
            revocation_reason: None,
            download_count: 0,
            first_downloaded_at: None,
            last_downloaded_at: None,
            installed_at: None,
            first_portal_login_at: None,
        }
    }
}

/// The row of a fresh certificate.
pub fn row(
    signed: &SignedCertificate,
    purpose: Purpose,
    generation: i64,
    at: DateTime<Utc>,
) -> Certificate {
    let identity = Identity {
        serial: signed.serial,
        subject: signed.subject.to_string(),
        validity: signed.validity,
        spki_sha256: signed.key.public_key().spki_sha256(),
        der: signed.der.clone(),
    };
    identity.row(purpose, generation, at)
}
