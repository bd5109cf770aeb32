//! OCSP answers: one a serial, signed ahead. The commits that issue or revoke say which are owed.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::certificate::Certificate;
use super::column::millis;
use super::connection::on_either;
use super::revocation::NewRevocation;
use super::schema::{authority, certificate, ocsp_answer, revocation};
use super::{Db, StoreError, StoreResult};
use crate::domain::certificate::CertificateStatus;
use crate::domain::ocsp::Standing;
use crate::domain::revocation::RevocationEvent;
use crate::domain::serial::SerialNumber;

/// Serials in one statement: SQLite takes 32,766 parameters.
const CHUNK: usize = 1_000;
/// Owed at once.
const NOW: i64 = 0;

/// A serial whose answer is to be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The serial.
    pub serial: SerialNumber,
    /// What the answer must still be asked for under, see [`put`].
    pub version: i64,
    /// What the answer says.
    pub standing: Standing,
    /// The certificate's last valid second; none if it was never seen.
    pub ends_at: Option<DateTime<Utc>>,
    /// `thisUpdate` of the response before; none for the first.
    pub last_update: Option<DateTime<Utc>>,
}

/// Serials whose responses are to be signed.
#[derive(Debug, Default)]
pub struct DueResponses {
    /// Those whose records can be read.
    pub rows: Vec<Due>,
    /// Those about which nothing is signed: their records are damaged or were changed.
    pub damaged: Vec<Damaged>,
}

/// A serial whose record contradicts itself. Nothing is guessed about it.
#[derive(Debug)]
pub struct Damaged {
    /// The serial as it stands in the row.
    pub serial: String,
    /// What is wrong.
    pub error: StoreError,
}

/// A signed answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The serial.
    pub serial: SerialNumber,
    /// The version of its [`Due`].
    pub version: i64,
    /// The response, DER.
    pub der: Vec<u8>,
    /// From when on it holds.
    pub this_update: DateTime<Utc>,
    /// Until when.
    pub next_update: DateTime<Utc>,
    /// When it is to be signed anew.
    pub due_at: DateTime<Utc>,
}

/// An answer as it is served.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Answer {
    /// The response, DER; none while it is owed.
    pub der: Option<Vec<u8>>,
    this_update: Option<i64>,
    next_update: Option<i64>,
}

impl Answer {
    /// From when on it holds.
    pub fn this_update(&self) -> Option<DateTime<Utc>> {
        self.this_update.and_then(DateTime::from_timestamp_millis)
    }

    /// Until when.
    pub fn next_update(&self) -> Option<DateTime<Utc>> {
        self.next_update.and_then(DateTime::from_timestamp_millis)
    }
}

/// Fresh certificates: their answers are owed. The worker's own certificates are asked about by nobody. One that was
/// brought forward after its serial was given up has its answer already.
pub(super) fn owe(db: &mut Db, certificates: &[Certificate]) -> StoreResult<()> {
    let rows: Vec<_> = certificates
        .iter()
        .filter(|one| !one.purpose.is_delegate())
        .map(|one| row(one.serial, one.generation))
        .collect();
    for rows in rows.chunks(CHUNK) {
        let rows = rows.to_vec();
        on_either!(db, db => diesel::insert_into(ocsp_answer::table).values(rows)
            .on_conflict_do_nothing().execute(db))?;
    }
    Ok(())
}

/// What the events change is no longer answered as before: the answers are wiped and owed anew.
pub(super) fn take_back(db: &mut Db, events: &[NewRevocation]) -> StoreResult<()> {
    for event in events {
        if event.event == RevocationEvent::Abandoned {
            let row = row(event.serial, event.generation);
            on_either!(db, db => diesel::insert_into(ocsp_answer::table).values(row)
                .on_conflict_do_nothing().execute(db))?;
        }
    }
    for events in events.chunks(CHUNK) {
        let serials: Vec<String> = events.iter().map(|event| event.serial.to_hex()).collect();
        let wiped = (
            ocsp_answer::version.eq(ocsp_answer::version + 1),
            ocsp_answer::due_at.eq(NOW),
            // `this_update` stays: the next response does not begin before it.
            ocsp_answer::next_update.eq(None::<i64>),
            ocsp_answer::der.eq(None::<Vec<u8>>),
        );
        diesel::update(ocsp_answer::table.filter(ocsp_answer::serial.eq_any(serials)))
            .set(wiped)
            .execute(db)?;
    }
    Ok(())
}

