//! Whose turn it is to write, among the threads of one program.
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::DatabaseUrl;

/// SQLite has one writer at a time. Who finds it busy sleeps, up to a tenth of a second at once, and looks again: as long as a
/// batch takes to be written, and nobody is woken when it is free. Threads of one program wait here instead, for as long as it
/// takes; other programs' writers are waited for as SQLite does.
///
/// PostgreSQL needs none of this: there every turn is taken at once.
#[derive(Debug, Clone)]
pub(super) struct Turn(Option<Arc<Mutex<()>>>);

impl Turn {
    pub(super) fn of(target: &DatabaseUrl) -> Self {
        Self(match target {
            DatabaseUrl::Sqlite(_) => Some(Arc::default()),
            DatabaseUrl::Postgres(_) => None,
        })
    }

    /// The turn, until what is returned is dropped. Not twice on one thread: it would wait for itself.
    pub(super) fn taken(&self) -> Option<MutexGuard<'_, ()>> {
        let turn = self.0.as_ref()?;
        // Nothing is kept under the lock that a panic could have left half done: the transaction is rolled back.
        Some(turn.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn one_thread_at_a_time_has_the_turn_and_a_panic_gives_it_back() {
        let turn = Turn::of(&DatabaseUrl::Sqlite(PathBuf::from("inkan.sqlite")));
        let (inside, most) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            let fell = scope.spawn(|| {
                let _turn = turn.taken();
                panic!("in the middle");
            });
            assert!(fell.join().is_err());
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _turn = turn.taken();
                        let now = inside.fetch_add(1, Ordering::SeqCst) + 1;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        inside.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        assert_eq!(most.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn postgresql_has_many_writers() {
        let turn = Turn::of(&DatabaseUrl::Postgres("postgres://localhost/inkan".into()));
        let (first, second) = (turn.taken(), turn.taken());
        assert!(first.is_none() && second.is_none());
    }
}
