//! Rows as they stand, for whoever holds them against what they must be: words are not checked here, so that a damaged
//! row is looked at like every other. No secret is read: no PKCS#12, no sealed password.
use std::collections::HashMap;

use diesel::prelude::*;

use super::schema::{audit, certificate, crl, intent, revocation};
use super::{Db, StoreResult, crl::Crl};
use crate::domain::audit_act::AuditAct;

/// One certificate with its intent.
#[derive(Debug, Clone, Queryable)]
pub struct CertificateRow {
    /// Serial number.
    pub serial: String,
    /// What it is for.
    pub purpose: String,
    /// The generation that signed it.
    pub generation: i64,
    /// Subject, as text.
    pub subject: String,
    /// Begin of validity, epoch milliseconds.
    pub not_before: i64,
    /// Last valid second, epoch milliseconds.
    pub not_after: i64,
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// SHA-256 of the SubjectPublicKeyInfo, hex.
    pub spki_sha256: String,
    /// SHA-1 of the certificate, hex.
    pub sha1_thumbprint: String,
    /// When it was recorded, epoch milliseconds.
    pub issued_at: i64,
    /// What its intent says was to be signed; none without an intent.
    pub intent: Option<(String, String)>,
}

/// Up to `limit` certificates after the one with the serial `after`, in the order of their serials.
pub fn certificates(db: &mut Db, after: &str, limit: i64) -> StoreResult<Vec<CertificateRow>> {
    let page = certificate::table
        .left_join(intent::table)
        .filter(certificate::serial.gt(after))
        .order(certificate::serial)
        .limit(limit);
    let columns = (
        certificate::serial,
        certificate::purpose,
        certificate::generation,
        certificate::subject,
        certificate::not_before,
        certificate::not_after,
        certificate::certificate_der,
        certificate::spki_sha256,
        certificate::sha1_thumbprint,
        certificate::issued_at,
        (intent::tbs_sha256, intent::profile_sha256).nullable(),
    );
    Ok(page.select(columns).load(db)?)
}

/// The bytes of those of `serials` that have a certificate.
pub fn bytes_of(db: &mut Db, serials: &[String]) -> StoreResult<HashMap<String, Vec<u8>>> {
    let rows: Vec<(String, Vec<u8>)> = certificate::table
        .filter(certificate::serial.eq_any(serials))
        .select((certificate::serial, certificate::certificate_der))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// What the intents of `serials` say is to be signed: SHA-256 of the bytes and of the profile.
pub fn intents_of(
    db: &mut Db,
    serials: &[String],
) -> StoreResult<HashMap<String, (String, String)>> {
    let rows: Vec<(String, (String, String))> = intent::table
        .filter(intent::serial.eq_any(serials))
        .select((intent::serial, (intent::tbs_sha256, intent::profile_sha256)))
        .load(db)?;
    Ok(rows.into_iter().collect())
}

/// An event: its generation, its place there, serial, verb, reason, epoch milliseconds.
pub type EventRow = (i64, i64, String, String, String, i64);

/// The events about `serials`.
pub fn events_of(db: &mut Db, serials: &[String]) -> StoreResult<Vec<EventRow>> {
    let rows = revocation::table.filter(revocation::serial.eq_any(serials));
    Ok(rows.select(event_columns()).load(db)?)
}

/// Up to `limit` events of a generation after the one numbered `after`, in order.
pub fn events(db: &mut Db, generation: i64, after: i64, limit: i64) -> StoreResult<Vec<EventRow>> {
    let page = revocation::table
        .filter(revocation::generation.eq(generation))
        .filter(revocation::sequence.gt(after))
        .order(revocation::sequence)
        .limit(limit);
    Ok(page.select(event_columns()).load(db)?)
}

type EventColumns = (
    revocation::generation,
    revocation::sequence,
    revocation::serial,
    revocation::event,
    revocation::reason,
    revocation::at,
);

fn event_columns() -> EventColumns {
    (
        revocation::generation,
        revocation::sequence,
        revocation::serial,
        revocation::event,
        revocation::reason,
        revocation::at,
    )
}

/// Up to `limit` lists of a generation after the one numbered `after`, in order, and whether they have their bytes.
pub fn lists(
    db: &mut Db,
    generation: i64,
    after: i64,
    limit: i64,
) -> StoreResult<Vec<(Crl, bool)>> {
    let page = crl::table
        .filter(crl::generation.eq(generation))
        .filter(crl::number.gt(after))
        .order(crl::number)
        .limit(limit);
    let columns = (Crl::as_select(), crl::der.is_not_null());
    Ok(page.select(columns).load(db)?)
}

/// The bytes of one list, DER.
pub fn list_bytes(db: &mut Db, generation: i64, number: i64) -> StoreResult<Option<Vec<u8>>> {
    let row = crl::table.find((generation, number)).select(crl::der);
    let found: Option<Option<Vec<u8>>> = row.first(db).optional()?;
    Ok(found.flatten())
}

/// When a journal was last given up, epoch milliseconds.
pub fn journal_given_up(db: &mut Db) -> StoreResult<Option<i64>> {
    let entries = audit::table.filter(audit::act.eq(AuditAct::BackupGiveUpJournal.as_str()));
    Ok(entries.select(diesel::dsl::max(audit::at)).first(db)?)
}
