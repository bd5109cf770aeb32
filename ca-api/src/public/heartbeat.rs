//! Whether the database takes writes: tried, not guessed, and not more often than is needed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, TryLockError};

use ca_core::store::{Store, StoreError, heartbeat};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a write that succeeded counts: anybody may ask whether the site is ready, and each write is a durable commit.
const COUNTS_FOR: TimeDelta = TimeDelta::seconds(5);

/// Why the database counts as taking no writes.
#[derive(Debug, thiserror::Error)]
pub enum NoWrites {
    /// The write failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The write before failed, and somebody else's try is under way.
    #[error("the last write failed, and the next is being tried")]
    Tried,
}

/// What is known of the writes of this process.
#[derive(Debug, Default)]
pub struct Heartbeat {
    /// When the last one succeeded; held by whoever tries.
    last: Mutex<Option<DateTime<Utc>>>,
    /// Whether the last one failed.
    failed: AtomicBool,
}

impl Heartbeat {
    /// Writes a row and commits it, unless that succeeded a moment ago. While somebody else tries, which may take long, the
    /// outcome before counts: nobody waits behind another.
    ///
    /// # Errors
    /// When the database takes no writes: it is read-only, its disk is full, or something keeps it locked.
    pub fn beat(&self, store: &Store, now: DateTime<Utc>) -> Result<(), NoWrites> {
        let mut last = match self.last.try_lock() {
            Ok(last) => last,
            Err(TryLockError::Poisoned(last)) => last.into_inner(),
            Err(TryLockError::WouldBlock) if self.failed.load(Ordering::SeqCst) => {
                return Err(NoWrites::Tried);
            }
            Err(TryLockError::WouldBlock) => return Ok(()),
        };
        let is_fresh = |at: DateTime<Utc>| at <= now && now - at < COUNTS_FOR;
        if !last.is_some_and(is_fresh) {
            let tried: Result<(), StoreError> =
                store.transaction(|db| heartbeat::write(db, "ca-api", now));
            self.failed.store(tried.is_err(), Ordering::SeqCst);
            tried?;
            *last = Some(now);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{Stage, morning};

    #[test]
    fn a_write_counts_for_five_seconds_and_a_failure_for_none() {
        let stage = Stage::new();
        let folder = tempfile::tempdir().unwrap();
        // Nothing can be written where there is no table.
        let bad = Store::connect(&stage.site.config.database, folder.path()).unwrap();
        let good = &stage.site.store;
        let heart = Heartbeat::default();
        let beat = |store: &Store, seconds| {
            let now = morning() + TimeDelta::seconds(seconds);
            heart.beat(store, now).is_ok()
        };
        assert!(!beat(&bad, 0) && beat(good, 0));
        assert!(beat(&bad, 4), "the write before counts still");
        assert!(!beat(&bad, 5));
        assert!(!beat(&bad, -1), "a clock that went back proves nothing");
        assert!(beat(good, 6));
    }

    #[test]
    fn nobody_waits_behind_a_try_that_is_under_way_and_the_outcome_before_counts() {
        let stage = Stage::new();
        let heart = Heartbeat::default();
        let beat = |seconds| heart.beat(&stage.site.store, morning() + TimeDelta::seconds(seconds));
        beat(0).unwrap();
        let under_way = heart.last.lock().unwrap();
        beat(10).unwrap();
        heart.failed.store(true, Ordering::SeqCst);
        assert!(matches!(beat(10), Err(NoWrites::Tried)));
        drop(under_way);
        beat(10).unwrap();
        let _under_way = heart.last.lock().unwrap();
        beat(20).unwrap();
    }
}
