//! Intents: what is about to be signed, committed before the CA key is used.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, MaybeText, millis};
use super::connection::on_either;
use super::schema::intent;
use super::{Db, StoreError, StoreResult};
use crate::domain::certificate::{IntentState, Purpose};
use crate::domain::request::RequestId;
use crate::domain::serial::SerialNumber;

/// One intent.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = intent)]
pub struct Intent {
    /// The serial number; UNIQUE, so no two certificates ever share it.
    #[diesel(deserialize_as = String)]
    pub serial: SerialNumber,
    /// What the certificate is for.
    #[diesel(deserialize_as = String)]
    pub purpose: Purpose,
    /// The generation that signs.
    pub generation: i64,
    /// The request, for a client certificate.
    #[diesel(deserialize_as = MaybeText)]
    pub request_id: Option<RequestId>,
    /// The fence of the claim it belongs to.
    pub fence: i64,
    /// SHA-256 of the to-be-signed bytes, hex.
    pub tbs_sha256: String,
    /// SHA-256 of the profile, hex.
    pub profile_sha256: String,
    /// What became of it.
    #[diesel(deserialize_as = String)]
    pub state: IntentState,
    /// When it was recorded.
    #[diesel(deserialize_as = At)]
    pub recorded_at: DateTime<Utc>,
    /// When it became issued or abandoned.
    #[diesel(deserialize_as = MaybeAt)]
    pub settled_at: Option<DateTime<Utc>>,
}

/// Records intents, all or none.
pub fn insert(db: &mut Db, intents: &[Intent]) -> StoreResult<()> {
    let rows: Vec<_> = intents
        .iter()
        .map(|intent| {
            (
                intent::serial.eq(intent.serial.to_hex()),
                intent::purpose.eq(intent.purpose.as_str()),
                intent::generation.eq(intent.generation),
                intent::request_id.eq(intent.request_id.as_ref().map(RequestId::as_str)),
                intent::fence.eq(intent.fence),
                intent::tbs_sha256.eq(&intent.tbs_sha256),
                intent::profile_sha256.eq(&intent.profile_sha256),
                intent::state.eq(IntentState::Intended.as_str()),
                intent::recorded_at.eq(millis(intent.recorded_at)),
            )
        })
        .collect();
    on_either!(db, db => diesel::insert_into(intent::table).values(rows).execute(db))?;
    Ok(())
}

/// The intents of one request, in the order they were recorded.
pub fn of_request(db: &mut Db, id: &RequestId) -> StoreResult<Vec<Intent>> {
    let query = intent::table.filter(intent::request_id.eq(id.as_str()));
    Ok(query
        .order((intent::recorded_at, intent::serial))
        .select(Intent::as_select())
        .load(db)?)
}

/// The intent of one serial.
pub fn find(db: &mut Db, serial: SerialNumber) -> StoreResult<Option<Intent>> {
    Ok(intent::table
        .find(serial.to_hex())
        .select(Intent::as_select())
        .first(db)
        .optional()?)
}

/// Settles intents: their certificates are recorded. One that was given up meanwhile is an error: its serial is on the
/// revocation list, and no certificate may have it.
pub fn settle(db: &mut Db, serials: &[SerialNumber], at: DateTime<Utc>) -> StoreResult<()> {
    let settled = moved(db, serials, IntentState::Issued, at)?.len();
    if settled < serials.len() {
        return Err(StoreError::Missing("an open intent".into()));
    }
    Ok(())
}

/// Serials that belong to no request and were recorded before `then`: whoever drew them is gone.
pub fn left_open(db: &mut Db, then: DateTime<Utc>) -> StoreResult<Vec<SerialNumber>> {
    let left: Vec<Intent> = intent::table
        .filter(intent::state.eq(IntentState::Intended.as_str()))
        .filter(intent::recorded_at.lt(millis(then)))
        .filter(intent::request_id.is_null())
        .select(Intent::as_select())
        .load(db)?;
    Ok(left.iter().map(|intent| intent.serial).collect())
}

/// Gives up intents that are still open; returns them.
pub fn abandon(
    db: &mut Db,
    serials: &[SerialNumber],
    at: DateTime<Utc>,
) -> StoreResult<Vec<Intent>> {
    moved(db, serials, IntentState::Abandoned, at)
}

fn moved(
    db: &mut Db,
    serials: &[SerialNumber],
    state: IntentState,
    at: DateTime<Utc>,
) -> StoreResult<Vec<Intent>> {
    if serials.is_empty() {
        return Ok(Vec::new());
    }
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let open = intent::table
        .filter(intent::serial.eq_any(serials))
        .filter(intent::state.eq(IntentState::Intended.as_str()));
    let change = (
        intent::state.eq(state.as_str()),
        intent::settled_at.eq(millis(at)),
    );
    Ok(on_either!(db, db => diesel::update(open).set(change)
        .returning(Intent::as_returning()).get_results(db))?)
}

/// Serials of a generation that may be signed at this moment, or were and are not recorded yet.
pub fn open_of_generation(db: &mut Db, generation: i64) -> StoreResult<Vec<Intent>> {
    let query = intent::table
        .filter(intent::generation.eq(generation))
        .filter(intent::state.eq(IntentState::Intended.as_str()));
    Ok(query.select(Intent::as_select()).load(db)?)
}

/// Every serial in the given state, oldest first.
pub fn list(db: &mut Db, state: IntentState) -> StoreResult<Vec<Intent>> {
    let query = intent::table.filter(intent::state.eq(state.as_str()));
    Ok(query
        .order((intent::recorded_at, intent::serial))
        .select(Intent::as_select())
        .load(db)?)
}

/// Where those of `serials` stand that have an intent.
pub fn states(
    db: &mut Db,
    serials: &[SerialNumber],
) -> StoreResult<HashMap<SerialNumber, IntentState>> {
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let query = intent::table.filter(intent::serial.eq_any(serials));
    let found: Vec<Intent> = query.select(Intent::as_select()).load(db)?;
    Ok(found
        .into_iter()
        .map(|one| (one.serial, one.state))
        .collect())
}
