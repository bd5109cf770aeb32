//! Step 10 of the issuance cycle: leases that lapsed go back to the queue.
//!
//! The worker that held them may be dead, or may have signed: serials with an intent and no
//! certificate become abandoned and are listed as revoked; the request gets a new key and serial.
use chrono::Duration;

use super::abandon::abandon;
use super::fail_request::{Failure, fail_held};
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::request::{RequestId, RequestState};
use crate::domain::serial::SerialNumber;
use crate::queue::quarantine::quarantine;
use crate::store::audit::Record;
use crate::store::request::Request;
use crate::store::{Store, StoreResult, audit, intent, request_lease};

/// The making of a certificate that nobody asked for on a page (the site's, an operator's, a responder's) takes seconds:
/// after this time its maker is dead.
const LONGEST_MAKING: Duration = Duration::hours(1);

/// What recovery found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recovered {
    /// Requests that wait for a worker again.
    pub returned: Vec<RequestId>,
    /// Requests that used up their attempts.
    pub parked: Vec<RequestId>,
    /// Serials that nobody will ever get.
    pub abandoned: Vec<SerialNumber>,
}

/// Takes back every lapsed lease, each with the serials that were recorded under it, and gives up serials that were drawn
/// for no request and came to nothing.
pub fn recover(store: &Store, act: &Act, attempts: u32) -> StoreResult<Recovered> {
    let failure = Failure {
        reason: "the worker's lease lapsed".into(),
        attempts,
        hopeless: false,
    };
    store.step("recover", |db| {
        let mut recovered = Recovered::default();
        let lapsed = request_lease::lock_lapsed(db, act.at)?;
        for held in lapsed.requests {
            let drawn: Vec<_> = intent::of_request(db, &held.id)?
                .into_iter()
                .map(|intent| intent.serial)
                .collect();
            let abandoned = abandon(db, &drawn, act.at)?;
            audit::append(db, act, &[lapse(&held, &abandoned)])?;
            recovered.abandoned.extend(abandoned);
            match fail_held(db, act, &held, &failure)? {
                RequestState::Failed => recovered.parked.push(held.id),
                _ => recovered.returned.push(held.id),
            }
        }
        quarantine(db, act, &lapsed.unreadable)?;
        let left = intent::left_open(db, act.at - LONGEST_MAKING)?;
        let left = abandon(db, &left, act.at)?;
        let record = |serial: &SerialNumber| {
            Record::new(
                AuditAct::CertificateAbandon,
                format!("certificate:{serial}"),
            )
        };
        audit::append(db, act, &left.iter().map(record).collect::<Vec<_>>())?;
        recovered.abandoned.extend(left);
        Ok(recovered)
    })
}

/// Whose lease it was, and which serials nobody will get.
fn lapse(held: &Request, abandoned: &[SerialNumber]) -> Record {
    let owner = held.lease_owner.as_deref().unwrap_or_default();
    let abandoned: Vec<String> = abandoned.iter().map(|serial| serial.to_hex()).collect();
    let facts = serde_json::json!({ "request": held.id.as_str(), "abandoned": abandoned });
    Record::new(AuditAct::QueueLapse, format!("worker:{owner}")).with(facts)
}
