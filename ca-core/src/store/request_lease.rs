//! Leases on requests: taken, proven, ended. Every UPDATE is guarded by state, owner or fence.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::listed::readable;
use super::request::Request;
use super::schema::request;
use super::{Db, StoreError, StoreResult, bulky};
use crate::domain::request::{RequestEvent, RequestId, RequestState, transition};

/// Requests that were looked for: those that can be read, in order, and those that cannot.
#[derive(Debug, Default)]
pub struct Taken {
    /// What the product wrote, or could have written.
    pub requests: Vec<Request>,
    /// Everything else, still held.
    pub unreadable: Vec<Unreadable>,
}

/// A request whose row was damaged, or written by somebody else.
#[derive(Debug)]
pub struct Unreadable {
    /// Its name, as it stands in the row.
    pub id: String,
    /// What is wrong; may repeat what stands in the row.
    pub why: String,
}

/// The names of up to `limit` approved requests, oldest decision first.
#[diesel::dsl::auto_type(no_type_alias)]
fn to_claim(limit: i64) -> _ {
    let approved: &'static str = RequestState::Approved.as_str();
    request::table
        .filter(request::state.eq(approved))
        .order((request::decided_at, request::id))
        .limit(limit)
        .select(request::id)
}

/// Those of the requests named `ids` that are approved.
#[diesel::dsl::auto_type(no_type_alias)]
fn approved<'a>(ids: &'a [String]) -> _ {
    let approved: &'static str = RequestState::Approved.as_str();
    request::table
        .filter(request::id.eq_any(ids))
        .filter(request::state.eq(approved))
}

