//! OCSP answers (RFC 6960, RFC 5019), signed ahead for every serial by a delegated key.
//!
//! Which answers are owed is written by the commits that issue, revoke, suspend, release and abandon, and by the answer
//! itself, at half of its life. The worker reads that, signs, and stores what is still asked for; see
//! docs/decisions/ocsp.md.
mod responder;
mod response;
mod self_test;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ca_core::domain::update_time::this_update;
use ca_core::store::ocsp_answer::{self, Damaged, Due, Signed};
use ca_core::store::{StoreError, StoreResult};
use chrono::{DateTime, Duration, SubsecRound, Utc};

pub(crate) use responder::Responders;

use crate::authority::{AuthorityError, Generation};
use crate::cycle::in_parallel;
use crate::journal::GuardError;
use crate::signer::SignerError;
use crate::worker::Worker;
use responder::Responder;
use response::{Statement, response};
use self_test::self_test;

/// Answers in one transaction.
const BATCH: usize = 500;
/// Answers that a thread signs in one go.
const HANDFUL: usize = 32;

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Answered {
    /// Answers signed and stored.
    pub signed: usize,
    /// Serials about which nothing more is said, because their certificates ended.
    pub forgotten: usize,
}

/// Why there are no answers.
#[derive(Debug, thiserror::Error)]
pub enum OcspError {
    /// The responder's certificate cannot be issued.
    #[error("the OCSP responder's certificate: {0}")]
    Responder(#[from] AuthorityError),
    /// The responder's key did not sign.
    #[error("an OCSP answer: {0}")]
    Sign(#[from] SignerError),
    /// What was signed is no answer that clients take.
    #[error("an OCSP answer fails the check before it is stored: {0}; nothing was stored")]
    SelfTest(String),
    /// The journal knows more than the database.
    #[error("no OCSP answer was signed: {0}")]
    Guard(#[from] GuardError),
    /// A bug.
    #[error("the signing of OCSP answers panicked; the log says where")]
    Panic,
    /// The database says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs every answer that is due, for every generation; one whose key is away does not keep the others waiting. A panic is an error like others: answers that nobody signs
/// any more would run out unseen.
pub fn answer_due(worker: &Worker) -> Result<Answered, OcspError> {
    catch_unwind(AssertUnwindSafe(|| answer_all(worker))).unwrap_or(Err(OcspError::Panic))
}

fn answer_all(worker: &Worker) -> Result<Answered, OcspError> {
    worker.guard()?;
    let (mut all, mut failure) = (Answered::default(), None);
    for generation in worker.authority.generations() {
        if let Err(error) = answer_generation(worker, generation, &mut all) {
            failure = failure.or(Some(error));
        }
    }
    failure.map_or(Ok(all), Err)
}

fn answer_generation(
    worker: &Worker,
    generation: &Generation,
    all: &mut Answered,
) -> Result<(), OcspError> {
    loop {
        let batch = answer_batch(worker, generation)?;
        all.signed += batch.signed;
        all.forgotten += batch.forgotten;
        // Nothing, or only what somebody else changed meanwhile: that is for the next look.
        if batch == Answered::default() {
            return Ok(());
        }
    }
}

fn answer_batch(worker: &Worker, generation: &Generation) -> Result<Answered, OcspError> {
    let now = worker.clock.now();
    let number = generation.issuer.generation();
    let read: StoreResult<_> = worker
        .store
        .read(|db| ocsp_answer::due(db, number, now, BATCH));
    let read = read?;
    if !read.damaged.is_empty() {
        set_aside(worker, &read.damaged, now)?;
    }
    let (ended, due): (Vec<Due>, Vec<Due>) =
        read.rows.into_iter().partition(|due| has_ended(due, now));
    let ended: Vec<_> = ended.iter().map(|due| due.serial).collect();
    let signed = if due.is_empty() {
        Vec::new()
    } else {
        signed(worker, generation, due, now)?
    };
    if ended.is_empty() && signed.is_empty() {
        return Ok(Answered::default());
    }
    worker.store.step("ocsp", |db| {
        Ok(Answered {
            forgotten: ocsp_answer::forget(db, &ended)?,
            signed: ocsp_answer::put(db, &signed)?,
        })
    })
}

/// Nothing is signed about a damaged record; it is named in the log once an hour.
fn set_aside(worker: &Worker, damaged: &[Damaged], now: DateTime<Utc>) -> StoreResult<()> {
    for one in damaged {
        tracing::error!(
            serial = %one.serial,
            error = %one.error,
            "the record of this certificate is damaged or was changed, and no OCSP response is signed for it; \
             run `ca-cli audit check`"
        );
    }
    worker.store.step("ocsp", |db| {
        ocsp_answer::postpone(db, damaged, now + Duration::hours(1))
    })
}

fn has_ended(due: &Due, now: DateTime<Utc>) -> bool {
    due.ends_at.is_some_and(|end| end < now)
}

fn signed(
    worker: &Worker,
    generation: &Generation,
    due: Vec<Due>,
    now: DateTime<Utc>,
) -> Result<Vec<Signed>, OcspError> {
    let responder = worker.responders.of(worker, generation, now)?;
    let whole = now.trunc_subsecs(0);
    let next_update = responder.holds_until(whole + worker.settings.answer_validity);
    let statement = |due: Due| {
        let this_update = this_update(now, due.last_update);
        Statement {
            serial: due.serial,
            standing: due.standing.known_at(this_update),
            this_update,
            next_update,
        }
    };
    let one = |due: Due| -> Result<Signed, OcspError> {
        let statement = statement(due);
        Ok(Signed {
            serial: due.serial,
            version: due.version,
            der: response(&responder, &statement)?,
            this_update: statement.this_update,
            next_update,
            due_at: whole + (next_update - whole) / 2,
        })
    };
    let handfuls: Vec<Vec<Due>> = due.chunks(HANDFUL).map(<[Due]>::to_vec).collect();
    let signed = in_parallel(worker.settings.jobs, handfuls, |handful| {
        handful
            .into_iter()
            .map(one)
            .collect::<Result<Vec<_>, OcspError>>()
    });
    let signed: Vec<Signed> = signed
        .into_iter()
        .collect::<Result<Vec<_>, OcspError>>()?
        .concat();
    if let (Some(first), Some(due)) = (signed.first(), due.first()) {
        test_first(generation, first, &statement(*due))?;
    }
    Ok(signed)
}

/// A stranger judges one answer of each batch before any of them is stored.
fn test_first(
    generation: &Generation,
    signed: &Signed,
    statement: &Statement,
) -> Result<(), OcspError> {
    self_test(&signed.der, generation.issuer.certificate(), statement).map_err(OcspError::SelfTest)
}

/// The responder of a generation, as the answers name it.
type Delegate = std::sync::Arc<Responder>;
