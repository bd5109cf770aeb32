//! An operator lets a failed request run again, its attempts forgotten.
use chrono::{DateTime, Utc};

use super::approve_requests::{Decision, decidable};
use crate::domain::actor::{Act, Actor};
use crate::domain::request::{RequestEvent, RequestId, RequestState};
use crate::store::audit::Record;
use crate::store::operator::Operator;
use crate::store::request::Change;
use crate::store::{Store, StoreResult, audit, request};

/// Sends a failed request back to the approved ones.
pub fn retry_request(
    store: &Store,
    at: DateTime<Utc>,
    operator: &Operator,
    id: &RequestId,
) -> StoreResult<Decision> {
    store.transaction(|db| {
        let held = match decidable(db, operator, id)? {
            Ok((held, _)) => held,
            Err(refusal) => return Ok(refusal),
        };
        if held.state != RequestState::Failed {
            return Ok(Decision::NotPending(held.state));
        }
        let change = Change {
            reset_attempts: true,
            ..Change::default()
        };
        request::advance(db, &held, RequestEvent::Retry, &change, at)?;
        let act = Act::new(Actor::Operator(operator.name.clone()), at);
        audit::append(
            db,
            &act,
            &[Record::new("request.retry", format!("request:{id}"))],
        )?;
        Ok(Decision::Done)
    })
}
