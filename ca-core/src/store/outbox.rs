//! The outbox: mails that a committed act owes. A row is written in the act's own transaction.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, millis};
use super::connection::on_either;
use super::listed::{Readable, readable};
use super::schema::outbox;
use super::wake::{self, Topic};
use super::{Db, StoreError, StoreResult, bulky};
use crate::domain::certificate::MailState;
use crate::domain::mail::{MailFacts, MailKind};

/// One mail.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub struct Mail {
    /// Row number.
    pub id: i64,
    /// The occasion.
    #[diesel(deserialize_as = String)]
    pub kind: MailKind,
    /// To whom.
    pub to_address: String,
    facts: String,
    /// Message-ID without angle brackets; the same at every try.
    pub message_id: String,
    /// Waiting, sent or parked.
    #[diesel(deserialize_as = String)]
    pub state: MailState,
    /// Tries so far.
    pub attempts: i64,
    /// Not before.
    #[diesel(deserialize_as = At)]
    pub next_try_at: DateTime<Utc>,
    /// What the server said last.
    pub last_error: Option<String>,
    /// When the act was committed.
    #[diesel(deserialize_as = At)]
    pub created_at: DateTime<Utc>,
    /// When the server took it.
    #[diesel(deserialize_as = MaybeAt)]
    pub sent_at: Option<DateTime<Utc>>,
}

impl Mail {
    /// The facts that the text uses.
    pub fn facts(&self) -> StoreResult<MailFacts> {
        serde_json::from_str(&self.facts)
            .map_err(|error| StoreError::Missing(format!("facts of mail {} ({error})", self.id)))
    }
}

/// A mail to be owed.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// The occasion.
    pub kind: MailKind,
    /// To whom.
    pub to_address: String,
    /// The facts that the text uses.
    pub facts: MailFacts,
    /// Message-ID, made from random bytes once and for all tries.
    pub message_id: String,
}

/// Puts mails into the outbox.
pub fn insert(db: &mut Db, mails: &[NewMail], at: DateTime<Utc>) -> StoreResult<()> {
    let rows: Vec<_> = mails
        .iter()
        .map(|mail| {
            let facts = serde_json::json!(mail.facts).to_string();
            (
                outbox::kind.eq(mail.kind.as_str()),
                outbox::to_address.eq(&mail.to_address),
                outbox::facts.eq(facts),
                outbox::message_id.eq(&mail.message_id),
                outbox::state.eq(MailState::Waiting.as_str()),
                outbox::next_try_at.eq(millis(at)),
                outbox::created_at.eq(millis(at)),
            )
        })
        .collect();
    // SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
    for rows in rows.chunks(1_000) {
        let rows = rows.to_vec();
        on_either!(db, db => diesel::insert_into(outbox::table).values(rows).execute(db))?;
    }
    wake::call(db, Topic::Outbox)
}

/// Takes up to `limit` mails that are due, and holds them until `until` for `owner`. One that cannot be read is parked.
pub fn take(
    db: &mut Db,
    owner: &str,
    until: DateTime<Utc>,
    limit: i64,
    at: DateTime<Utc>,
) -> StoreResult<Vec<Mail>> {
    let free = outbox::lease_until
        .is_null()
        .or(outbox::lease_until.lt(millis(at)));
    let due = outbox::table
        .filter(outbox::state.eq(MailState::Waiting.as_str()))
        .filter(outbox::next_try_at.le(millis(at)))
        .filter(free)
        .order((outbox::next_try_at, outbox::id))
        .limit(limit)
        .select(outbox::id);
    let ids: Vec<i64> = match db {
        Db::Postgres(db) => due.for_update().skip_locked().load(db)?,
        Db::Sqlite(db) => due.load(db)?,
    };
    let large = bulky::mails(db, &ids)?;
    let (large, ids): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| large.contains(id));
    let waiting = outbox::table
        .filter(outbox::id.eq_any(&ids))
        .filter(outbox::state.eq(MailState::Waiting.as_str()));
    let rows = diesel::update(waiting)
        .set((
            outbox::lease_owner.eq(owner),
            outbox::lease_until.eq(millis(until)),
            outbox::attempts.eq(outbox::attempts + 1),
        ))
        .execute(db)?;
    if rows != ids.len() {
        return Err(StoreError::Missing("a mail that waits".into()));
    }
    let (mails, damaged) = read(db, &ids)?;
    for id in damaged.into_iter().map(|(id, _)| id).chain(large) {
        tracing::error!(mail = id, "alarm: a mail cannot be read, and is parked");
        set_aside(db, id)?;
    }
    Ok(mails)
}

