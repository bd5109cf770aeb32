//! One round: what waits is shared out among the jobs, and each takes a batch of its own through steps 3 to 8.
//!
//! A job waits for nobody but the database: while one commits, the others make keys, sign and pack.
use ca_core::queue::request;

use super::batch::{Batch, work_batch};
use super::jobs::in_parallel;
use super::{CycleError, Window};
use crate::worker::Worker;

/// What came of a round.
#[derive(Debug, Default)]
pub struct Round {
    /// The batches of all jobs together.
    pub batch: Batch,
    /// Why jobs stopped before their end; what they held went back.
    pub troubles: Vec<CycleError>,
}

/// Takes up to `[worker] batch` requests while `window` is open, and brings every one of them to an end of some kind.
pub fn work_round(worker: &Worker, window: Window) -> Result<Round, CycleError> {
    if !window.allows(worker.clock.now()) {
        return Ok(Round::default());
    }
    let shares = shares(
        request::waiting(&worker.store)?.min(worker.next_round()),
        worker.settings.jobs,
    );
    let done = in_parallel(shares.len(), shares, |share| {
        work_batch(worker, window, share)
    });
    let mut round = Round::default();
    for batch in done {
        match batch {
            Ok(batch) => round.batch.add(batch),
            Err(trouble) => round.troubles.push(trouble),
        }
    }
    Ok(round)
}

/// `requests` in shares for up to `jobs`, none larger by more than one than another, and none empty.
fn shares(requests: u32, jobs: usize) -> Vec<u32> {
    let jobs = u32::try_from(jobs.max(1)).unwrap_or(u32::MAX);
    let share = |job| requests / jobs + u32::from(job < requests % jobs);
    (0..jobs.min(requests)).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_none_is_empty() {
        assert!(shares(0, 4).is_empty());
        assert_eq!(shares(3, 4), [1, 1, 1]);
        assert_eq!(shares(10, 4), [3, 3, 2, 2]);
        assert_eq!(shares(7, 0), [7]);
        assert_eq!(shares(100, 2), [50, 50]);
    }
}
