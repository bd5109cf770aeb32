//! Mails that ask for a person: refused for good, or tried and still waiting.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::listed::{Listed, listed};
use super::outbox::Mail;
use super::schema::outbox;
use super::{Db, StoreResult};
use crate::domain::certificate::MailState;

/// Those that the server refused for good or that cannot be read, oldest first.
pub fn parked(db: &mut Db) -> StoreResult<Listed<Mail>> {
    let parked = outbox::table.filter(outbox::state.eq(MailState::Parked.as_str()));
    let ids: Vec<i64> = parked.order(outbox::id).select(outbox::id).load(db)?;
    let total = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    listed(db, "outbox", &ids, total, |db, ids| {
        let some = outbox::table.filter(outbox::id.eq_any(ids));
        Ok(some.order(outbox::id).select(Mail::as_select()).load(db)?)
    })
}

/// How many were tried and still wait, of those that were owed before `before`.
pub fn count_delayed(db: &mut Db, before: DateTime<Utc>) -> StoreResult<i64> {
    let tried = outbox::table
        .filter(outbox::state.eq(MailState::Waiting.as_str()))
        .filter(outbox::attempts.gt(0))
        .filter(outbox::created_at.lt(millis(before)));
    Ok(tried.count().get_result(db)?)
}
