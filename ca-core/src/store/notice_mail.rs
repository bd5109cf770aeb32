//! The mails that a published notice owes: which notice is next, and to which accounts.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::account::Account;
use super::column::{maybe_millis, millis};
use super::notice::Notice;
use super::schema::{account, notice};
use super::{Db, StoreResult};
use crate::domain::account::AccountStatus;
use crate::domain::notice::ReaderKind;

/// The oldest notice that is shown at `at` and still owes mails, held until the transaction ends.
///
/// One that another worker holds is left to it.
pub fn next_to_mail(db: &mut Db, at: DateTime<Utc>) -> StoreResult<Option<Notice>> {
    let going_on = notice::shown_until.gt(millis(at));
    let due = notice::table
        .filter(notice::mailed_at.is_null())
        .filter(notice::withdrawn_at.is_null())
        .filter(notice::shown_from.le(millis(at)))
        .filter(notice::shown_until.is_null().nullable().or(going_on))
        .order(notice::id)
        .limit(1)
        .select(notice::id);
    let id: Option<i64> = match db {
        Db::Postgres(db) => due.for_update().skip_locked().first(db).optional()?,
        Db::Sqlite(db) => due.first(db).optional()?,
    };
    match id {
        Some(id) => super::notice::find(db, id),
        None => Ok(None),
    }
}

/// Up to `limit` of the notice's readers that can be written to, those after the last one mailed.
pub fn next_readers(db: &mut Db, of: &Notice, limit: i64) -> StoreResult<Vec<Account>> {
    let mut query = account::table
        .into_boxed()
        .filter(account::id.gt(of.mailed_through))
        .filter(account::status.eq(AccountStatus::Active.as_str()))
        .filter(account::mail_address.is_not_null());
    query = match of.readers {
        ReaderKind::Everybody => query,
        ReaderKind::Class => {
            let letters = of.class.as_deref().unwrap_or("-");
            query.filter(account::user_id.like(format!("{letters}%")))
        }
        ReaderKind::Account => query.filter(account::id.eq(of.account_id.unwrap_or(-1))),
    };
    Ok(query
        .order(account::id)
        .limit(limit)
        .select(Account::as_select())
        .load(db)?)
}

/// Writes down how far the mails are: through this account, and when they are all owed.
pub fn note_mailed(
    db: &mut Db,
    id: i64,
    through: i64,
    complete_at: Option<DateTime<Utc>>,
) -> StoreResult<()> {
    diesel::update(notice::table.find(id))
        .set((
            notice::mailed_through.eq(through),
            notice::mailed_at.eq(maybe_millis(complete_at)),
        ))
        .execute(db)?;
    Ok(())
}
