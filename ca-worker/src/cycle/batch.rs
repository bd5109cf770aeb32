//! One batch through steps 4 to 8, on one thread.
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::flow::fail_request::{Failure, fail_request};
use ca_core::flow::record_issued::Issued;
use ca_core::queue::request::{Claimed, Held};

use super::finish::finish;
use super::intake::Intake;
use super::intend::intend;
use super::prepare::{Ready, prepare};
use super::record::record;
use super::{CycleError, Fault, held};
use crate::pkcs12::SelfTest;
use crate::worker::Worker;

/// What came of one batch, or of those of a round.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Batch {
    /// Requests taken.
    pub claimed: usize,
    /// Requests that are issued now.
    pub issued: Vec<RequestId>,
    /// Requests that failed by themselves and wait for another try.
    pub failed: Vec<RequestId>,
    /// Requests that failed by themselves and wait for an operator.
    pub parked: Vec<RequestId>,
    /// Requests that went back because the machinery failed, the hours ended, or the worker ends.
    pub given_back: usize,
    /// Whether business hours ended before the last signature.
    pub hours_ended: bool,
    /// Requests whose lease was lost on the way; another worker answers them.
    pub lost: usize,
    /// What the machinery said, if it failed.
    pub trouble: Option<String>,
}

impl Batch {
    /// Takes in what came of another one.
    pub(super) fn add(&mut self, other: Self) {
        let Self {
            claimed,
            issued,
            failed,
            parked,
            given_back,
            hours_ended,
            lost,
            trouble,
        } = other;
        self.claimed += claimed;
        self.issued.extend(issued);
        self.failed.extend(failed);
        self.parked.extend(parked);
        self.given_back += given_back;
        self.hours_ended |= hours_ended;
        self.lost += lost;
        self.trouble = self.trouble.take().or(trouble);
    }
}

/// Brings every one of the `claimed` requests to an end of some kind, while the intake's window is open.
pub(super) fn work_batch(intake: &Intake<'_>, claimed: Vec<Claimed>) -> Result<Batch, CycleError> {
    let (worker, window) = (intake.worker, intake.window);
    let mut batch = Batch {
        claimed: claimed.len(),
        ..Batch::default()
    };
    // Step 4, prepare.
    let prepared = claimed.into_iter().map(|claimed| prepare(worker, claimed));
    let ready: Vec<Ready> = keep(intake, &mut batch, prepared.collect());
    // Step 5, record intent.
    let intended = ready.len();
    let (ready, noted) = match intend(worker, ready) {
        Ok(ready) => ready,
        Err((ready, error)) => {
            // The commit may have been done and its answer lost: the serials go back as well.
            let all = ready.iter().map(held_of_ready).collect();
            return Err(stop(intake, all, error));
        }
    };
    batch.lost += intended - ready.len();
    // Steps 6 and 7, sign and pack.
    let tested = tested(ready).into_iter();
    let finished =
        tested.map(|(self_test, ready)| finish(worker, window, self_test, &noted, ready));
    let issued: Vec<Issued> = keep(intake, &mut batch, finished.collect());
    // Step 8, record issued.
    let all: Vec<Held> = issued.iter().map(held_of_issued).collect();
    let recorded = record(worker, issued).map_err(|error| stop(intake, all, error))?;
    batch.lost += recorded.lost.len();
    batch.issued = recorded.issued;
    Ok(batch)
}

/// The first PKCS#12 of a batch is tested thoroughly, the others quickly.
fn tested(ready: Vec<Ready>) -> Vec<(SelfTest, Ready)> {
    let tests = std::iter::once(SelfTest::Thorough).chain(std::iter::repeat(SelfTest::Quick));
    tests.zip(ready).collect()
}

/// A claim with the serial that was drawn for it.
pub(super) fn held_of_ready(ready: &Ready) -> Held {
    Held {
        serial: Some(ready.prepared.serial()),
        ..held(&ready.claimed)
    }
}

fn held_of_issued(issued: &Issued) -> Held {
    Held {
        request_id: issued.request_id.clone(),
        fence: issued.fence,
        serial: Some(issued.certificate.serial),
    }
}

/// Keeps what went well; gives back or fails the rest, so that neighbours go on unharmed.
fn keep<T>(
    intake: &Intake<'_>,
    batch: &mut Batch,
    results: Vec<Result<T, (Held, Fault)>>,
) -> Vec<T> {
    let mut good = Vec::with_capacity(results.len());
    let (mut back, mut stopped, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for result in results {
        let (failed, fault) = match result {
            Ok(one) => {
                good.push(one);
                continue;
            }
            Err(failure) => failure,
        };
        let around = match fault {
            Fault::Stopping => {
                stopped.push(failed);
                continue;
            }
            Fault::Closed => {
                closed.push(failed);
                continue;
            }
            Fault::Around(reason) => Err(reason),
            Fault::Own { reason, hopeless } => {
                fail(intake.worker, batch, &failed, reason, hopeless)
            }
        };
        if let Err(reason) = around {
            back.push(failed);
            batch.trouble = Some(reason);
        }
    }
    if !closed.is_empty() {
        batch.hours_ended = true;
        batch.given_back += closed.len();
        intake.give_back(closed, "business hours ended");
    }
    if !stopped.is_empty() {
        batch.given_back += stopped.len();
        intake.give_back(stopped, "the worker ends");
    }
    if let Some(reason) = batch.trouble.as_deref().filter(|_| !back.is_empty()) {
        batch.given_back += back.len();
        intake.give_back(back, reason);
    }
    good
}

/// Writes a request's own failure down. An error is the database's, and as good as a fault around it.
fn fail(
    worker: &Worker,
    batch: &mut Batch,
    held: &Held,
    reason: String,
    hopeless: bool,
) -> Result<(), String> {
    tracing::warn!(request = %held.request_id, reason, hopeless, "a request failed by itself");
    let failure = Failure {
        reason,
        attempts: worker.settings.attempts,
        hopeless,
    };
    let state = fail_request(&worker.store, &worker.act(), held, &failure);
    match state.map_err(|error| error.to_string())? {
        Some(RequestState::Failed) => batch.parked.push(held.request_id.clone()),
        Some(_) => batch.failed.push(held.request_id.clone()),
        None => batch.lost += 1,
    }
    Ok(())
}

/// The database failed in the middle: what is held goes back now, or as soon as the database is there again.
fn stop(intake: &Intake<'_>, held: Vec<Held>, error: CycleError) -> CycleError {
    intake.give_back(held, &error.to_string());
    error
}
