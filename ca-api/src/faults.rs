//! Faults of a web tier that visitors run into again and again: each is logged once, then counted.

use std::sync::{Mutex, PoisonError};

use ca_core::one_fault::OneFault;
use chrono::{DateTime, TimeDelta, Utc};

/// Nobody was given an outdated OCSP response for so long: then a worker signs them again.
const QUIET: TimeDelta = TimeDelta::hours(1);

/// What a site knows of its faults.
#[derive(Debug)]
pub(crate) struct Faults {
    /// `/readyz` cannot say how the database is.
    pub(crate) readiness: OneFault,
    /// Revocation lists are past their nextUpdate.
    pub(crate) lists: OneFault,
    /// `/metrics` cannot be answered.
    pub(crate) measurements: OneFault,
    /// OCSP requests cannot be answered.
    pub(crate) answers: OneFault,
    /// No day can be promised to applicants.
    pub(crate) promise: OneFault,
    outdated: OneFault,
    last_outdated: Mutex<Option<DateTime<Utc>>>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            readiness: OneFault::new("not ready"),
            lists: OneFault::new("a revocation list is out of date; look at the worker"),
            measurements: OneFault::new("the measurements cannot be taken"),
            answers: OneFault::new("an OCSP request cannot be answered now"),
            promise: OneFault::new("no promise can be made; bring the calendar up to date"),
            outdated: OneFault::new("an OCSP response ran out; is a worker running?"),
            last_outdated: Mutex::default(),
        }
    }
}

impl Faults {
    /// Notes whether a stored OCSP response is past its nextUpdate. Others may be good meanwhile, so that the fault is
    /// over only when none was met for an hour.
    pub(crate) fn note_response(&self, is_outdated: bool, now: DateTime<Utc>) {
        let last = self.last_outdated.lock();
        let mut last = last.unwrap_or_else(PoisonError::into_inner);
        if is_outdated {
            *last = Some(now);
            self.outdated.is_there("past its nextUpdate");
        } else if last.is_some_and(|last| now - last > QUIET) {
            *last = None;
            self.outdated.is_over();
        }
    }
}