/// Parks a mail whose row cannot be read.
fn set_aside(db: &mut Db, id: i64) -> StoreResult<()> {
    let waiting = outbox::table
        .find(id)
        .filter(outbox::state.eq(MailState::Waiting.as_str()));
    diesel::update(waiting)
        .set((
            outbox::state.eq(MailState::Parked.as_str()),
            outbox::last_error.eq("the record of this mail cannot be read"),
            outbox::lease_owner.eq(None::<String>),
            outbox::lease_until.eq(None::<i64>),
        ))
        .execute(db)?;
    Ok(())
}

/// Where a try leaves a mail.
#[derive(Debug)]
pub struct Settled<'a> {
    /// Sent, waiting for another try, or parked.
    pub state: MailState,
    /// Not before; of a waiting one alone.
    pub next_try_at: DateTime<Utc>,
    /// What the server said.
    pub error: Option<&'a str>,
    /// Tries so far.
    pub attempts: i64,
}

/// Settles a mail that `owner` holds.
pub fn settle(
    db: &mut Db,
    owner: &str,
    mail: &Mail,
    settled: &Settled<'_>,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let state = settled.state;
    let held = outbox::table
        .filter(outbox::id.eq(mail.id))
        .filter(outbox::lease_owner.eq(owner));
    let sent = (state == MailState::Sent).then(|| millis(at));
    let facts = match state {
        MailState::Waiting => mail.facts.clone(),
        MailState::Sent | MailState::Parked | MailState::Dropped => without_code(&mail.facts),
    };
    let rows = diesel::update(held)
        .set((
            outbox::state.eq(state.as_str()),
            outbox::next_try_at.eq(millis(settled.next_try_at)),
            outbox::attempts.eq(settled.attempts),
            outbox::last_error.eq(settled.error),
            outbox::lease_owner.eq(None::<String>),
            outbox::lease_until.eq(None::<i64>),
            outbox::sent_at.eq(sent),
            outbox::facts.eq(facts),
        ))
        .execute(db)?;
    Ok(rows == 1)
}

/// The facts of a mail that is not tried again: a code in them has done its work, and goes.
pub(super) fn without_code(facts: &str) -> String {
    match serde_json::from_str::<MailFacts>(facts) {
        Ok(facts) if facts.code.is_some() => serde_json::json!(MailFacts {
            code: None,
            ..facts
        })
        .to_string(),
        _ => facts.to_owned(),
    }
}

/// The mails in one state, oldest first; one that cannot be read is left out.
pub fn list(db: &mut Db, state: MailState) -> StoreResult<Vec<Mail>> {
    let query = outbox::table.filter(outbox::state.eq(state.as_str()));
    let ids: Vec<i64> = query.select(outbox::id).order(outbox::id).load(db)?;
    let mut mails = Vec::with_capacity(ids.len());
    // SQLite takes 32,766 parameters a statement.
    for ids in ids.chunks(1_000) {
        mails.extend(read(db, ids)?.0);
    }
    Ok(mails)
}

fn read(db: &mut Db, ids: &[i64]) -> StoreResult<Readable<i64, Mail>> {
    readable(db, ids, |db, ids| {
        let chosen = outbox::table.filter(outbox::id.eq_any(ids));
        let ordered = chosen.order(outbox::id);
        Ok(ordered.select(Mail::as_select()).load(db)?)
    })
}
