//! An operator rejects a reissue application (J8.2): nothing of the account changes, nobody is written to.
//!
//! The address on the form is a stranger's word, and the registered office did not ask; operators call by telephone.
use chrono::{DateTime, Utc};

use super::accept_reissue::ReissueDecision;
use super::approve_requests::objection;
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::reissue::{ReissueId, ReissueState};
use crate::store::audit::Record;
use crate::store::operator::Operator;
use crate::store::reissue::Decided;
use crate::store::{Store, StoreResult, account, audit, reissue};

/// Rejects one application, with a reason that operators read.
pub fn reject_reissue(
    store: &Store,
    at: DateTime<Utc>,
    operator: &Operator,
    id: &ReissueId,
    reason: &str,
) -> StoreResult<ReissueDecision> {
    store.transaction(|db| {
        let Some(applied) = reissue::lock(db, id)? else {
            return Ok(ReissueDecision::NoSuchApplication);
        };
        if applied.state != ReissueState::Waiting {
            return Ok(ReissueDecision::NotWaiting(applied.state));
        }
        let account = account::find(db, &applied.user_id)?;
        if let Some(refusal) = account.and_then(|account| objection(operator, &account)) {
            return Ok(ReissueDecision::Refused(refusal));
        }
        let decided = Decided {
            state: ReissueState::Rejected,
            by: &operator.name,
            note: Some(reason),
            at,
        };
        reissue::decide(db, id, decided)?;
        let record = Record::new(
            AuditAct::ReissueReject,
            format!("account:{}", applied.user_id),
        );
        let facts = serde_json::json!({ "reissue": id.as_str(), "reason": reason });
        let act = Act::new(Actor::Operator(operator.name.clone()), at);
        audit::append(db, &act, &[record.with(facts)])?;
        Ok(ReissueDecision::Done)
    })
}
