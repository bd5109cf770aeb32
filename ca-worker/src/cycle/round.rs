//! One round: what is claimed is shared out among the jobs, and each takes a batch of its own through steps 4 to 8.
//!
//! A job waits for nobody but the database: while one commits, the others make keys, sign and pack.
use super::batch::{Batch, stop, work_batch};
use super::jobs::in_parallel;
use super::{CycleError, Window, claim, held};
use crate::worker::Worker;

/// What came of a round.
#[derive(Debug, Default)]
pub struct Round {
    /// The batches of all jobs together.
    pub batch: Batch,
    /// Why jobs stopped before their end; what they held went back.
    pub troubles: Vec<CycleError>,
}

/// Claims up to `[worker] batch` requests for each job while `window` is open, and brings every one of them to an end of some kind.
pub fn work_round(worker: &Worker, window: Window) -> Result<Round, CycleError> {
    if !window.allows(worker.clock.now()) {
        return Ok(Round::default());
    }
    // Step 3, claim. One for all jobs: what one of them gives back is no other's in the same round.
    let claimed = claim::claim(worker)?;
    if claimed.is_empty() {
        return Ok(Round::default());
    }
    // Others may have issued since the guard looked: what is claimed is judged by what the journals say now.
    if let Err(error) = worker.authority.journal().learn_what_was_answered() {
        let all = claimed.iter().map(held).collect();
        return Err(stop(worker, all, error.into()));
    }
    let shares = shares(claimed, worker.settings.jobs);
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

/// `items` in order, in shares for up to `jobs`: none larger by more than one than another, and none empty.
fn shares<T>(items: Vec<T>, jobs: usize) -> Vec<Vec<T>> {
    let jobs = jobs.clamp(1, items.len().max(1));
    let (share, longer) = (items.len() / jobs, items.len() % jobs);
    let mut items = items.into_iter();
    (0..jobs)
        .map(|job| {
            items
                .by_ref()
                .take(share + usize::from(job < longer))
                .collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_in_order_and_none_is_empty() {
        let all = |shares: Vec<Vec<u32>>| shares.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(all(shares((0..3).collect(), 4)), [1, 1, 1]);
        assert_eq!(all(shares((0..10).collect(), 4)), [3, 3, 2, 2]);
        assert_eq!(all(shares((0..7).collect(), 0)), [7]);
        let order = shares((0..101).collect(), 2).concat();
        assert_eq!(order, (0..101).collect::<Vec<u32>>());
    }
}
