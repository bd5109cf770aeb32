//! Whether the database takes writes: tried, not guessed, and not more often than is needed.

use std::sync::{Mutex, PoisonError};

use ca_core::store::{Store, StoreError, heartbeat};
use chrono::{DateTime, TimeDelta, Utc};

/// How long a write that succeeded counts: anybody may ask whether the site is ready, and each write is a durable commit.
const COUNTS_FOR: TimeDelta = TimeDelta::seconds(5);

/// When the last write of this process succeeded.
#[derive(Debug, Default)]
pub struct Heartbeat(Mutex<Option<DateTime<Utc>>>);

impl Heartbeat {
    /// Writes a row and commits it, unless that succeeded a moment ago. Whoever asks while another's try is under way waits for
    /// it.
    ///
    /// # Errors
    /// When the database takes no writes: it is read-only, its disk is full, or something keeps it locked.
    pub fn beat(&self, store: &Store, now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |at: DateTime<Utc>| at <= now && now - at < COUNTS_FOR;
        if !last.is_some_and(is_fresh) {
            store.transaction(|db| heartbeat::write(db, "ca-api", now))?;
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
}
