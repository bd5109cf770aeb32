//! Step 5 of the issuance cycle: what is about to be signed is committed first.
//!
//! Only after this returned may the CA key be used for these serials.
use crate::domain::serial::SerialNumber;
use crate::store::intent::Intent;
use crate::store::{Store, StoreResult, intent, request_lease};

/// Records the intents of a batch, one transaction. Returns the serials that may be signed: those
/// whose request `owner` still holds under its fence, and those that belong to no request.
pub fn record_intents(
    store: &Store,
    owner: &str,
    intents: Vec<Intent>,
) -> StoreResult<Vec<SerialNumber>> {
    store.step("intend", |db| {
        let claimed: Vec<_> = intents
            .iter()
            .filter_map(|intent| intent.request_id.clone().map(|id| (id, intent.fence)))
            .collect();
        let held = request_lease::still_held(db, owner, &claimed)?;
        let allowed: Vec<Intent> = intents
            .into_iter()
            .filter(|intent| {
                intent
                    .request_id
                    .as_ref()
                    .is_none_or(|id| held.contains(id))
            })
            .collect();
        if !allowed.is_empty() {
            intent::insert(db, &allowed)?;
        }
        Ok(allowed.iter().map(|intent| intent.serial).collect())
    })
}
