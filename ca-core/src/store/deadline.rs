//! Until when a piece of work may wait for the database: all its waits together, whatever it waits for.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long a piece of work waits for the database before it is answered that the database is away.
pub const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// What is left to each wait when the time is over: long enough for a database that is free.
const LEAST_WAIT: Duration = Duration::from_millis(100);

thread_local! {
    static CURRENT: Cell<Option<Deadline>> = const { Cell::new(None) };
}

/// The instant up to which a piece of work may wait. Without one, each call of the store may wait [`LONGEST_WAIT`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadline(Instant);

impl Deadline {
    /// [`LONGEST_WAIT`] from now.
    pub fn begin() -> Self {
        Self(Instant::now() + LONGEST_WAIT)
    }

    /// Runs `work` on this thread; what it asks of the store waits up to this instant, all waits together.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        let _restored = Restored(CURRENT.replace(Some(self)));
        work()
    }

    /// The one of the work that runs on this thread, or one of its own for a single call.
    pub(super) fn current() -> Self {
        CURRENT.get().unwrap_or_else(Self::begin)
    }

    /// What is left of it.
    pub(super) fn left(self) -> Duration {
        let left = self.0.saturating_duration_since(Instant::now());
        left.max(LEAST_WAIT)
    }
}

/// Puts back the deadline that was there before, also after a panic.
struct Restored(Option<Deadline>);

impl Drop for Restored {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DatabaseConfig;
    use crate::store::{Store, StoreError, is_out_of_order};

    #[test]
    fn work_within_work_has_its_own_deadline_and_the_outer_one_comes_back() {
        let outer = Deadline(Instant::now());
        let inner = Deadline::begin();
        outer.run(|| {
            assert_eq!(Deadline::current(), outer);
            let fell = std::panic::catch_unwind(|| inner.run(|| panic!("in the middle")));
            assert!(fell.is_err());
            assert_eq!(Deadline::current(), outer);
            assert_eq!(Deadline::current().left(), LEAST_WAIT);
        });
        assert!(Deadline::current().left() > LONGEST_WAIT / 2);
    }

    /// Two programs with one file: the other one writes and does not end.
    #[test]
    fn several_transactions_wait_for_another_program_no_longer_than_one_deadline() {
        let folder = tempfile::tempdir().unwrap();
        let open = || Store::migrate(&DatabaseConfig::default(), folder.path()).unwrap();
        let (ours, other) = (open(), open());
        let begun = Instant::now();
        let failed = other.transaction(|_| {
            let deadline = Deadline(Instant::now() + Duration::from_secs(1));
            let tries = || (0..3).map(|_| ours.transaction(|_| Ok::<_, StoreError>(())));
            Ok::<_, StoreError>(deadline.run(|| tries().collect::<Vec<_>>()))
        });
        assert!(begun.elapsed() < Duration::from_secs(3));
        for error in failed.unwrap() {
            assert!(is_out_of_order(&error.unwrap_err()));
        }
        ours.transaction(|_| Ok::<_, StoreError>(())).unwrap();
    }

    /// A thread of this program writes and does not end.
    #[test]
    fn the_turn_of_another_thread_is_waited_for_no_longer_than_one_deadline() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::migrate(&DatabaseConfig::default(), folder.path()).unwrap();
        let begun = Instant::now();
        let refused = store.transaction(|_| {
            std::thread::scope(|scope| {
                let waiting = scope.spawn(|| {
                    Deadline(Instant::now() + Duration::from_secs(1)).run(|| {
                        let twice = [(), ()].map(|()| store.transaction(|_| Ok(())));
                        twice.into_iter().collect::<Result<Vec<()>, StoreError>>()
                    })
                });
                Ok::<_, StoreError>(waiting.join().unwrap())
            })
        });
        assert!(is_out_of_order(&refused.unwrap().unwrap_err()));
        assert!(begun.elapsed() < Duration::from_secs(3));
    }
}
