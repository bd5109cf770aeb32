//! Certificates: what was signed, and who fetched it.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, MaybeText, millis};
use super::connection::on_either;
use super::listed::readable;
use super::schema::certificate;
use super::wake::{self, Topic};
use super::{Db, StoreError, StoreResult, ocsp_answer, pkcs12};
use crate::domain::certificate::{CertificateStatus, Purpose};
use crate::domain::request::RequestId;
use crate::domain::revocation::RevocationReason;
use crate::domain::serial::SerialNumber;

/// One certificate.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = certificate)]
pub struct Certificate {
    /// Serial number.
    #[diesel(deserialize_as = String)]
    pub serial: SerialNumber,
    /// What it is for.
    #[diesel(deserialize_as = String)]
    pub purpose: Purpose,
    /// The generation that signed it.
    pub generation: i64,
    /// The request it answers.
    #[diesel(deserialize_as = MaybeText)]
    pub request_id: Option<RequestId>,
    /// The account it belongs to.
    pub account_id: Option<i64>,
    /// Subject, as text.
    pub subject: String,
    /// Begin of validity.
    #[diesel(deserialize_as = At)]
    pub not_before: DateTime<Utc>,
    /// Last valid second.
    #[diesel(deserialize_as = At)]
    pub not_after: DateTime<Utc>,
    /// The certificate, DER.
    pub certificate_der: Vec<u8>,
    /// SHA-256 of the SubjectPublicKeyInfo, hex: what a login is bound to.
    pub spki_sha256: String,
    /// SHA-1 thumbprint as Windows shows it, lower-case hex.
    pub sha1_thumbprint: String,
    /// The PKCS#12, DER; only the office's password opens it.
    pub pkcs12: Option<Vec<u8>>,
    /// When it was recorded.
    #[diesel(deserialize_as = At)]
    pub issued_at: DateTime<Utc>,
    /// Valid or revoked.
    #[diesel(deserialize_as = String)]
    pub status: CertificateStatus,
    /// When it was revoked.
    #[diesel(deserialize_as = MaybeAt)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why (RFC 5280 §5.3.1 names).
    pub revocation_reason: Option<String>,
    /// How often the PKCS#12 was downloaded.
    pub download_count: i64,
    /// First download.
    #[diesel(deserialize_as = MaybeAt)]
    pub first_downloaded_at: Option<DateTime<Utc>>,
    /// Last download.
    #[diesel(deserialize_as = MaybeAt)]
    pub last_downloaded_at: Option<DateTime<Utc>>,
    /// When the check page first saw it in a browser.
    #[diesel(deserialize_as = MaybeAt)]
    pub installed_at: Option<DateTime<Utc>>,
    /// First login at the portal with it.
    #[diesel(deserialize_as = MaybeAt)]
    pub first_portal_login_at: Option<DateTime<Utc>>,
}

impl Certificate {
    /// Whether it holds at `now`: not revoked and within its dates.
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        self.status == CertificateStatus::Valid && self.not_before <= now && now <= self.not_after
    }

    /// Whether it holds at `now`, or is going to: a renewal may begin at the end of the old one.
    pub fn will_hold(&self, now: DateTime<Utc>) -> bool {
        self.status == CertificateStatus::Valid && now <= self.not_after
    }
}

/// Records certificates, all or none, and that their OCSP answers are owed.
pub fn insert(db: &mut Db, certificates: &[Certificate]) -> StoreResult<()> {
    let rows: Vec<_> = certificates
        .iter()
        .map(|certificate| {
            (
                certificate::serial.eq(certificate.serial.to_hex()),
                certificate::purpose.eq(certificate.purpose.as_str()),
                certificate::generation.eq(certificate.generation),
                certificate::request_id.eq(certificate.request_id.as_ref().map(RequestId::as_str)),
                certificate::account_id.eq(certificate.account_id),
                certificate::subject.eq(&certificate.subject),
                certificate::not_before.eq(millis(certificate.not_before)),
                certificate::not_after.eq(millis(certificate.not_after)),
                certificate::certificate_der.eq(&certificate.certificate_der),
                certificate::spki_sha256.eq(&certificate.spki_sha256),
                certificate::sha1_thumbprint.eq(&certificate.sha1_thumbprint),
                certificate::pkcs12.eq(&certificate.pkcs12),
                certificate::issued_at.eq(millis(certificate.issued_at)),
                certificate::status.eq(certificate.status.as_str()),
            )
        })
        .collect();
    on_either!(db, db => diesel::insert_into(certificate::table).values(rows).execute(db))?;
    ocsp_answer::owe(db, certificates)?;
    wake::call(db, Topic::Revocation)
}

