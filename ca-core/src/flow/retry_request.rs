//! An operator lets a failed request run again, its attempts forgotten.
//!
//! One whose approval holds goes to the signer. Any other goes to the operators again, its approval taken away: what
//! the signer refused once, it refuses always, and only a person can say whether it was meant.
use chrono::{DateTime, Utc};

use super::approve_requests::{Decision, decidable};
use super::judge_approval::judge_approval;
use crate::domain::actor::{Act, Actor};
use crate::domain::approval::ApprovalKey;
use crate::domain::audit_act::AuditAct;
use crate::domain::request::{RequestEvent, RequestId, RequestState};
use crate::queue::evidence::gather;
use crate::store::audit::Record;
use crate::store::operator::Operator;
use crate::store::request::Change;
use crate::store::{Store, StoreResult, approval, audit, request};

/// Sends a failed request back to the approved ones, or to the pending ones if its approval does not hold.
pub fn retry_request(
    store: &Store,
    key: &ApprovalKey,
    at: DateTime<Utc>,
    operator: &Operator,
    id: &RequestId,
) -> StoreResult<Decision> {
    store.transaction(|db| {
        let (held, account) = match decidable(db, operator, id)? {
            Ok(found) => found,
            Err(refusal) => return Ok(refusal),
        };
        if held.state != RequestState::Failed {
            return Ok(Decision::NotPending(held.state));
        }
        let evidence = gather(db, &[id])?.of(id);
        let doubt = judge_approval(key, &held, &account, &evidence, at).err();
        let change = Change {
            reset_attempts: true,
            ..Change::default()
        };
        let event = match doubt {
            None => RequestEvent::Retry,
            Some(_) => RequestEvent::AskAgain,
        };
        request::advance(db, &held, event, &change, at)?;
        let mut record = Record::new(AuditAct::RequestRetry, format!("request:{id}"));
        if let Some(doubt) = &doubt {
            approval::delete(db, id)?;
            record = Record::new(AuditAct::RequestAskAgain, record.object)
                .with(serde_json::json!({ "reason": doubt.to_string() }));
        }
        let act = Act::new(Actor::Operator(operator.name.clone()), at);
        audit::append(db, &act, &[record])?;
        Ok(match doubt {
            None => Decision::Done,
            Some(_) => Decision::AskedAgain,
        })
    })
}
