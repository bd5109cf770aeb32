//! Something around the worker failed (signer away, shutdown): the batch goes back, no attempt burnt.
use super::abandon::abandon;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::queue::request::Held;
use crate::store::audit::Record;
use crate::store::{Store, StoreResult, audit, request_lease};

/// Gives back what is still held; serials already drawn for it are abandoned. Returns how many.
pub fn give_back(store: &Store, act: &Act, held: &[Held], reason: &str) -> StoreResult<usize> {
    store.step("give-back", |db| {
        let serials: Vec<_> = held.iter().filter_map(|one| one.serial).collect();
        abandon(db, &serials, act.at)?;
        let mut given = 0;
        for one in held {
            given += usize::from(request_lease::give_back(
                db,
                &one.request_id,
                one.fence,
                false,
                Some(reason),
                act.at,
            )?);
        }
        if given > 0 {
            let record = Record::new(AuditAct::QueueGiveBack, act.actor.to_string());
            audit::append(
                db,
                act,
                &[record.with(serde_json::json!({ "requests": given, "reason": reason }))],
            )?;
        }
        Ok(given)
    })
}
