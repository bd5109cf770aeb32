//! Orders to sign outside business hours.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::listed::{Listed, listed};
use super::schema::calendar_override;
use super::{Db, StoreResult};

/// One order.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = calendar_override)]
pub struct CalendarOverride {
    /// Row number.
    pub id: i64,
    /// Who gave it.
    pub opened_by: String,
    /// Why.
    pub reason: String,
    /// From when.
    #[diesel(deserialize_as = At)]
    pub opened_at: DateTime<Utc>,
    /// Until when.
    #[diesel(deserialize_as = At)]
    pub ends_at: DateTime<Utc>,
}

/// Records an order.
pub fn insert(
    db: &mut Db,
    by: &str,
    reason: &str,
    from: DateTime<Utc>,
    until: DateTime<Utc>,
) -> StoreResult<()> {
    diesel::insert_into(calendar_override::table)
        .values((
            calendar_override::opened_by.eq(by),
            calendar_override::reason.eq(reason),
            calendar_override::opened_at.eq(millis(from)),
            calendar_override::ends_at.eq(millis(until)),
        ))
        .execute(db)?;
    Ok(())
}

/// The order in force at `at`, the one that lasts longest.
pub fn in_force(db: &mut Db, at: DateTime<Utc>) -> StoreResult<Option<CalendarOverride>> {
    let query = calendar_override::table
        .filter(calendar_override::opened_at.le(millis(at)))
        .filter(calendar_override::ends_at.gt(millis(at)))
        .order(calendar_override::ends_at.desc());
    Ok(query
        .select(CalendarOverride::as_select())
        .first(db)
        .optional()?)
}

/// The orders in force at `at`, the one that lasts longest first, for people to look at.
pub fn listing(db: &mut Db, at: DateTime<Utc>) -> StoreResult<Listed<CalendarOverride>> {
    let longest = calendar_override::ends_at.desc();
    let ids: Vec<i64> = calendar_override::table
        .filter(calendar_override::opened_at.le(millis(at)))
        .filter(calendar_override::ends_at.gt(millis(at)))
        .order(longest)
        .select(calendar_override::id)
        .load(db)?;
    let total = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    listed(db, "calendar_override", &ids, total, |db, ids| {
        let some = calendar_override::table.filter(calendar_override::id.eq_any(ids));
        let some = some.order(longest).select(CalendarOverride::as_select());
        Ok(some.load(db)?)
    })
}
