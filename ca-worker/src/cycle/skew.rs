//! Our clock is held against the database's: leases, business hours and validity are all judged by it.
use ca_core::store::clock;

use super::CycleError;
use crate::worker::Worker;

/// Refuses to work when the two clocks are further apart than is allowed.
///
/// What the answer took on its way is not a difference: theirs has to lie between our two looks.
pub fn check_clock(worker: &Worker) -> Result<(), CycleError> {
    let Some(most) = worker.settings.most_skew else {
        return Ok(());
    };
    let before = worker.clock.now();
    let Some(theirs) = worker.store.read(clock::now)? else {
        return Ok(());
    };
    let apart = (before - theirs).max(theirs - worker.clock.now());
    if apart > most {
        return Err(CycleError::Skew {
            apart: apart.num_seconds(),
            most: most.num_seconds(),
        });
    }
    Ok(())
}
