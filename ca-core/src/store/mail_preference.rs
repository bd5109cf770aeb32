//! Which kinds of mail an account wants. Only what may be declined is ever asked; no row means wanted.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::connection::on_either;
use super::schema::mail_preference;
use super::{Db, StoreResult};
use crate::domain::mail::MailKind;

/// Whether the account gets mails of this kind: always, if it may not be declined.
pub fn wants(db: &mut Db, account_id: i64, kind: MailKind) -> StoreResult<bool> {
    Ok(declined(db, &[account_id], kind)?.is_empty())
}

/// Those of `account_ids` that declined this kind; nobody, if it may not be declined.
pub fn declined(db: &mut Db, account_ids: &[i64], kind: MailKind) -> StoreResult<HashSet<i64>> {
    if !kind.may_be_declined() {
        return Ok(HashSet::new());
    }
    let unwanted = mail_preference::table
        .filter(mail_preference::account_id.eq_any(account_ids))
        .filter(mail_preference::kind.eq(kind.as_str()))
        .filter(mail_preference::wanted.eq(false));
    let ids: Vec<i64> = unwanted.select(mail_preference::account_id).load(db)?;
    Ok(ids.into_iter().collect())
}

/// Writes down whether the account wants this kind.
pub fn set(
    db: &mut Db,
    account_id: i64,
    kind: MailKind,
    wanted: bool,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let row = (
        mail_preference::account_id.eq(account_id),
        mail_preference::kind.eq(kind.as_str()),
        mail_preference::wanted.eq(wanted),
        mail_preference::changed_at.eq(millis(at)),
    );
    let change = (
        mail_preference::wanted.eq(wanted),
        mail_preference::changed_at.eq(millis(at)),
    );
    on_either!(db, db => diesel::insert_into(mail_preference::table)
        .values(row)
        .on_conflict((mail_preference::account_id, mail_preference::kind))
        .do_update()
        .set(change)
        .execute(db))?;
    Ok(())
}
