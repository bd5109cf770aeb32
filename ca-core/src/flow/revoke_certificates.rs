//! Certificates are revoked, suspended or released inside another verb's transaction: status, sessions, the event for
//! CRL and OCSP, and the records for that verb's audit.
use chrono::{DateTime, Utc};

use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::CertificateStatus;
use crate::domain::revocation::{RevocationEvent, RevocationReason};
use crate::domain::serial::SerialNumber;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::revocation::NewRevocation;
use crate::store::{Db, StoreResult, certificate, revocation, session};

/// Releases those of `serials` that are suspended; returns them.
pub(super) fn release_in(
    db: &mut Db,
    serials: &[SerialNumber],
    at: DateTime<Utc>,
) -> StoreResult<(Vec<Certificate>, Vec<Record>)> {
    let held = [CertificateStatus::Held];
    let valid = CertificateStatus::Valid;
    let released = certificate::set_status(db, serials, &held, valid, None, at)?;
    let reason = RevocationReason::CertificateHold;
    let events = events(&released, RevocationEvent::Released, reason);
    revocation::append(db, &events, at)?;
    let record = |one: &Certificate| {
        Record::new(
            AuditAct::CertificateRelease,
            format!("certificate:{}", one.serial),
        )
    };
    let records = released.iter().map(record).collect();
    Ok((released, records))
}

/// Revokes those of `serials` that are not revoked yet; returns them.
///
/// With [`RevocationReason::CertificateHold`] they are suspended instead, those that are valid.
pub(super) fn revoke_in(
    db: &mut Db,
    serials: &[SerialNumber],
    reason: RevocationReason,
    at: DateTime<Utc>,
) -> StoreResult<(Vec<Certificate>, Vec<Record>)> {
    use CertificateStatus::{Held, Revoked, Valid};
    let hold = reason == RevocationReason::CertificateHold;
    let (from, to, event, verb): (&[_], _, _, _) = if hold {
        (
            &[Valid],
            Held,
            RevocationEvent::Held,
            AuditAct::CertificateHold,
        )
    } else {
        let event = RevocationEvent::Revoked;
        (&[Valid, Held], Revoked, event, AuditAct::CertificateRevoke)
    };
    let moved = certificate::set_status(db, serials, from, to, Some(reason), at)?;
    let moved_serials: Vec<SerialNumber> = moved.iter().map(|one| one.serial).collect();
    session::delete_of_certificates(db, &moved_serials)?;
    revocation::append(db, &events(&moved, event, reason), at)?;
    let record = |one: &Certificate| {
        let facts = serde_json::json!({ "reason": reason.as_str(), "subject": one.subject });
        Record::new(verb, format!("certificate:{}", one.serial)).with(facts)
    };
    let records = moved.iter().map(record).collect();
    Ok((moved, records))
}

fn events(
    certificates: &[Certificate],
    event: RevocationEvent,
    reason: RevocationReason,
) -> Vec<NewRevocation> {
    let of = |one: &Certificate| NewRevocation {
        generation: one.generation,
        serial: one.serial,
        event,
        reason,
        ends_at: Some(one.not_after),
    };
    certificates.iter().map(of).collect()
}
