//! One unit of work, two drivers: once, and for ever.
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ca_core::flow::delete_pkcs12::delete_pkcs12;
use ca_core::one_fault::OneFault;
use ca_core::store::wake::Topic;
use ca_core::store::worker_status::{self, WorkerStatus};
use ca_core::store::{Db, SchemaState, StoreResult};

use crate::authority::check_life;
use crate::bell::{Bell, nap};
use crate::checkpoint::{CheckpointError, checkpoint_due};
use crate::crl::{Made, lists_due};
use crate::cycle::{
    Batch, CycleError, Round, Window, check_clock, take_back_lapsed, window, work_round,
};
use crate::mail::{Notified, notify};
use crate::ocsp::{Answered, answer_due};
use crate::worker::Worker;

/// What one unit of work did.
#[derive(Debug, Default)]
pub struct Report {
    /// Requests that came back from workers that died.
    pub returned: usize,
    /// Whether signing was allowed; none when that could not be told.
    pub window: Option<Window>,
    /// The batches of the round.
    pub batch: Batch,
    /// The OCSP answers.
    pub ocsp: Answered,
    /// The revocation lists that were due.
    pub crl: Vec<Made>,
    /// The mails.
    pub mail: Notified,
    /// What the machinery said where it failed, part by part. The other parts were done all the same.
    pub troubles: Vec<String>,
}

impl Report {
    /// Whether the next look can wait: nothing was done, or it would fail again.
    pub fn may_rest(&self) -> bool {
        self.batch.claimed == 0 || !self.troubles.is_empty() || self.batch.trouble.is_some()
    }

    /// Whether every part did its work.
    pub fn is_clean(&self) -> bool {
        let mail = &self.mail;
        let mail_leaves = mail.trouble.is_none() && mail.refused.is_none();
        self.troubles.is_empty() && self.batch.trouble.is_none() && mail_leaves
    }
}

/// One unit of work: revocation lists that are due are made, lapsed leases are taken back (step 10), a checkpoint of the
/// audit is made if one is due, one round of batches goes through steps 3 to 8, OCSP answers that are due are signed, due mails
/// are sent (step 9). A part that fails does not keep the others from their work.
pub fn run_once(worker: &Worker) -> Report {
    let made = lists_due(worker);
    let mut report = sign_once(worker);
    match made {
        Ok(made) => report.crl = made,
        Err(error) => report.troubles.push(error.to_string()),
    }
    match answer_due(worker) {
        Ok(answered) => report.ocsp = answered,
        Err(error) => report.troubles.push(error.to_string()),
    }
    match part(|| notify(worker)) {
        Ok(notified) => report.mail = notified,
        Err(trouble) => report.troubles.push(trouble),
    }
    report
}

/// Runs one part of the work. A panic in it is trouble like others: a thread that ended would leave its part undone,
/// and nobody would see it.
fn part<T, E: ToString>(work: impl FnOnce() -> Result<T, E>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|error| error.to_string()),
        Err(_) => Err("the program panicked; its log says where".into()),
    }
}

/// The signing part of [`run_once`]: steps 10 and 3 to 8.
fn sign_once(worker: &Worker) -> Report {
    let mut report = Report::default();
    // By a wrong clock no lease is judged and no certificate dated; and a database that was restored takes serials for
    // abandoned that were issued.
    match part(|| check_clock(worker)).and_then(|()| part(|| worker.guard())) {
        Ok(()) => recover_and_sign(worker, &mut report),
        Err(trouble) => report.troubles.push(trouble),
    }
    tell(worker, &mut report);
    report
}

fn recover_and_sign(worker: &Worker, report: &mut Report) {
    match part(|| take_back_lapsed(worker)) {
        Ok(recovered) => report.returned = recovered.returned.len() + recovered.parked.len(),
        Err(trouble) => report.troubles.push(trouble),
    }
    let kept = worker.settings.pkcs12_kept;
    match part(|| delete_pkcs12(&worker.store, &worker.act(), kept)) {
        Ok(0) => {}
        Ok(deleted) => tracing::info!(
            deleted,
            "PKCS#12 files that are not kept any longer were deleted"
        ),
        Err(trouble) => report.troubles.push(trouble),
    }
    // What is signed is recorded; while that cannot be vouched for, nothing is claimed.
    if let Err(trouble) = part(|| vouch(worker)) {
        let trouble = format!("alarm: no checkpoint of the audit can be made: {trouble}");
        report.troubles.push(trouble);
        return;
    }
    match part(|| sign_round(worker, report)) {
        Ok(round) => {
            report.batch = round.batch;
            let troubles = round.troubles.iter().map(CycleError::to_string);
            report.troubles.extend(troubles);
        }
        Err(trouble) => report.troubles.push(trouble),
    }
}

