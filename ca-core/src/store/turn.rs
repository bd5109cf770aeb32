//! Whose turn it is to write, among the threads of one program.
use std::cell::RefCell;
use std::sync::Arc;

use super::deadline::Deadline;
use super::writer_lock::{WriterGuard, WriterLock};
use super::{Away, StoreError, StoreResult};
use crate::config::DatabaseUrl;

/// SQLite has one writer at a time. Who finds it busy sleeps, up to a tenth of a second at once, and looks again: as long as a
/// batch takes to be written, and nobody is woken when it is free. Threads of one program wait here instead, up to
/// their deadline; other programs' writers are waited for as SQLite does.
///
/// PostgreSQL needs none of this: there every turn is taken at once.
///
/// On both, a transaction that is begun inside another one of the same thread is refused: it would wait for its own
/// turn on SQLite, and on PostgreSQL for the locks of the one around it.
#[derive(Debug, Clone)]
pub(super) struct Turn(Arc<Option<WriterLock>>);

thread_local! {
    /// The databases that this thread is in a transaction of.
    static INSIDE: RefCell<Vec<usize>> = const { RefCell::new(Vec::new()) };
}

/// The turn, until it is dropped.
#[derive(Debug)]
pub(super) struct Taken<'a> {
    _writer: Option<WriterGuard<'a>>,
    database: usize,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        INSIDE.with_borrow_mut(|inside| inside.retain(|database| *database != self.database));
    }
}

impl Turn {
    pub(super) fn of(target: &DatabaseUrl) -> Self {
        Self(Arc::new(match target {
            DatabaseUrl::Sqlite(_) => Some(WriterLock::default()),
            DatabaseUrl::Postgres(_) => None,
        }))
    }

    /// The turn; an error, in debug builds a panic, where this thread has it.
    pub(super) fn taken(&self, deadline: Deadline) -> StoreResult<Taken<'_>> {
        let database = Arc::as_ptr(&self.0).addr();
        let nested = INSIDE.with_borrow(|inside| inside.contains(&database));
        debug_assert!(!nested, "{}", StoreError::Nested);
        if nested {
            return Err(StoreError::Nested);
        }
        let writer = match self.0.as_ref() {
            // Nothing is kept under the lock that a panic could have left half done: the transaction is rolled back.
            Some(lock) => Some(lock.take(deadline.left()).ok_or_else(refused)?),
            None => None,
        };
        INSIDE.with_borrow_mut(|inside| inside.push(database));
        Ok(Taken {
            _writer: writer,
            database,
        })
    }
}

/// Others write for longer than the piece of work may wait.
fn refused() -> StoreError {
    StoreError::Open {
        target: "for writing".into(),
        reason: "others write, and the time that a request may wait is over".into(),
        source: Away,
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
                let _turn = turn.taken(Deadline::begin()).unwrap();
                panic!("in the middle");
            });
            assert!(fell.join().is_err());
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let _turn = turn.taken(Deadline::begin()).unwrap();
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
        let first = turn.taken(Deadline::begin()).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| turn.taken(Deadline::begin()).is_ok());
            assert!(second.join().unwrap());
        });
        drop(first);
    }

    #[test]
    fn a_turn_within_a_turn_panics_and_does_not_hang_and_another_database_is_another_turn() {
        for url in [
            DatabaseUrl::Sqlite(PathBuf::from("inkan.sqlite")),
            DatabaseUrl::Postgres("postgres://localhost/inkan".into()),
        ] {
            let (turn, other) = (Turn::of(&url), Turn::of(&url));
            let outer = turn.taken(Deadline::begin()).unwrap();
            drop(other.taken(Deadline::begin()).unwrap());
            let clone = turn.clone();
            let inner = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                clone.taken(Deadline::begin()).map(drop)
            }));
            let said = inner.unwrap_err();
            let said = said.downcast_ref::<String>().unwrap();
            assert!(said.contains("inside another"), "{said}");
            drop(outer);
            drop(turn.taken(Deadline::begin()).unwrap());
        }
    }
}
