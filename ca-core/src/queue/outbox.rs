//! Step 9 of the issuance cycle, the queue's side: mails are taken, sent, and settled.
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::certificate::MailState;
use crate::domain::mail::{next_try, retry_by_age};
use crate::store::outbox::{Mail, Settled};
use crate::store::{Store, StoreResult, outbox};

/// The longest wait for a server that is away.
const SERVER_AWAY: TimeDelta = TimeDelta::minutes(15);
/// The longest wait of a mail that is refused for a reason of ours.
const REFUSED: TimeDelta = TimeDelta::hours(3);

/// How a try went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// The server took it.
    Sent,
    /// The server takes nothing now: tried again, and no try is counted.
    ServerAway(String),
    /// Refused for a reason that is not the recipient's: tried again ever more seldom, and no try is counted.
    Refused(String),
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
    let soon = |longest| retry_by_age(mail.created_at, at, longest);
    let waiting = |next, error, counted| (MailState::Waiting, next, Some(error), counted);
    let parked = |error| (MailState::Parked, at, Some(error), true);
    let (state, next_try_at, error, counted) = match outcome {
        MailOutcome::Sent => (MailState::Sent, at, None, true),
        MailOutcome::Never(error) => parked(error.as_str()),
        MailOutcome::ServerAway(error) => waiting(soon(SERVER_AWAY), error.as_str(), false),
        MailOutcome::Refused(error) => waiting(soon(REFUSED), error.as_str(), false),
        MailOutcome::Later(error) => match next_try(mail.attempts, at) {
            Some(next) => waiting(next, error.as_str(), true),
            None => parked(error.as_str()),
        },
    };
    let settled = Settled {
        state,
        next_try_at,
        error,
        // Taking the mail has counted this try.
        attempts: mail.attempts - i64::from(!counted),
    };
    store.step("settle", |db| outbox::settle(db, owner, mail, &settled, at))
}
