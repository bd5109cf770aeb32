//! An applicant takes a request back while no operator has decided on it.
use chrono::{DateTime, Utc};

use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::request::{RequestEvent, RequestId, RequestState};
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::request::Change;
use crate::store::{Store, StoreError, audit, request};

/// Why the request stays.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// There is no such request of this account, or it is decided already.
    #[error("this request is decided already, or is not yours")]
    NotPending,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Withdraws a pending request of `account`; its sealed password goes.
pub fn withdraw_request(
    store: &Store,
    at: DateTime<Utc>,
    account: &Account,
    id: &RequestId,
) -> Result<(), WithdrawError> {
    store.transaction(|db| {
        let held = request::lock(db, id)?
            .filter(|request| {
                request.account_id == account.id && request.state == RequestState::Pending
            })
            .ok_or(WithdrawError::NotPending)?;
        let change = Change {
            wipe_password: true,
            ..Change::default()
        };
        request::advance(db, &held, RequestEvent::Withdraw, &change, at)?;
        let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
        audit::append(
            db,
            &act,
            &[Record::new(
                AuditAct::RequestWithdraw,
                format!("request:{id}"),
            )],
        )?;
        Ok(())
    })
}
