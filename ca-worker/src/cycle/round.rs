//! One round: what is claimed is shared out among the jobs, and each takes a batch of its own through steps 4 to 8.
//!
//! A job waits for nobody but the database: while one commits, the others make keys, sign and pack. Who has finished a
//! batch takes the next, so that none waits for the slowest while the queue is full.
use ca_core::queue::request::Claimed;

use super::batch::{Batch, work_batch};
use super::intake::Intake;
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

/// Claims requests while `window` is open, up to `[worker] batch` at once for each job, and brings every one of them to
/// an end of some kind.
pub fn work_round(worker: &Worker, window: Window) -> Result<Round, CycleError> {
    let (intake, claimed) = Intake::open(worker, window)?;
    if claimed.is_empty() {
        return Ok(Round::default());
    }
    let shares = shares(claimed, worker.settings.jobs);
    let done = in_parallel(shares.len(), shares, |share| work_job(&intake, share));
    let mut round = Round::default();
    for job in done {
        round.batch.add(job.batch);
        round.troubles.extend(job.troubles);
    }
    Ok(round)
}

/// One job's share, and the batches that it takes after that.
fn work_job(intake: &Intake<'_>, share: Vec<Claimed>) -> Round {
    let mut job = Round::default();
    let mut claimed = Ok(share);
    loop {
        let done = match claimed {
            Ok(claimed) if claimed.is_empty() => return job,
            Ok(claimed) => work_batch(intake, claimed),
            Err(trouble) => Err(trouble),
        };
        match done {
            Ok(batch) => job.batch.add(batch),
            Err(trouble) => {
                job.troubles.push(trouble);
                return job;
            }
        }
        claimed = intake.next();
    }
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
