//! Step 3, claim: a batch of approved requests becomes this worker's, for a while.
use ca_core::queue::request::{self, Claimed};

use super::CycleError;
use crate::worker::Worker;

/// Takes up to `limit` requests, oldest decision first. Committed when this returns: a killed worker's attempt counts.
pub(super) fn claim(worker: &Worker, limit: u32) -> Result<Vec<Claimed>, CycleError> {
    let now = worker.clock.now();
    let until = now + worker.settings.lease;
    Ok(request::claim(
        &worker.store,
        &worker.name,
        until,
        limit,
        now,
    )?)
}
