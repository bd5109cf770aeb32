//! Step 10, recover: leases that lapsed go back to the queue; their serials are abandoned.
use ca_core::flow::recover::{Recovered, recover};

use super::CycleError;
use crate::worker::Worker;

/// Takes back what a dead worker held, or this one owes from a time without a database.
pub fn take_back_lapsed(worker: &Worker) -> Result<Recovered, CycleError> {
    worker.pay_what_is_owed()?;
    let recovered = recover(&worker.store, &worker.act(), worker.settings.attempts)?;
    for serial in &recovered.abandoned {
        tracing::warn!(%serial, "a lease lapsed after its intent: the serial is abandoned");
    }
    worker.be_careful(recovered.returned.len());
    Ok(recovered)
}
