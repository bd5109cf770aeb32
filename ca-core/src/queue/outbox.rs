//! Step 9 of the issuance cycle, the queue's side: mails are taken, sent, and settled.
use chrono::{DateTime, Utc};

use crate::domain::certificate::MailState;
use crate::domain::mail::next_try;
use crate::store::outbox::Mail;
use crate::store::{Store, StoreResult, outbox};

/// How a try went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// The server took it.
    Sent,
    /// Not now; try again later.
    Later(String),
    /// Never; an operator has to look at it.
    Never(String),
}

/// Takes up to `limit` mails that are due, for `owner` until `until`.
pub fn take(
    store: &Store,
    owner: &str,
    until: DateTime<Utc>,
    limit: u32,
    at: DateTime<Utc>,
) -> StoreResult<Vec<Mail>> {
    store.transaction(|db| outbox::take(db, owner, until, i64::from(limit), at))
}

/// Writes down how a try went. Returns false when somebody else holds the mail by now.
pub fn settle(
    store: &Store,
    owner: &str,
    mail: &Mail,
    outcome: &MailOutcome,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let (state, next, error) = match outcome {
        MailOutcome::Sent => (MailState::Sent, at, None),
        MailOutcome::Never(error) => (MailState::Parked, at, Some(error.as_str())),
        MailOutcome::Later(error) => match next_try(mail.attempts, at) {
            Some(next) => (MailState::Waiting, next, Some(error.as_str())),
            None => (MailState::Parked, at, Some(error.as_str())),
        },
    };
    store.step("settle", |db| {
        outbox::settle(db, owner, mail, state, next, error, at)
    })
}