/// A serial without an answer as it stands in a new row.
type Row = (
    diesel::dsl::Eq<ocsp_answer::serial, String>,
    diesel::dsl::Eq<ocsp_answer::generation, i64>,
    diesel::dsl::Eq<ocsp_answer::version, i64>,
    diesel::dsl::Eq<ocsp_answer::due_at, i64>,
);

fn row(serial: SerialNumber, generation: i64) -> Row {
    (
        ocsp_answer::serial.eq(serial.to_hex()),
        ocsp_answer::generation.eq(generation),
        ocsp_answer::version.eq(1),
        ocsp_answer::due_at.eq(NOW),
    )
}

/// Up to `limit` serials of a generation whose answers are due at `at`, those that were owed first first.
///
/// # Errors
/// When the database fails. A record that cannot be read is named among [`DueResponses::damaged`] and holds up nobody.
pub fn due(
    db: &mut Db,
    generation: i64,
    at: DateTime<Utc>,
    limit: usize,
) -> StoreResult<DueResponses> {
    let limit = i64::try_from(limit.min(CHUNK)).unwrap_or(1);
    let rows: Vec<(String, i64, Option<i64>)> = ocsp_answer::table
        .filter(ocsp_answer::generation.eq(generation))
        .filter(ocsp_answer::due_at.le(millis(at)))
        .order(ocsp_answer::due_at)
        .limit(limit)
        .select((
            ocsp_answer::serial,
            ocsp_answer::version,
            ocsp_answer::this_update,
        ))
        .load(db)?;
    let serials: Vec<&str> = rows.iter().map(|(serial, ..)| serial.as_str()).collect();
    let mut standings = of_certificates(db, &serials)?;
    let unseen: Vec<&str> = serials
        .iter()
        .copied()
        .filter(|serial| !standings.contains_key(*serial))
        .collect();
    standings.extend(of_abandoned(db, &unseen)?);
    let mut due = DueResponses::default();
    for (serial, version, last) in rows {
        let missing = || damaged("neither a certificate nor an abandoned serial is recorded");
        let standing = standings.remove(&serial).unwrap_or_else(|| Err(missing()));
        let read = standing.and_then(|(standing, ends_at)| {
            let number = SerialNumber::from_hex(&serial);
            Ok(Due {
                serial: number.map_err(|error| damaged(error.to_string()))?,
                version,
                standing,
                ends_at,
                last_update: last.map(instant).transpose()?,
            })
        });
        match read {
            Ok(row) => due.rows.push(row),
            Err(error) => due.damaged.push(Damaged { serial, error }),
        }
    }
    Ok(due)
}

/// Looks at damaged rows again at `until`, so that they do not fill every batch.
///
/// # Errors
/// When the database fails.
pub fn postpone(db: &mut Db, damaged: &[Damaged], until: DateTime<Utc>) -> StoreResult<()> {
    let serials: Vec<&str> = damaged.iter().map(|one| one.serial.as_str()).collect();
    diesel::update(ocsp_answer::table.filter(ocsp_answer::serial.eq_any(serials)))
        .set(ocsp_answer::due_at.eq(millis(until)))
        .execute(db)?;
    Ok(())
}

/// What each serial's record says, or what is wrong with it.
type Standings = HashMap<String, StoreResult<(Standing, Option<DateTime<Utc>>)>>;

