//! What each worker last said of itself, for operators to see.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::connection::on_either;
use super::schema::worker_status;
use super::{Db, StoreResult};

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
}

/// Writes a worker's word.
pub fn put(db: &mut Db, status: &WorkerStatus) -> StoreResult<()> {
    let facts = (
        worker_status::seen_at.eq(millis(status.seen_at)),
        worker_status::state.eq(&status.state),
        worker_status::detail.eq(&status.detail),
    );
    on_either!(db, db => diesel::insert_into(worker_status::table)
        .values((worker_status::worker.eq(&status.worker), facts))
        .on_conflict(worker_status::worker)
        .do_update()
        .set(facts)
        .execute(db))?;
    Ok(())
}

/// Every worker's last word, latest first.
pub fn list(db: &mut Db) -> StoreResult<Vec<WorkerStatus>> {
    let query = worker_status::table.order(worker_status::seen_at.desc());
    Ok(query.select(WorkerStatus::as_select()).load(db)?)
}
