//! Restorations from a backup, as the restored database itself knows them.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, millis};
use super::schema::{account, restoration};
use super::{Db, StoreResult};
use crate::domain::user_id::UserId;

/// One restoration.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = restoration)]
pub struct Restoration {
    /// The archive's own name.
    pub archive: String,
    /// When the archive was made.
    #[diesel(deserialize_as = At)]
    pub archive_made_at: DateTime<Utc>,
    /// Who restored it.
    pub restored_by: String,
    /// When.
    #[diesel(deserialize_as = At)]
    pub restored_at: DateTime<Utc>,
    /// When the journals were worked in; none while nothing may be signed.
    #[diesel(deserialize_as = MaybeAt)]
    pub reconciled_at: Option<DateTime<Utc>>,
}

/// Records a restoration that is not reconciled.
pub fn insert(db: &mut Db, row: &Restoration) -> StoreResult<()> {
    diesel::insert_into(restoration::table)
        .values((
            restoration::archive.eq(&row.archive),
            restoration::archive_made_at.eq(millis(row.archive_made_at)),
            restoration::restored_by.eq(&row.restored_by),
            restoration::restored_at.eq(millis(row.restored_at)),
        ))
        .execute(db)?;
    Ok(())
}

/// The restoration that waits for its reconciliation, if there is one.
pub fn pending(db: &mut Db) -> StoreResult<Option<Restoration>> {
    let open = restoration::table.filter(restoration::reconciled_at.is_null());
    let first = open.order(restoration::restored_at.desc());
    Ok(first
        .select(Restoration::as_select())
        .first(db)
        .optional()?)
}

/// Ends the waiting.
pub fn settle(db: &mut Db, at: DateTime<Utc>) -> StoreResult<usize> {
    let open = restoration::table.filter(restoration::reconciled_at.is_null());
    let change = restoration::reconciled_at.eq(millis(at));
    Ok(diesel::update(open).set(change).execute(db)?)
}

/// The row number of the account of `user_id`, also where the rest of its row cannot be read.
pub fn account_of(db: &mut Db, user_id: &UserId) -> StoreResult<Option<i64>> {
    let query = account::table.filter(account::user_id.eq(user_id.as_str()));
    Ok(query.select(account::id).first(db).optional()?)
}
