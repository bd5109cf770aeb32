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
/// Answers kept in each half; at some 1,500 octets each.
const HALF: usize = 10_000;

/// The answers of one process.
#[derive(Debug, Default)]
pub struct AnswerMemory(RwLock<Known>);

/// The answers lie in two halves. A new one goes to the recent half, and so does one of the older half that is asked
/// for. When the recent half is full, it becomes the older one, and what lay there unasked is evicted.
#[derive(Debug, Default)]
struct Known {
    recent: HashMap<Vec<u8>, Arc<Prepared>>,
    older: HashMap<Vec<u8>, Arc<Prepared>>,
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
        let recent = known.recent.get(&id.octets).map(Arc::clone);
        let found = match recent {
            Some(found) => found,
            None => {
                let found = Arc::clone(known.older.get(&id.octets)?);
                drop(known);
                self.change().renew(&id.octets);
                found
            }
        };
        (now <= found.next_update).then_some(found)
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
        known.insert(id.octets.clone(), Arc::clone(answer));
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

    fn insert(&mut self, octets: Vec<u8>, answer: Arc<Prepared>) {
        self.older.remove(&octets);
        if self.recent.len() >= HALF {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(octets, answer);
    }

    /// Moves an answer of the older half to the recent one, if it is still there.
    fn renew(&mut self, octets: &[u8]) {
        if let Some((octets, answer)) = self.older.remove_entry(octets) {
            self.insert(octets, answer);
        }
    }

    fn forget(&mut self) {
        self.recent.clear();
        self.older.clear();
        self.forgettings += 1;
    }
}

#[cfg(test)]
mod tests {
    use ca_core::domain::random::OsRandom;
    use ca_core::domain::serial::SerialNumber;

    use super::*;

    fn id(number: usize) -> CertId {
        CertId {
            serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
            octets: number.to_be_bytes().to_vec(),
        }
    }

    #[test]
    fn a_full_memory_evicts_what_nobody_asks_for_and_keeps_what_is_asked_for() {
        let (memory, now) = (AnswerMemory::default(), DateTime::UNIX_EPOCH);
        memory.compare(1, now);
        let answer = Arc::new(Prepared::new(vec![1], now, now + TimeDelta::hours(1)));
        let (often, reading) = (id(0), memory.reading());
        for number in 0..5 * HALF {
            memory.remember(&id(number), &answer, reading);
            if number % 1_000 == 0 {
                assert!(memory.recall(&often, now).is_some(), "after {number}");
            }
            let known = memory.known();
            assert!(known.recent.len() + known.older.len() <= 2 * HALF);
        }
        assert!(
            memory.recall(&id(5 * HALF - 1), now).is_some(),
            "the newest"
        );
        assert!(memory.recall(&id(4 * HALF), now).is_some(), "a recent one");
        assert!(memory.recall(&id(1), now).is_none(), "an old one, unasked");
    }
}
