//! What each worker last said of itself, for operators to see.
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::connection::on_either;
use super::listed::{Listed, listed};
use super::schema::worker_status;
use super::{Db, StoreResult};
use crate::domain::missing_key::MissingKeys;

/// A worker that said nothing for so long is gone or hangs; it speaks every half minute.
pub const SILENT: TimeDelta = TimeDelta::minutes(2);
/// The state of a worker whose CA key is away.
pub const SIGNER_AWAY: &str = "signer-away";

/// One worker's last word.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = worker_status)]
pub struct WorkerStatus {
    /// The worker's name in leases.
    pub worker: String,
    /// When it spoke.
    #[diesel(deserialize_as = At)]
    pub seen_at: DateTime<Utc>,
    /// `working`, `closed` (outside business hours) or `signer-away`.
    pub state: String,
    /// Details for people.
    pub detail: String,
    /// Where it runs: two workers at once never have the same, a worker and its successor have. Empty if that is not
    /// known.
    pub place: String,
    /// The keys of roots that it should have and has not.
    #[diesel(deserialize_as = String)]
    pub missing_keys: MissingKeys,
}

impl WorkerStatus {
    /// Whether the worker is there and its CA key is not.
    pub fn says_signer_away(&self, now: DateTime<Utc>) -> bool {
        self.state == SIGNER_AWAY && !self.is_silent(now)
    }

    /// Whether nothing was heard of it for too long.
    pub fn is_silent(&self, now: DateTime<Utc>) -> bool {
        now - self.seen_at > SILENT
    }
}

/// Whether nothing can be signed now: there are workers, and the CA key is away for all of them.
pub fn is_signer_away(db: &mut Db, now: DateTime<Utc>) -> StoreResult<bool> {
    let all = list(db)?;
    let mut there = all.iter().filter(|one| !one.is_silent(now)).peekable();
    Ok(there.peek().is_some() && there.all(|one| one.says_signer_away(now)))
}

/// Writes a worker's word. Whoever spoke from the same place before is gone.
pub fn put(db: &mut Db, status: &WorkerStatus) -> StoreResult<()> {
    if !status.place.is_empty() {
        let predecessors = worker_status::table
            .filter(worker_status::place.eq(&status.place))
            .filter(worker_status::worker.ne(&status.worker));
        diesel::delete(predecessors).execute(db)?;
    }
    let missing_keys = status.missing_keys.to_column();
    let facts = (
        worker_status::seen_at.eq(millis(status.seen_at)),
        worker_status::state.eq(&status.state),
        worker_status::detail.eq(&status.detail),
        worker_status::place.eq(&status.place),
        worker_status::missing_keys.eq(&missing_keys),
    );
    on_either!(db, db => diesel::insert_into(worker_status::table)
        .values((worker_status::worker.eq(&status.worker), facts))
        .on_conflict(worker_status::worker)
        .do_update()
        .set(facts)
        .execute(db))?;
    Ok(())
}

/// Takes a worker's word away: it ended.
pub fn remove(db: &mut Db, worker: &str) -> StoreResult<()> {
    diesel::delete(worker_status::table.find(worker)).execute(db)?;
    Ok(())
}

/// Every worker's last word that can be read, latest first.
pub fn list(db: &mut Db) -> StoreResult<Vec<WorkerStatus>> {
    Ok(listing(db)?.rows)
}

/// The same with the names of those that cannot be read.
pub fn listing(db: &mut Db) -> StoreResult<Listed<WorkerStatus>> {
    let latest = || worker_status::table.order(worker_status::seen_at.desc());
    let workers: Vec<String> = latest().select(worker_status::worker).load(db)?;
    let total = i64::try_from(workers.len()).unwrap_or(i64::MAX);
    listed(db, "worker_status", &workers, total, |db, workers| {
        let some = latest().filter(worker_status::worker.eq_any(workers));
        Ok(some.select(WorkerStatus::as_select()).load(db)?)
    })
}
