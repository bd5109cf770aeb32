//! A browser comes back with its cookie: is the session still good, and whose is it?
use chrono::{DateTime, TimeDelta, Utc};

use super::SessionToken;
use crate::domain::account::AccountStatus;
use crate::domain::certificate::OperatorStatus;
use crate::domain::session::Audience;
use crate::store::account::Account;
use crate::store::operator::Operator;
use crate::store::session::Session;
use crate::store::{Store, StoreError, account, operator, session};

/// A session's last use is written down at most so often: pages are read more often than that.
const TOUCH_AFTER: TimeDelta = TimeDelta::seconds(30);

/// Whose session it is.
#[derive(Debug, Clone)]
pub enum Holder {
    /// An applicant.
    Applicant(Box<Account>),
    /// An operator.
    Operator(Box<Operator>),
}

/// The session of this token, if it is for this audience, has not ended, and its holder may still enter.
pub fn resume_session(
    store: &Store,
    token: &SessionToken,
    audience: Audience,
    idle: TimeDelta,
    at: DateTime<Utc>,
) -> Result<Option<(Session, Holder)>, StoreError> {
    let found = find_live(store, token, audience, idle, at)?;
    if let Some((session, _)) = &found {
        touch(store, session, at)?;
    }
    Ok(found)
}

/// The same without counting as a use.
pub(super) fn find_live(
    store: &Store,
    token: &SessionToken,
    audience: Audience,
    idle: TimeDelta,
    at: DateTime<Utc>,
) -> Result<Option<(Session, Holder)>, StoreError> {
    store.read(|db| {
        let Some(session) = session::find(db, &token.id_hash())? else {
            return Ok(None);
        };
        if session.audience != audience
            || at >= session.ends_at
            || at - session.last_seen_at >= idle
        {
            return Ok(None);
        }
        let holder = match (session.account_id, session.operator_id) {
            (Some(id), None) => {
                let account = account::load(db, id)?;
                let enters = account.status == AccountStatus::Active;
                enters.then(|| Holder::Applicant(Box::new(account)))
            }
            (None, Some(id)) => {
                let operator = operator::load(db, id)?;
                let enters = operator.status == OperatorStatus::Active;
                enters.then(|| Holder::Operator(Box::new(operator)))
            }
            _ => None,
        };
        Ok(holder.map(|holder| (session, holder)))
    })
}

/// Notes a use, now and then.
pub(super) fn touch(store: &Store, session: &Session, at: DateTime<Utc>) -> Result<(), StoreError> {
    if at - session.last_seen_at < TOUCH_AFTER {
        return Ok(());
    }
    store.transaction(|db| session::touch(db, &session.id_hash, at))
}

/// Ends the sessions and forgets the counters that ran out; to be called now and then.
pub fn forget_ended(
    store: &Store,
    idle: TimeDelta,
    at: DateTime<Utc>,
) -> Result<usize, StoreError> {
    store.transaction(|db| {
        // A counter is kept for a day after its last use: longer than any lock.
        crate::store::try_counter::forget_untouched(db, at - TimeDelta::days(2))?;
        crate::store::throttle::forget_before(db, at - TimeDelta::days(2))?;
        session::delete_ended(db, at, at - idle)
    })
}
