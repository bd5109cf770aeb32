//! Revocations as CRL and OCSP follow them: events in an order without gaps, never changed.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, maybe_millis, millis};
use super::connection::on_either;
use super::schema::{authority, revocation};
use super::wake::{self, Topic};
use super::{Db, StoreResult, ocsp_answer};
use crate::domain::revocation::{RevocationEvent, RevocationReason};
use crate::domain::serial::SerialNumber;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = revocation)]
pub struct Revocation {
    /// The generation whose CRL learns of it.
    pub generation: i64,
    /// Its place, from 1, within the generation.
    pub sequence: i64,
    /// The serial number.
    #[diesel(deserialize_as = String)]
    pub serial: SerialNumber,
    /// What happened.
    #[diesel(deserialize_as = String)]
    pub event: RevocationEvent,
    /// Why.
    #[diesel(deserialize_as = String)]
    pub reason: RevocationReason,
    /// When: the revocationDate of the CRL entry.
    #[diesel(deserialize_as = At)]
    pub at: DateTime<Utc>,
    /// The certificate's last valid second; none for a serial whose certificate was never seen.
    #[diesel(deserialize_as = MaybeAt)]
    pub ends_at: Option<DateTime<Utc>>,
}

/// An event to be appended.
#[derive(Debug, Clone, Copy)]
pub struct NewRevocation {
    /// The generation whose CRL learns of it.
    pub generation: i64,
    /// The serial number.
    pub serial: SerialNumber,
    /// What happened.
    pub event: RevocationEvent,
    /// Why.
    pub reason: RevocationReason,
    /// The certificate's last valid second, if there is a certificate.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Appends events in the given order. Holds the generations' rows until the commit, so that numbers become
/// visible in their order. Answers that say otherwise are gone with the same commit.
pub fn append(db: &mut Db, events: &[NewRevocation], at: DateTime<Utc>) -> StoreResult<()> {
    let mut generations: Vec<i64> = events.iter().map(|event| event.generation).collect();
    generations.sort_unstable();
    generations.dedup();
    for generation in generations {
        let own: Vec<&NewRevocation> = events
            .iter()
            .filter(|event| event.generation == generation)
            .collect();
        let count = i64::try_from(own.len()).unwrap_or(i64::MAX);
        let last: i64 = diesel::update(authority::table.find(generation))
            .set(authority::revocation_sequence.eq(authority::revocation_sequence + count))
            .returning(authority::revocation_sequence)
            .get_result(db)?;
        let rows: Vec<_> = (last - count + 1..)
            .zip(own)
            .map(|(sequence, event)| {
                (
                    revocation::generation.eq(generation),
                    revocation::sequence.eq(sequence),
                    revocation::serial.eq(event.serial.to_hex()),
                    revocation::event.eq(event.event.as_str()),
                    revocation::reason.eq(event.reason.as_str()),
                    revocation::at.eq(millis(at)),
                    revocation::ends_at.eq(maybe_millis(event.ends_at)),
                )
            })
            .collect();
        // SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
        for rows in rows.chunks(1_000) {
            let rows = rows.to_vec();
            on_either!(db, db => diesel::insert_into(revocation::table).values(rows).execute(db))?;
        }
    }
    ocsp_answer::take_back(db, events)?;
    wake::call(db, Topic::Revocation)
}

/// The events of a generation after `sequence`, in order, at most `limit`.
pub fn since(
    db: &mut Db,
    generation: i64,
    sequence: i64,
    limit: i64,
) -> StoreResult<Vec<Revocation>> {
    let query = revocation::table
        .filter(revocation::generation.eq(generation))
        .filter(revocation::sequence.gt(sequence));
    Ok(query
        .order(revocation::sequence)
        .limit(limit)
        .select(Revocation::as_select())
        .load(db)?)
}

/// The number of the last event of a generation; 0 for none.
pub fn last_sequence(db: &mut Db, generation: i64) -> StoreResult<i64> {
    Ok(authority::table
        .find(generation)
        .select(authority::revocation_sequence)
        .first(db)?)
}

/// The events about these serials, in the order of their numbers.
pub fn of_serials(db: &mut Db, serials: &[SerialNumber]) -> StoreResult<Vec<Revocation>> {
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let query = revocation::table.filter(revocation::serial.eq_any(serials));
    let ordered = query.order((revocation::generation, revocation::sequence));
    Ok(ordered.select(Revocation::as_select()).load(db)?)
}
