//! A request fails by itself: it is tried again, and parked for an operator after a few tries.
use super::abandon::abandon;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::request::{RequestEvent, RequestState};
use crate::queue::request::Held;
use crate::store::audit::Record;
use crate::store::request::{Change, Request};
use crate::store::{Db, Store, StoreResult, audit, request};

/// How a failure is to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, for operators; never a secret.
    pub reason: String,
    /// Tries that a request has; at the last it is parked.
    pub attempts: u32,
    /// Park at once: another try cannot help (no approval, a seal that does not open).
    pub hopeless: bool,
}

/// Gives the request back for another try, or parks it. Its serial is abandoned.
///
/// Returns where the request stands now; `None` when the lease was lost and nothing was changed.
pub fn fail_request(
    store: &Store,
    act: &Act,
    held: &Held,
    failure: &Failure,
) -> StoreResult<Option<RequestState>> {
    store.step("park", |db| {
        let serials: Vec<_> = held.serial.into_iter().collect();
        abandon(db, &serials, act.at)?;
        let Some(current) = request::lock(db, &held.request_id)? else {
            return Ok(None);
        };
        if current.fence != held.fence || current.state != RequestState::Signing {
            return Ok(None);
        }
        fail_held(db, act, &current, failure).map(Some)
    })
}

/// The rule, for a request that the transaction holds; shared with recovery.
pub(super) fn fail_held(
    db: &mut Db,
    act: &Act,
    held: &Request,
    failure: &Failure,
) -> StoreResult<RequestState> {
    let parked = failure.hopeless || held.attempts >= i64::from(failure.attempts);
    let (verb, event, state) = if parked {
        (
            AuditAct::RequestPark,
            RequestEvent::Park,
            RequestState::Failed,
        )
    } else {
        (
            AuditAct::RequestGiveBack,
            RequestEvent::GiveBack,
            RequestState::Approved,
        )
    };
    let change = Change {
        failure: Some(failure.reason.clone()),
        ..Change::default()
    };
    request::advance(db, held, event, &change, act.at)?;
    let record = Record::new(verb, format!("request:{}", held.id));
    let facts = serde_json::json!({ "reason": failure.reason, "attempt": held.attempts });
    audit::append(db, act, &[record.with(facts)])?;
    Ok(state)
}
