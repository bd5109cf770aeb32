//! How often a public form was used: counted in the database, so that several web programs count together.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::connection::on_either;
use super::schema::throttle;
use super::{Db, StoreResult};
use crate::domain::throttle::ThrottleScope;

/// Counts one use since `begins_at`; returns how many there are now, this one included.
///
/// The row is held until the transaction ends: of uses side by side each sees its own number.
pub fn count(
    db: &mut Db,
    scope: ThrottleScope,
    subject: &str,
    begins_at: DateTime<Utc>,
) -> StoreResult<i64> {
    let row = (
        throttle::scope.eq(scope.as_str()),
        throttle::subject.eq(subject),
        throttle::begins_at.eq(millis(begins_at)),
        throttle::uses.eq(1_i64),
    );
    Ok(on_either!(db, db => diesel::insert_into(throttle::table)
        .values(row)
        .on_conflict((throttle::scope, throttle::subject, throttle::begins_at))
        .do_update()
        .set(throttle::uses.eq(throttle::uses + 1))
        .returning(throttle::uses)
        .get_result(db))?)
}

/// How many uses were counted since `begins_at`.
pub fn uses(
    db: &mut Db,
    scope: ThrottleScope,
    subject: &str,
    begins_at: DateTime<Utc>,
) -> StoreResult<i64> {
    let row = throttle::table
        .find((scope.as_str(), subject, millis(begins_at)))
        .select(throttle::uses);
    Ok(row.first(db).optional()?.unwrap_or(0))
}

/// Forgets the counts that began before `before`: addresses of visitors are not kept longer than needed.
pub fn forget_before(db: &mut Db, before: DateTime<Utc>) -> StoreResult<usize> {
    let old = throttle::table.filter(throttle::begins_at.lt(millis(before)));
    Ok(diesel::delete(old).execute(db)?)
}