/// Makes the checkpoint of the audit that is due. Without the CA key that waits: without it nothing is claimed either.
fn vouch(worker: &Worker) -> Result<(), CheckpointError> {
    match checkpoint_due(worker) {
        Err(error) if error.is_key_away() => Ok(()),
        made => made.map(drop),
    }
}

fn sign_round(worker: &Worker, report: &mut Report) -> Result<Round, CycleError> {
    let now = worker.clock.now();
    check_life(&worker.authority.current().issuer, now)?;
    let open = window(worker, now)?;
    report.window = Some(open);
    // A claim without a key would spend a serial for each request, every time.
    if let Err(error) = worker.authority.current().signer.ready() {
        let batch = Batch {
            trouble: Some(error.to_string()),
            ..Batch::default()
        };
        return Ok(Round {
            batch,
            ..Round::default()
        });
    }
    work_round(worker, open)
}

/// Why a worker stopped running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// It was told to.
    Shutdown,
    /// The generations of the root are not those that it opened: it has to be opened anew.
    Outdated,
    /// The database was migrated by another version of the program: this one must not write into it any more.
    ForeignSchema,
}

/// Runs until `shutdown` is set or the generations of the root change. The requests in hand are brought to their end
/// first; those of the batch that were not begun go back to the queue and keep their attempt.
///
/// Mail has a thread of its own: a mail server that does not answer never keeps the signer waiting. OCSP and the
/// revocation lists have one each too: what was revoked is not kept waiting by a long batch.
pub fn run_forever(worker: &Worker, poll: Duration, shutdown: &AtomicBool) -> Ended {
    // Of the highest level: a filter that hides what is usual still names the worker of what is not.
    let span = tracing::error_span!("worker", id = worker.name);
    let _entered = span.enter();
    tracing::info!("the worker begins");
    let (told, shutdown) = (shutdown, &worker.stopping);
    shutdown.store(false, Ordering::SeqCst);
    let bell = &Bell::default();
    let rest = &Rest {
        bell,
        poll,
        shutdown,
    };
    let ended = std::thread::scope(|scope| {
        let watch = scope.spawn(|| span.in_scope(|| watch_forever(worker, poll, told, shutdown)));
        scope.spawn(|| span.in_scope(|| bell.ring_forever(&worker.store, shutdown)));
        scope.spawn(|| span.in_scope(|| mail_forever(worker, rest)));
        scope.spawn(|| span.in_scope(|| answer_forever(worker, rest)));
        scope.spawn(|| span.in_scope(|| list_forever(worker, rest)));
        sign_forever(worker, rest);
        watch.join().unwrap_or(Ended::Outdated)
    });
    if ended != Ended::ForeignSchema {
        take_leave(worker);
    }
    tracing::info!(?ended, "the worker ends");
    ended
}

/// Takes this worker's word away: who ended is not looked for.
fn take_leave(worker: &Worker) {
    let gone = part(|| {
        let remove = |db: &mut Db| worker_status::remove(db, &worker.name);
        worker.store.transaction(remove)
    });
    if let Err(error) = gone {
        tracing::warn!(error, "this worker is shown for two more minutes");
    }
}

/// Ends all other threads, by `stop`, when the worker is told to end or has to be opened anew.
fn watch_forever(worker: &Worker, poll: Duration, told: &AtomicBool, stop: &AtomicBool) -> Ended {
    let fault = OneFault::new("what changed in the database cannot be read");
    let ended = loop {
        nap(poll, told);
        if told.load(Ordering::SeqCst) {
            break Ended::Shutdown;
        }
        match part(|| change_around(worker)) {
            Ok(None) => fault.is_over(),
            Ok(Some(ended)) => break ended,
            Err(error) => fault.is_there(&error),
        }
    };
    stop.store(true, Ordering::SeqCst);
    ended
}

/// Whether the database is no longer the one that this worker was opened for.
fn change_around(worker: &Worker) -> StoreResult<Option<Ended>> {
    if worker.store.schema_state()? != SchemaState::Current {
        return Ok(Some(Ended::ForeignSchema));
    }
    let is_outdated = worker.authority.is_outdated(&worker.store)?;
    Ok(is_outdated.then_some(Ended::Outdated))
}

