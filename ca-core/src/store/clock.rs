//! The database's own clock, where it has one: the server's may differ from ours.
use chrono::{DateTime, Duration, Utc};
use diesel::data_types::PgTimestamp;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;

use super::{Db, StoreResult};

/// PostgreSQL counts from the first of January 2000, 00:00 UTC.
const EPOCH: i64 = 946_684_800;

/// The server's present instant; none for SQLite, which has no clock but ours.
pub fn now(db: &mut Db) -> StoreResult<Option<DateTime<Utc>>> {
    let Db::Postgres(db) = db else {
        return Ok(None);
    };
    let now = diesel::dsl::now.into_sql::<Timestamptz>();
    let PgTimestamp(micros) = diesel::select(now).get_result(db)?;
    let epoch = DateTime::from_timestamp(EPOCH, 0);
    Ok(epoch.map(|epoch| epoch + Duration::microseconds(micros)))
}