/// The certificate with this serial.
pub fn find(db: &mut Db, serial: SerialNumber) -> StoreResult<Option<Certificate>> {
    Ok(certificate::table
        .find(serial.to_hex())
        .select(Certificate::as_select())
        .first(db)
        .optional()?)
}

/// Whether there is a certificate with this serial for this purpose; asks for no column that the auditor's role may not
/// read.
pub fn is_for(db: &mut Db, serial: SerialNumber, purpose: Purpose) -> StoreResult<bool> {
    let query = certificate::table
        .filter(certificate::serial.eq(serial.to_hex()))
        .filter(certificate::purpose.eq(purpose.as_str()))
        .select(certificate::serial);
    let found: Option<String> = query.first(db).optional()?;
    Ok(found.is_some())
}

/// Those of the certificates with these serials whose rows can be read.
pub fn find_many(db: &mut Db, serials: &[SerialNumber]) -> StoreResult<Vec<Certificate>> {
    let (certificates, damaged) = readable(db, serials, |db, serials| {
        let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
        let query = certificate::table.filter(certificate::serial.eq_any(serials));
        Ok(query.select(Certificate::as_select()).load(db)?)
    })?;
    for (serial, reason) in damaged {
        tracing::error!(%serial, reason, "alarm: the row of a certificate cannot be read");
    }
    Ok(certificates)
}

/// The certificates of an account, newest first.
pub fn of_account(db: &mut Db, account_id: i64) -> StoreResult<Vec<Certificate>> {
    let query = certificate::table.filter(certificate::account_id.eq(account_id));
    let newest = query.order((certificate::issued_at.desc(), certificate::serial));
    Ok(newest.select(Certificate::as_select()).load(db)?)
}

/// The serials of a generation that are neither revoked nor at their end at `now`; the worker's own, which nobody
/// logs in by, are left out.
pub fn living_of_generation(
    db: &mut Db,
    generation: i64,
    now: DateTime<Utc>,
) -> StoreResult<Vec<SerialNumber>> {
    let serials: Vec<String> = certificate::table
        .filter(certificate::generation.eq(generation))
        .filter(certificate::status.ne(CertificateStatus::Revoked.as_str()))
        .filter(certificate::not_after.ge(millis(now)))
        .filter(certificate::purpose.ne_all(Purpose::DELEGATES.map(Purpose::as_str)))
        .order(certificate::serial)
        .select(certificate::serial)
        .load(db)?;
    let read = |text: String| {
        SerialNumber::from_hex(&text).map_err(|error| StoreError::Missing(error.to_string()))
    };
    serials.into_iter().map(read).collect()
}

/// The last second of the account's valid client certificates; none where none holds at `now`.
pub fn last_end(
    db: &mut Db,
    account_id: i64,
    now: DateTime<Utc>,
) -> StoreResult<Option<DateTime<Utc>>> {
    let held = certificate::table
        .filter(certificate::account_id.eq(account_id))
        .filter(certificate::purpose.eq(Purpose::Client.as_str()))
        .filter(certificate::status.eq(CertificateStatus::Valid.as_str()))
        .filter(certificate::not_after.ge(millis(now)));
    let end: Option<i64> = held
        .select(diesel::dsl::max(certificate::not_after))
        .first(db)?;
    Ok(end.and_then(DateTime::from_timestamp_millis))
}

/// One page of all certificates, newest first.
pub fn list(db: &mut Db, offset: i64, limit: i64) -> StoreResult<Vec<Certificate>> {
    let newest = certificate::table.order((certificate::issued_at.desc(), certificate::serial));
    Ok(newest
        .offset(offset)
        .limit(limit)
        .select(Certificate::as_select())
        .load(db)?)
}

