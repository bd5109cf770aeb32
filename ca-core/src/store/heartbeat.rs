//! A row that is written for no other reason than to see whether the database takes writes.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::connection::on_either;
use super::schema::heartbeat;
use super::{Db, StoreResult};

/// Notes that `program` could write at this instant.
pub fn write(db: &mut Db, program: &str, at: DateTime<Utc>) -> StoreResult<()> {
    let written = heartbeat::written_at.eq(millis(at));
    on_either!(db, db => diesel::insert_into(heartbeat::table)
        .values((heartbeat::program.eq(program), written))
        .on_conflict(heartbeat::program)
        .do_update()
        .set(written)
        .execute(db))?;
    Ok(())
}