/// How the threads rest between two looks.
struct Rest<'a> {
    bell: &'a Bell,
    poll: Duration,
    shutdown: &'a AtomicBool,
}

impl Rest<'_> {
    /// Does `work` again and again until the shutdown; rests when it says that it may, and not beyond a call of `topic`
    /// that came since it began.
    fn between(&self, topic: Topic, mut work: impl FnMut() -> bool) {
        while !self.shutdown.load(Ordering::SeqCst) {
            let before = self.bell.rung(topic);
            if work() {
                self.bell.rest(topic, before, self.poll, self.shutdown);
            }
        }
    }
}

fn sign_forever(worker: &Worker, rest: &Rest<'_>) {
    let fault = OneFault::new("a part of the work failed; it is tried again");
    rest.between(Topic::Queue, || {
        let report = sign_once(worker);
        fault.is(&report.troubles.join("; "));
        if !report.batch.issued.is_empty() {
            tracing::info!(
                issued = report.batch.issued.len(),
                "certificates were issued"
            );
        }
        report.may_rest()
    });
}

fn mail_forever(worker: &Worker, rest: &Rest<'_>) {
    let fault = OneFault::new("the outbox cannot be looked into; it is tried again");
    let server = OneFault::new(
        "alarm: the mail server does not take our mails; they wait, and are tried again",
    );
    rest.between(Topic::Outbox, || match part(|| notify(worker)) {
        Ok(notified) => {
            fault.is_over();
            match notified.trouble.as_ref().or(notified.refused.as_ref()) {
                Some(said) => server.is_there(said),
                None if notified.sent > 0 => server.is_over(),
                // Nothing was due: nobody knows yet.
                None => {}
            }
            notified.sent == 0 || notified.trouble.is_some()
        }
        Err(error) => {
            fault.is_there(&error);
            true
        }
    });
}

fn answer_forever(worker: &Worker, rest: &Rest<'_>) {
    let fault = OneFault::new("OCSP answers cannot be signed; it is tried again");
    rest.between(Topic::Revocation, || {
        match answer_due(worker) {
            Ok(answered) => {
                fault.is_over();
                if answered.signed > 0 {
                    tracing::debug!(signed = answered.signed, "OCSP answers were signed");
                }
            }
            Err(error) => fault.is_there(&error.to_string()),
        }
        true
    });
}

fn list_forever(worker: &Worker, rest: &Rest<'_>) {
    let fault = OneFault::new("the last list stays; it is tried again");
    rest.between(Topic::Revocation, || {
        match lists_due(worker) {
            Ok(made) => {
                fault.is_over();
                made.iter().for_each(|made| {
                    tracing::info!(
                        generation = made.list.generation,
                        number = made.list.number,
                        entries = made.list.entries,
                        "a revocation list is published"
                    );
                });
            }
            Err(error) => fault.is_there(&error.to_string()),
        }
        true
    });
}

/// Tells operators how the worker is. Said when it changes, and every half minute as a sign of life.
fn tell(worker: &Worker, report: &mut Report) {
    let crl = worker.crl_trouble();
    let state = state(report, crl.is_some());
    let troubles = report.troubles.first().or(report.batch.trouble.as_ref());
    let detail = troubles.cloned().or(crl).unwrap_or_default();
    let seen_at = worker.clock.now();
    if !worker.has_news(state, &detail, seen_at) {
        return;
    }
    let status = WorkerStatus {
        worker: worker.name.clone(),
        seen_at,
        state: state.to_owned(),
        detail,
        place: worker.place.clone(),
        missing_keys: worker.authority.missing_keys(),
    };
    let told = part(|| {
        let put = |db: &mut Db| worker_status::put(db, &status);
        worker.store.transaction(put)
    });
    if let Err(trouble) = told {
        worker.was_not_told();
        report.troubles.push(trouble);
    }
}

fn state(report: &Report, crl_trouble: bool) -> &'static str {
    if !report.troubles.is_empty() {
        return "trouble";
    }
    match (report.batch.trouble.is_some(), report.window) {
        (true, _) => worker_status::SIGNER_AWAY,
        (false, _) if crl_trouble => "trouble",
        (false, Some(Window::Open(_))) if !report.batch.hours_ended => "working",
        (false, _) => "closed",
    }
}
