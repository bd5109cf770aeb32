//! A signed certificate as the database keeps it.
use ca_core::domain::certificate::{CertificateStatus, Purpose};
use ca_core::store::certificate::Certificate;
use chrono::{DateTime, Utc};

use super::SignedCertificate;

/// The row of a fresh certificate that no request or account belongs to; callers fill those in.
pub fn row(
    signed: &SignedCertificate,
    purpose: Purpose,
    generation: i64,
    at: DateTime<Utc>,
) -> Certificate {
    Certificate {
        serial: signed.serial,
        purpose,
        generation,
        request_id: None,
        account_id: None,
        subject: signed.subject.to_string(),
        not_before: signed.validity.not_before,
        not_after: signed.validity.not_after,
        certificate_der: signed.der.clone(),
        spki_sha256: signed.key.public_key().spki_sha256(),
        sha1_thumbprint: signed.thumbprint.sha1_hex(),
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
