//! What a round takes in: one claim for all jobs, then a batch for each job that has finished one, until the queue is
//! empty or something is wrong.
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ca_core::queue::request::{Claimed, Held};

use super::{CycleError, Window, claim, held};
use crate::worker::Worker;

/// After so long no batch is begun: clock, journal, checkpoint and calendar are looked at between rounds.
const LONGEST_ROUND: Duration = Duration::from_secs(5);

/// Hands out batches, one at a time, while nothing has gone back to the queue.
///
/// Were a job to claim after another gave back what it could not sign, it would take up the same requests at once, and
/// spend a second serial on each.
pub(super) struct Intake<'a> {
    pub(super) worker: &'a Worker,
    /// While it is open, requests are claimed and signed.
    pub(super) window: Window,
    end: Instant,
    /// Whether there may be more; who claims or gives back has it meanwhile.
    open: Mutex<bool>,
}

impl<'a> Intake<'a> {
    /// Takes the round's first requests, up to a batch for each job.
    pub(super) fn open(
        worker: &'a Worker,
        window: Window,
    ) -> Result<(Self, Vec<Claimed>), CycleError> {
        let intake = Self {
            worker,
            window,
            end: Instant::now() + LONGEST_ROUND,
            open: Mutex::new(true),
        };
        // After a crash it may be one alone: then there is no more of it in this round.
        let first = intake.take(|| worker.next_claim(), worker.settings.largest_claim())?;
        Ok((intake, first))
    }

    /// The next batch for a job; none when the round is to end.
    pub(super) fn next(&self) -> Result<Vec<Claimed>, CycleError> {
        let batch = self.worker.settings.batch;
        self.take(|| batch, batch)
    }

    /// Claims up to `limit`; fewer than `full` are the last.
    fn take(&self, limit: impl FnOnce() -> u32, full: u32) -> Result<Vec<Claimed>, CycleError> {
        let worker = self.worker;
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = Instant::now() >= self.end || worker.is_stopping();
        if !*open || is_over || !self.window.allows(worker.clock.now()) {
            return Ok(Vec::new());
        }
        *open = false;
        // Not without room for what has to be written down before and after the signatures, the other jobs' too.
        let most = usize::try_from(worker.settings.largest_claim()).unwrap_or(usize::MAX);
        worker.authority.journal().make_room(most)?;
        // Step 3, claim.
        let claimed = claim::claim(worker, limit())?;
        // Others may have issued since the guard looked: what is claimed is judged by what the journals say now.
        if let Err(error) = worker.authority.journal().learn_what_was_answered() {
            let error = CycleError::from(error);
            worker.give_back(claimed.iter().map(held).collect(), &error.to_string());
            return Err(error);
        }
        *open = u32::try_from(claimed.len()).unwrap_or(u32::MAX) >= full;
        Ok(claimed)
    }

    /// Gives requests back, with nobody left who could claim them in this round.
    pub(super) fn give_back(&self, held: Vec<Held>, reason: &str) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = false;
        self.worker.give_back(held, reason);
    }
}