/// Takes up to `limit` approved requests, oldest decision first, and gives `owner` the lease on them.
///
/// PostgreSQL skips rows that another worker is taking at this moment; SQLite has one writer at a time.
pub fn claim(
    db: &mut Db,
    owner: &str,
    until: DateTime<Utc>,
    limit: i64,
    at: DateTime<Utc>,
) -> StoreResult<Taken> {
    let ids: Vec<String> = match db {
        Db::Postgres(db) => to_claim(limit).for_update().skip_locked().load(db)?,
        Db::Sqlite(db) => to_claim(limit).load(db)?,
    };
    let (ids, large) = without_large(db, ids)?;
    let next = transition(RequestState::Approved, RequestEvent::Claim)
        .map_err(|error| StoreError::Missing(error.to_string()))?;
    let rows = diesel::update(approved(&ids))
        .set((
            request::state.eq(next.as_str()),
            request::lease_owner.eq(owner),
            request::lease_until.eq(millis(until)),
            request::fence.eq(request::fence + 1),
            request::attempts.eq(request::attempts + 1),
            request::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    // They are held since they were looked for; a row that moved all the same is nobody's to take.
    if rows != ids.len() {
        return Err(StoreError::Missing("an approved request".into()));
    }
    read(db, &ids, large)
}

/// Parts off the requests that are too large to be read.
fn without_large(db: &mut Db, ids: Vec<String>) -> StoreResult<(Vec<String>, Vec<Unreadable>)> {
    let large = bulky::requests(db, &ids)?;
    let (large, ids): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| large.contains(id));
    let why = "a column is larger than any of ours";
    let unreadable = |id| Unreadable {
        id,
        why: why.to_owned(),
    };
    Ok((ids, large.into_iter().map(unreadable).collect()))
}

/// Reads requests whose rows anybody may have written.
fn read(db: &mut Db, ids: &[String], mut unreadable: Vec<Unreadable>) -> StoreResult<Taken> {
    let (requests, damaged) = readable(db, ids, |db, ids| {
        let held = request::table.filter(request::id.eq_any(ids));
        let ordered = held.order((request::decided_at, request::id));
        Ok(ordered.select(Request::as_select()).load(db)?)
    })?;
    let damaged = damaged.into_iter().map(|(id, why)| Unreadable { id, why });
    unreadable.extend(damaged);
    Ok(Taken {
        requests,
        unreadable,
    })
}

/// Parks a request by the name in its row, whatever else stands there; any lease on it ends.
pub fn set_aside(db: &mut Db, id: &str, failure: &str, at: DateTime<Utc>) -> StoreResult<()> {
    for from in [RequestState::Approved, RequestState::Signing] {
        let next = transition(from, RequestEvent::Park)
            .map_err(|error| StoreError::Missing(error.to_string()))?;
        let held = request::table
            .filter(request::id.eq(id))
            .filter(request::state.eq(from.as_str()));
        diesel::update(held)
            .set((
                request::state.eq(next.as_str()),
                request::failure.eq(failure),
                request::lease_owner.eq(None::<String>),
                request::lease_until.eq(None::<i64>),
                request::updated_at.eq(millis(at)),
            ))
            .execute(db)?;
    }
    Ok(())
}

/// The names of those among `ids` that `owner` still holds under the given fence.
pub fn still_held(
    db: &mut Db,
    owner: &str,
    held: &[(RequestId, i64)],
) -> StoreResult<Vec<RequestId>> {
    let ids: Vec<&str> = held.iter().map(|(id, _)| id.as_str()).collect();
    let query = request::table
        .filter(request::id.eq_any(ids))
        .filter(request::state.eq(RequestState::Signing.as_str()))
        .filter(request::lease_owner.eq(owner))
        .select((request::id, request::fence));
    let rows: Vec<(String, i64)> = match db {
        Db::Postgres(db) => query.for_update().load(db)?,
        Db::Sqlite(db) => query.load(db)?,
    };
    let mine = |id: &str, fence: i64| {
        held.iter()
            .any(|(held, mine)| held.as_str() == id && *mine == fence)
    };
    let kept = rows.into_iter().filter(|(id, fence)| mine(id, *fence));
    kept.map(|(id, _)| {
        RequestId::try_from(id).map_err(|error| StoreError::Missing(error.to_string()))
    })
    .collect()
}

/// Marks requests that the caller holds (see [`still_held`]) as issued; their passwords go.
pub fn mark_issued(db: &mut Db, ids: &[RequestId], at: DateTime<Utc>) -> StoreResult<usize> {
    let next = transition(RequestState::Signing, RequestEvent::Issue)
        .map_err(|error| StoreError::Missing(error.to_string()))?;
    let ids: Vec<&str> = ids.iter().map(RequestId::as_str).collect();
    let signing = request::state.eq(RequestState::Signing.as_str());
    let rows = diesel::update(
        request::table
            .filter(request::id.eq_any(ids))
            .filter(signing),
    )
    .set((
        request::state.eq(next.as_str()),
        request::sealed_password.eq(None::<Vec<u8>>),
        request::failure.eq(None::<String>),
        request::lease_owner.eq(None::<String>),
        request::lease_until.eq(None::<i64>),
        request::updated_at.eq(millis(at)),
    ))
    .execute(db)?;
    Ok(rows)
}

/// Gives a held request back without burning the attempt.
pub fn give_back(
    db: &mut Db,
    id: &RequestId,
    fence: i64,
    burn_attempt: bool,
    failure: Option<&str>,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let next = transition(RequestState::Signing, RequestEvent::GiveBack)
        .map_err(|error| StoreError::Missing(error.to_string()))?;
    let held = request::table
        .filter(request::id.eq(id.as_str()))
        .filter(request::state.eq(RequestState::Signing.as_str()))
        .filter(request::fence.eq(fence));
    let kept = i64::from(!burn_attempt);
    let rows = diesel::update(held)
        .set((
            request::state.eq(next.as_str()),
            request::attempts.eq(request::attempts - kept),
            request::failure.eq(failure),
            request::lease_owner.eq(None::<String>),
            request::lease_until.eq(None::<i64>),
            request::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(rows == 1)
}

/// The requests whose lease ran out at `now`, held until the transaction ends.
pub fn lock_lapsed(db: &mut Db, now: DateTime<Utc>) -> StoreResult<Taken> {
    let lapsed = request::table
        .filter(request::state.eq(RequestState::Signing.as_str()))
        .filter(request::lease_until.lt(millis(now)))
        .select(request::id);
    let ids: Vec<String> = match db {
        Db::Postgres(db) => lapsed.for_update().skip_locked().load(db)?,
        Db::Sqlite(db) => lapsed.load(db)?,
    };
    let (ids, large) = without_large(db, ids)?;
    read(db, &ids, large)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan::plan_of;

    #[test]
    fn a_claim_looks_at_what_it_takes_and_not_at_everything_that_waits() {
        let plan = plan_of(&to_claim(100));
        assert_eq!(plan.len(), 1, "one step, no sorting: {plan:?}");
        assert!(plan[0].contains("request_to_claim"), "{plan:?}");
    }

    #[test]
    fn a_claim_takes_only_what_is_still_approved() {
        let ids = vec!["one".to_owned()];
        let update = diesel::update(approved(&ids)).set(request::fence.eq(1));
        let text = diesel::debug_query::<diesel::sqlite::Sqlite, _>(&update).to_string();
        assert!(text.contains("`state` = ?"), "{text}");
        assert!(text.contains("approved"), "{text}");
    }
}
