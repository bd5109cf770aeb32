//! Which reminders went out: once for each thing that ends, mark and channel.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::connection::on_either;
use super::schema::reminder;
use super::{Db, StoreResult};

/// Notes that `subject` is reminded of at the mark of `days`; `false` when that, or a nearer mark, was noted before.
///
/// The primary key decides between two workers: the second waits for the first and then finds the row.
pub fn note(
    db: &mut Db,
    subject: &str,
    days: u32,
    channel: &str,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    // A clock that was set back comes to a mark again, or to an earlier one.
    let nearer = reminder::table
        .filter(reminder::subject.eq(subject))
        .filter(reminder::channel.eq(channel))
        .filter(reminder::days.lt(i64::from(days)));
    if nearer.count().get_result::<i64>(db)? > 0 {
        return Ok(false);
    }
    let row = (
        reminder::subject.eq(subject),
        reminder::days.eq(i64::from(days)),
        reminder::channel.eq(channel),
        reminder::reminded_at.eq(millis(at)),
    );
    let rows = on_either!(db, db => diesel::insert_into(reminder::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(db))?;
    Ok(rows == 1)
}

/// Whether `subject` was reminded of on `channel`, at any mark.
pub fn is_noted(db: &mut Db, subject: &str, channel: &str) -> StoreResult<bool> {
    let noted = reminder::table
        .filter(reminder::subject.eq(subject))
        .filter(reminder::channel.eq(channel));
    Ok(noted.count().get_result::<i64>(db)? > 0)
}