/// How many certificates were issued since `since` for this purpose.
pub fn count_since(db: &mut Db, purpose: Purpose, since: DateTime<Utc>) -> StoreResult<i64> {
    let query = certificate::table
        .filter(certificate::purpose.eq(purpose.as_str()))
        .filter(certificate::issued_at.ge(millis(since)));
    Ok(query.count().get_result(db)?)
}

/// Counts a download.
pub fn note_download(db: &mut Db, certificate: &Certificate, at: DateTime<Utc>) -> StoreResult<()> {
    let first = certificate.first_downloaded_at.unwrap_or(at);
    diesel::update(certificate::table.find(certificate.serial.to_hex()))
        .set((
            certificate::download_count.eq(certificate::download_count + 1),
            certificate::first_downloaded_at.eq(millis(first)),
            certificate::last_downloaded_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Notes a login at the portal; the first one is kept.
pub fn note_portal_login(db: &mut Db, serial: SerialNumber, at: DateTime<Utc>) -> StoreResult<()> {
    let unused = certificate::table
        .find(serial.to_hex())
        .filter(certificate::first_portal_login_at.is_null());
    diesel::update(unused)
        .set(certificate::first_portal_login_at.eq(millis(at)))
        .execute(db)?;
    Ok(())
}

/// Moves certificates that stand in `from` to `to`; returns those that moved.
///
/// A revoked one loses its PKCS#12: there is nothing left to download.
pub fn set_status(
    db: &mut Db,
    serials: &[SerialNumber],
    from: &[CertificateStatus],
    to: CertificateStatus,
    reason: Option<RevocationReason>,
    at: DateTime<Utc>,
) -> StoreResult<Vec<Certificate>> {
    let mut moved = Vec::new();
    // SQLite takes 32,766 parameters a statement.
    for serials in serials.chunks(10_000) {
        moved.extend(set_status_of_some(db, serials, from, to, reason, at)?);
    }
    Ok(moved)
}

fn set_status_of_some(
    db: &mut Db,
    serials: &[SerialNumber],
    from: &[CertificateStatus],
    to: CertificateStatus,
    reason: Option<RevocationReason>,
    at: DateTime<Utc>,
) -> StoreResult<Vec<Certificate>> {
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let from: Vec<&str> = from.iter().map(|status| status.as_str()).collect();
    let movable = certificate::table
        .filter(certificate::serial.eq_any(serials))
        .filter(certificate::status.eq_any(from));
    let standing = (to != CertificateStatus::Valid).then(|| millis(at));
    let change = (
        certificate::status.eq(to.as_str()),
        certificate::revoked_at.eq(standing),
        certificate::revocation_reason.eq(reason.map(RevocationReason::as_str)),
    );
    let moved: Vec<Certificate> = on_either!(db, db => diesel::update(movable).set(change)
        .returning(Certificate::as_returning()).get_results(db))?;
    if to == CertificateStatus::Revoked {
        let gone: Vec<SerialNumber> = moved.iter().map(|one| one.serial).collect();
        pkcs12::delete(db, &gone)?;
    }
    Ok(moved)
}

/// Notes that a browser showed the certificate; true the first time.
pub fn note_installed(db: &mut Db, serial: SerialNumber, at: DateTime<Utc>) -> StoreResult<bool> {
    let unseen = certificate::table
        .find(serial.to_hex())
        .filter(certificate::installed_at.is_null());
    let rows = diesel::update(unseen)
        .set(certificate::installed_at.eq(millis(at)))
        .execute(db)?;
    Ok(rows == 1)
}

/// Those of `serials` that have a certificate.
pub fn known(db: &mut Db, serials: &[SerialNumber]) -> StoreResult<HashSet<SerialNumber>> {
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let query = certificate::table.filter(certificate::serial.eq_any(serials));
    let found: Vec<String> = query.select(certificate::serial).load(db)?;
    let read = |text: String| {
        SerialNumber::from_hex(&text).map_err(|error| StoreError::Missing(error.to_string()))
    };
    found.into_iter().map(read).collect()
}
