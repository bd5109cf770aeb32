//! Step 5, record intent: serials and hashes are committed, and written to the journal, before the CA key is used (I2).
use ca_core::domain::certificate::{IntentState, Purpose};
use ca_core::flow::record_intents::record_intents;
use ca_core::store::intent::Intent;

use super::CycleError;
use super::prepare::Ready;
use crate::journal::Noted;
use crate::worker::Worker;

/// Records the intents of a batch. Returns what may be signed now, with the journal's proof; requests whose lease was
/// lost are left out.
pub(super) fn intend(
    worker: &Worker,
    ready: Vec<Ready>,
) -> Result<(Vec<Ready>, Noted), (Vec<Ready>, CycleError)> {
    let intents: Vec<Intent> = ready.iter().map(|one| intent(worker, one)).collect();
    let allowed = match record_intents(&worker.store, &worker.name, intents.clone()) {
        Ok(allowed) => allowed,
        Err(error) => return Err((ready, error.into())),
    };
    let may_sign = |serial| allowed.contains(&serial);
    let kept = intents.into_iter().filter(|one| may_sign(one.serial));
    let journal = worker.authority.journal();
    match journal.note_intents(worker.clock.now(), &kept.collect::<Vec<_>>()) {
        Ok(noted) => {
            let may_sign = |one: &Ready| may_sign(one.prepared.serial());
            Ok((ready.into_iter().filter(may_sign).collect(), noted))
        }
        Err(error) => Err((ready, error.into())),
    }
}

fn intent(worker: &Worker, ready: &Ready) -> Intent {
    Intent {
        serial: ready.prepared.serial(),
        purpose: Purpose::Client,
        generation: worker.authority.current().issuer.generation(),
        request_id: Some(ready.claimed.request.id.clone()),
        fence: ready.claimed.request.fence,
        tbs_sha256: ready.prepared.tbs_sha256(),
        profile_sha256: ready.prepared.profile_sha256().to_owned(),
        state: IntentState::Intended,
        recorded_at: worker.clock.now(),
        settled_at: None,
    }
}
