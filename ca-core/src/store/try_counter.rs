//! Wrong tries in a row, counted by what was typed, whether or not such a user ID exists.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{MaybeAt, maybe_millis, millis};
use super::connection::on_either;
use super::schema::try_counter;
use super::{Db, StoreResult};
use crate::domain::lock::TryCounter;
use crate::domain::session::TryScope;

#[derive(Queryable, Selectable)]
#[diesel(table_name = try_counter)]
struct Row {
    failures: i64,
    #[diesel(deserialize_as = MaybeAt)]
    locked_until: Option<DateTime<Utc>>,
}

/// The counter of `name`, held until the transaction ends; a new one stands at zero.
pub fn lock(
    db: &mut Db,
    scope: TryScope,
    name: &str,
    at: DateTime<Utc>,
) -> StoreResult<TryCounter> {
    // The row must be there to be held: two first tries at once would each see none. Writing it holds it, and makes it again
    // where a right password forgets it at the same moment.
    let touched = try_counter::updated_at.eq(millis(at));
    let fresh = (
        try_counter::scope.eq(scope.as_str()),
        try_counter::user_id.eq(name),
        try_counter::failures.eq(0_i64),
        touched,
    );
    on_either!(db, db => diesel::insert_into(try_counter::table)
        .values(fresh)
        .on_conflict((try_counter::scope, try_counter::user_id))
        .do_update()
        .set(touched)
        .execute(db))?;
    Ok(find(db, scope, name)?.unwrap_or_default())
}

/// The counter of `name`, as it stands.
pub fn find(db: &mut Db, scope: TryScope, name: &str) -> StoreResult<Option<TryCounter>> {
    let query = try_counter::table
        .find((scope.as_str(), name))
        .select(Row::as_select());
    let row: Option<Row> = query.first(db).optional()?;
    Ok(row.map(|row| TryCounter {
        failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
        locked_until: row.locked_until,
    }))
}

/// Writes a counter that [`lock`] holds.
pub fn set(
    db: &mut Db,
    scope: TryScope,
    name: &str,
    counter: TryCounter,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    diesel::update(try_counter::table.find((scope.as_str(), name)))
        .set((
            try_counter::failures.eq(i64::from(counter.failures)),
            try_counter::locked_until.eq(maybe_millis(counter.locked_until)),
            try_counter::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Forgets a counter: after a right password, or when staff unlocks.
pub fn clear(db: &mut Db, scope: TryScope, name: &str) -> StoreResult<usize> {
    Ok(diesel::delete(try_counter::table.find((scope.as_str(), name))).execute(db)?)
}

/// Forgets counters that nobody touched since `before`: typed IDs that do not exist do not pile up.
pub fn forget_untouched(db: &mut Db, before: DateTime<Utc>) -> StoreResult<usize> {
    Ok(
        diesel::delete(try_counter::table.filter(try_counter::updated_at.lt(millis(before))))
            .execute(db)?,
    )
}
