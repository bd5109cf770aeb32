//! Step 8, record issued: certificate, PKCS#12, notice and audit entry in one transaction, guarded by the fence.
use ca_core::flow::record_issued::{Issued, Recorded, record_issued};

use super::CycleError;
use crate::worker::Worker;

/// Records a batch. After an error nobody knows whether it was committed; giving back is right either way,
/// because it touches only requests that are still in state `signing` under the same fence.
pub(super) fn record(worker: &Worker, batch: Vec<Issued>) -> Result<Recorded, CycleError> {
    if batch.is_empty() {
        return Ok(Recorded::default());
    }
    Ok(record_issued(
        &worker.store,
        &worker.act(),
        &worker.name,
        batch,
    )?)
}