fn of_certificates(db: &mut Db, serials: &[&str]) -> StoreResult<Standings> {
    type Found = (String, String, Option<i64>, Option<String>, i64);
    let rows: Vec<Found> = certificate::table
        .filter(certificate::serial.eq_any(serials))
        .select((
            certificate::serial,
            certificate::status,
            certificate::revoked_at,
            certificate::revocation_reason,
            certificate::not_after,
        ))
        .load(db)?;
    let read = |(status, at, reason, ends_at)| {
        let standing = match (word::<CertificateStatus>(status)?, at, reason) {
            (CertificateStatus::Valid, None, None) => Standing::Good,
            (CertificateStatus::Held | CertificateStatus::Revoked, Some(at), Some(reason)) => {
                Standing::Revoked {
                    at: instant(at)?,
                    reason: word(reason)?,
                }
            }
            (CertificateStatus::Valid, ..) => {
                return Err(damaged(
                    "it is valid, and has a date or reason of revocation",
                ));
            }
            (_, None, _) => return Err(damaged("it is revoked, and has no date of revocation")),
            (_, _, None) => return Err(damaged("it is revoked, and has no reason of revocation")),
        };
        Ok((standing, Some(instant(ends_at)?)))
    };
    let rows = rows.into_iter();
    Ok(rows
        .map(|(serial, status, at, reason, ends)| (serial, read((status, at, reason, ends))))
        .collect())
}

/// Serials that were drawn and never handed out have an event and no certificate.
fn of_abandoned(db: &mut Db, serials: &[&str]) -> StoreResult<Standings> {
    let rows: Vec<(String, String, i64)> = revocation::table
        .filter(revocation::serial.eq_any(serials))
        .order(revocation::sequence)
        .select((revocation::serial, revocation::reason, revocation::at))
        .load(db)?;
    let read = |reason, at| {
        let standing = Standing::Revoked {
            at: instant(at)?,
            reason: word(reason)?,
        };
        Ok((standing, None))
    };
    let rows = rows.into_iter();
    Ok(rows
        .map(|(serial, reason, at)| (serial, read(reason, at)))
        .collect())
}

fn word<T: TryFrom<String>>(text: String) -> StoreResult<T>
where
    T::Error: ToString,
{
    T::try_from(text).map_err(|error| damaged(error.to_string()))
}

fn instant(millis: i64) -> StoreResult<DateTime<Utc>> {
    DateTime::from_timestamp_millis(millis)
        .ok_or_else(|| damaged(format!("{millis} milliseconds is no instant")))
}

fn damaged(why: impl Into<String>) -> StoreError {
    StoreError::Query(diesel::result::Error::DeserializationError(
        why.into().into(),
    ))
}

/// Stores those answers that are still asked for; returns how many. One that was revoked, or answered by another
/// worker, since its [`Due`] was read is left alone.
pub fn put(db: &mut Db, answers: &[Signed]) -> StoreResult<usize> {
    let mut stored = 0;
    for answer in answers {
        let asked_for = ocsp_answer::table
            .find(answer.serial.to_hex())
            .filter(ocsp_answer::version.eq(answer.version));
        stored += diesel::update(asked_for)
            .set((
                ocsp_answer::version.eq(answer.version + 1),
                ocsp_answer::due_at.eq(millis(answer.due_at)),
                ocsp_answer::this_update.eq(millis(answer.this_update)),
                ocsp_answer::next_update.eq(millis(answer.next_update)),
                ocsp_answer::der.eq(&answer.der),
            ))
            .execute(db)?;
    }
    Ok(stored)
}

/// Forgets serials whose certificates ended: nothing more is said about them.
pub fn forget(db: &mut Db, serials: &[SerialNumber]) -> StoreResult<usize> {
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let rows = ocsp_answer::table.filter(ocsp_answer::serial.eq_any(serials));
    Ok(diesel::delete(rows).execute(db)?)
}

/// The answer for a serial; none for serials that are not ours.
pub fn find(db: &mut Db, serial: SerialNumber) -> StoreResult<Option<Answer>> {
    Ok(ocsp_answer::table
        .find(serial.to_hex())
        .select((
            ocsp_answer::der,
            ocsp_answer::this_update,
            ocsp_answer::next_update,
        ))
        .first(db)
        .optional()?)
}

/// A number that moves with every commit that makes an answer untrue: whoever keeps copies looks at it.
pub fn mark(db: &mut Db) -> StoreResult<i64> {
    let rows: Vec<(i64, i64)> = authority::table
        .select((authority::generation, authority::revocation_sequence))
        .load(db)?;
    Ok(rows.into_iter().map(|(_, sequence)| sequence).sum())
}
