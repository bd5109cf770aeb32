//! The issuance cycle from the worker's side: steps 3 to 8 and 10 of docs/issuance-cycle.md, one file a step.
//!
//! | step | file | transaction |
//! |---|---|---|
//! | 3 claim | `claim` | one a batch, one for the first of all jobs |
//! | 4 prepare | `prepare` | none open |
//! | 5 record intent | `intend` | one a batch |
//! | 6 sign, 7 pack | `finish` | none open |
//! | 8 record issued | `record` | one a batch |
//! | 10 recover | `recover` | one |
//!
//! A round (`round`) shares out among the jobs what its `intake` claims; each takes batches of its own through the steps.
//!
//! Step 9, notify, is [`crate::mail`]'s: mail runs at any hour and never waits for the signer.
mod approval;
mod batch;
mod claim;
mod finish;
mod intake;
mod intend;
mod jobs;
mod prepare;
mod record;
mod recover;
mod round;
mod skew;
#[cfg(test)]
mod tests;
mod window;

use ca_core::queue::request::{Claimed, Held};
use ca_core::store::StoreError;

pub use batch::Batch;
pub(crate) use jobs::in_parallel;
pub use jobs::stand_back;
pub use recover::take_back_lapsed;
pub use round::{Round, work_round};
pub use skew::check_clock;
pub use window::{Window, window};

/// Why a request did not become a certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The machinery failed: the request goes back and keeps its attempt.
    Around(String),
    /// Business hours ended: the request is not signed, and waits for the next opening.
    Closed,
    /// The worker ends: the request was not begun, or is not signed, and goes back.
    Stopping,
    /// The request failed by itself.
    Own {
        /// What operators read; never a secret.
        reason: String,
        /// Another try cannot help.
        hopeless: bool,
    },
}

impl Fault {
    fn hopeless(reason: impl ToString) -> Self {
        Self::Own {
            reason: reason.to_string(),
            hopeless: true,
        }
    }

    fn own(reason: impl ToString) -> Self {
        Self::Own {
            reason: reason.to_string(),
            hopeless: false,
        }
    }

    fn around(reason: impl ToString) -> Self {
        Self::Around(reason.to_string())
    }
}

/// Why the cycle stopped before its end.
#[derive(Debug, thiserror::Error)]
pub enum CycleError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The calendar does not cover this year; nothing is signed on a guess.
    #[error("the calendar says: {0}; nothing is signed until it does")]
    Calendar(String),
    /// Our clock and the database's tell different times.
    #[error(
        "this machine's clock and the database's are {apart} seconds apart, and {most} are allowed; nothing is signed until both are set right"
    )]
    Skew {
        /// How far, in seconds.
        apart: i64,
        /// How far is allowed, in seconds.
        most: i64,
    },
    /// The root or the clock does not allow work.
    #[error(transparent)]
    Authority(#[from] crate::authority::AuthorityError),
    /// The journal cannot be written; nothing is signed without it.
    #[error(transparent)]
    Journal(#[from] crate::journal::JournalError),
}

/// A claim, as leases and fences name it.
fn held(claimed: &Claimed) -> Held {
    Held {
        request_id: claimed.request.id.clone(),
        fence: claimed.request.fence,
        serial: None,
    }
}

/// Runs the work on one request. A panic in it is that request's own failure and nobody else's.
fn guarded<T>(held: Held, work: impl FnOnce() -> Result<T, Fault>) -> Result<T, (Held, Fault)> {
    let span = tracing::error_span!("request", id = %held.request_id);
    let work = || span.in_scope(work);
    match std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)) {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(fault)) => Err((held, fault)),
        Err(_) => Err((
            held,
            Fault::own("the program failed while working on it; the worker's log says where"),
        )),
    }
}
