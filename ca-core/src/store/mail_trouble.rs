//! Mails that ask for a person: refused for good, or tried and still waiting.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::listed::{Listed, listed};
use super::outbox::Mail;
use super::schema::{account, outbox};
use super::wake::{self, Topic};
use super::{Db, StoreResult, bulky, outbox as mails};
use crate::domain::certificate::MailState;
use crate::domain::mail::{MailFacts, MailKind};

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
        .filter(outbox::last_error.is_not_null())
        .filter(outbox::created_at.lt(millis(before)));
    Ok(tried.count().get_result(db)?)
}

/// A mail that did not leave, as far as its row can be read.
#[derive(Debug, Clone)]
pub struct Stuck {
    /// Row number.
    pub id: i64,
    /// Parked, or waiting after a try that failed; another state is not stuck.
    pub state: Option<MailState>,
    /// The occasion and the facts; none where the row cannot be read.
    pub content: Option<(MailKind, MailFacts)>,
    /// To whom.
    pub to_address: String,
    facts: String,
}

/// One page of the mails that did not leave, oldest first: parked ones, and those whose last try failed.
pub fn stuck(db: &mut Db, offset: i64, limit: i64) -> StoreResult<Listed<Mail>> {
    let stuck = || {
        let failed = outbox::state.eq(MailState::Waiting.as_str());
        let failed = failed.and(outbox::last_error.is_not_null());
        outbox::table.filter(outbox::state.eq(MailState::Parked.as_str()).or(failed))
    };
    let total = stuck().count().get_result(db)?;
    let page = stuck().order(outbox::id).offset(offset).limit(limit);
    let ids: Vec<i64> = page.select(outbox::id).load(db)?;
    let large = bulky::mails(db, &ids)?;
    let (large, ids): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| large.contains(id));
    let mut found = listed(db, "outbox", &ids, total, |db, ids| {
        let some = outbox::table.filter(outbox::id.eq_any(ids));
        Ok(some.order(outbox::id).select(Mail::as_select()).load(db)?)
    })?;
    found
        .unreadable
        .extend(large.into_iter().map(|id| format!("outbox:{id}")));
    Ok(found)
}

/// The mail numbered `id`, if it did not leave and no worker holds it at `at`.
pub fn find(db: &mut Db, id: i64, at: DateTime<Utc>) -> StoreResult<Option<Stuck>> {
    let free = outbox::lease_until
        .is_null()
        .or(outbox::lease_until.lt(millis(at)));
    let large = !bulky::mails(db, &[id])?.is_empty();
    let found = outbox::table.find(id).filter(free);
    let found = found.select((outbox::state, outbox::kind, outbox::to_address));
    let found: Option<(String, String, String)> = found.first(db).optional()?;
    let Some((state, kind, to_address)) = found else {
        return Ok(None);
    };
    let facts: String = match large {
        true => String::new(),
        false => outbox::table.find(id).select(outbox::facts).first(db)?,
    };
    let content = MailKind::try_from(kind)
        .ok()
        .zip(serde_json::from_str(&facts).ok());
    Ok(Some(Stuck {
        id,
        state: MailState::try_from(state).ok(),
        content,
        to_address,
        facts,
    }))
}

/// Lets a stuck mail be tried at once, to `to_address`, its tries forgotten. False when it is not stuck any more.
pub fn release(db: &mut Db, mail: &Stuck, to: &str, at: DateTime<Utc>) -> StoreResult<bool> {
    let rows = diesel::update(outbox::table.find(mail.id))
        .filter(outbox::state.eq_any(may_be_stuck()))
        .set((
            outbox::state.eq(MailState::Waiting.as_str()),
            outbox::to_address.eq(to),
            outbox::attempts.eq(0),
            outbox::next_try_at.eq(millis(at)),
            outbox::last_error.eq(None::<String>),
        ))
        .execute(db)?;
    wake::call(db, Topic::Outbox)?;
    Ok(rows == 1)
}

/// Gives a stuck mail up; its code goes, its row stays. False when it is not stuck any more.
pub fn give_up(db: &mut Db, mail: &Stuck) -> StoreResult<bool> {
    let mail_row = outbox::table
        .find(mail.id)
        .filter(outbox::state.eq_any(may_be_stuck()));
    let dropped = outbox::state.eq(MailState::Dropped.as_str());
    let rows = match mail.content {
        Some(_) => {
            let facts = outbox::facts.eq(mails::without_code(&mail.facts));
            diesel::update(mail_row).set((dropped, facts)).execute(db)?
        }
        None => diesel::update(mail_row).set(dropped).execute(db)?,
    };
    Ok(rows == 1)
}

/// The states of a mail that can be stuck.
fn may_be_stuck() -> [&'static str; 2] {
    [MailState::Parked, MailState::Waiting].map(MailState::as_str)
}

/// The mail address of the account `user_id` now.
pub fn address_of(db: &mut Db, user_id: &str) -> StoreResult<Option<String>> {
    let found = account::table.filter(account::user_id.eq(user_id));
    let address = found.select(account::mail_address).first(db).optional()?;
    Ok(address.flatten())
}

/// The addresses whose newest mail was parked or dropped: what is sent there does not arrive.
pub fn bounced(db: &mut Db) -> StoreResult<HashSet<String>> {
    let lost = [MailState::Parked.as_str(), MailState::Dropped.as_str()];
    let lost = outbox::table.filter(outbox::state.eq_any(lost));
    let lost = lost
        .group_by(outbox::to_address)
        .select((outbox::to_address, diesel::dsl::max(outbox::id)));
    let lost: Vec<(String, Option<i64>)> = lost.load(db)?;
    let mut bounced = HashSet::new();
    for (address, last) in lost {
        let later = outbox::table
            .filter(outbox::id.gt(last.unwrap_or_default()))
            .filter(outbox::to_address.eq(&address))
            .filter(outbox::state.eq(MailState::Sent.as_str()));
        if later.count().get_result::<i64>(db)? == 0 {
            bounced.insert(address);
        }
    }
    Ok(bounced)
}
