//! Answers in memory. They are used while the store's mark was seen unmoved within the last second: that is how long
//! a revoked certificate can still be called good here.
//!
//! A revocation wipes the stored answer and moves the mark in one commit. Who sees the mark moved forgets everything;
//! who read an answer before that and comes to put it here after it, is told apart by the count of forgettings.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use ca_core::domain::ocsp::CertId;
use chrono::{DateTime, TimeDelta, Utc};

use super::prepared::Prepared;

/// How long the mark counts as seen.
const FRESH: TimeDelta = TimeDelta::seconds(1);
/// Answers kept; at some 1,500 octets each.
const MOST: usize = 20_000;

/// The answers of one process.
#[derive(Debug, Default)]
pub struct AnswerMemory(RwLock<Known>);

#[derive(Debug, Default)]
struct Known {
    answers: HashMap<Vec<u8>, Arc<Prepared>>,
    mark: Option<i64>,
    seen_at: Option<DateTime<Utc>>,
    forgettings: u64,
}

/// Proof of when an answer was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading(u64);

impl AnswerMemory {
    /// The answer to this very question, if it is known to be true at `now`.
    pub(super) fn recall(&self, id: &CertId, now: DateTime<Utc>) -> Option<Arc<Prepared>> {
        let known = self.known();
        if known.is_stale(now) {
            return None;
        }
        let found = known.answers.get(&id.octets)?;
        (now <= found.next_update).then(|| Arc::clone(found))
    }

    /// Whether the store's mark has to be looked at before anything is recalled.
    pub(super) fn is_stale(&self, now: DateTime<Utc>) -> bool {
        self.known().is_stale(now)
    }

    /// Notes the store's mark, read at `now` or later; forgets everything when it moved.
    pub(super) fn compare(&self, mark: i64, now: DateTime<Utc>) {
        let mut known = self.change();
        if known.mark != Some(mark) {
            known.forget();
            known.mark = Some(mark);
        }
        known.seen_at = Some(now);
    }

    /// To be taken before an answer is read from the store.
    pub(super) fn reading(&self) -> Reading {
        Reading(self.known().forgettings)
    }

    /// Keeps an answer, unless something was made untrue since it was read.
    pub(super) fn remember(&self, id: &CertId, answer: &Arc<Prepared>, reading: Reading) {
        let mut known = self.change();
        if known.forgettings != reading.0 {
            return;
        }
        if known.answers.len() >= MOST {
            known.forget();
        }
        known.answers.insert(id.octets.clone(), Arc::clone(answer));
    }

    fn known(&self) -> RwLockReadGuard<'_, Known> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self) -> RwLockWriteGuard<'_, Known> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    fn is_stale(&self, now: DateTime<Utc>) -> bool {
        // A clock that was set back makes what was seen stale too.
        !self
            .seen_at
            .is_some_and(|seen| (TimeDelta::zero()..=FRESH).contains(&(now - seen)))
    }

    fn forget(&mut self) {
        self.answers.clear();
        self.forgettings += 1;
    }
}
