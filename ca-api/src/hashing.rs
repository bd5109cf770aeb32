//! Password checks cost time and memory on purpose: they run on threads of their own, a bounded number at once, which
//! give way to everything else. Lists, OCSP answers and pages do not wait for them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

pub use lanes::{Lane, Turn};

use crate::priority::give_way;
use crate::problem::Problem;
use crate::work;
use lanes::{Lanes, Room};

mod lanes;

/// How many of a lane may wait for each thread, before somebody is told that the site is busy. At a twentieth of a second a
/// check, the last of them waits three seconds or four.
const WAITING_PER_THREAD: usize = 64;
/// How many of one source may.
const WAITING_OF_A_SOURCE: usize = 16;

type Check = Box<dyn FnOnce() + Send>;

/// Lets a bounded number of password checks run, a bounded number of each lane wait, and turns the rest away before any of them
/// costs a hash.
#[derive(Clone)]
pub struct HashingGate(Arc<Gate>);

/// The threads end when the last gate is dropped.
struct Gate(Arc<Waiting>);

struct Waiting {
    state: Mutex<State>,
    come: Condvar,
}

struct State {
    lanes: Lanes<Check>,
    is_over: bool,
}

impl HashingGate {
    /// A gate for `concurrent` checks at once.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(concurrent: u32) -> std::io::Result<Self> {
        let threads = usize::try_from(concurrent.max(1)).unwrap_or(1);
        let room = Room {
            lane: threads.saturating_mul(WAITING_PER_THREAD),
            source: threads.saturating_mul(WAITING_OF_A_SOURCE),
        };
        Self::with_room(threads, room)
    }

    fn with_room(threads: usize, room: Room) -> std::io::Result<Self> {
        let waiting = Arc::new(Waiting {
            state: Mutex::new(State {
                lanes: Lanes::new(room),
                is_over: false,
            }),
            come: Condvar::new(),
        });
        let gate = Self(Arc::new(Gate(Arc::clone(&waiting))));
        for _ in 0..threads {
            let waiting = Arc::clone(&waiting);
            let thread = thread::Builder::new().name("hashing".to_owned());
            thread.spawn(move || check_each(&waiting))?;
        }
        Ok(gate)
    }

    /// A gate before which nobody may wait.
    #[cfg(test)]
    pub(crate) fn crowded() -> std::io::Result<Self> {
        Self::with_room(1, Room { lane: 0, source: 0 })
    }

    /// Runs `check` when its turn comes.
    ///
    /// # Errors
    /// [`Problem::Busy`] at once when too many wait already, and later when others are to wait in its place.
    pub async fn run<T, W>(&self, turn: &Turn, check: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let span = tracing::Span::current();
        let (tell, told) = oneshot::channel();
        let deadline = work::deadline();
        let check = move || {
            // Nobody is told when the browser hung up while it waited: then nothing is tried either.
            if !tell.is_closed() {
                let _ = tell.send(catch_unwind(AssertUnwindSafe(|| {
                    deadline.run(|| span.in_scope(check))
                })));
            }
        };
        // Whoever is displaced is dropped here, and so told.
        drop(self.0.0.push(turn, Box::new(check)));
        match told.await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(_)) => Err(Problem::Internal("a password check panicked".to_owned())),
            Err(_) => Err(Problem::Busy),
        }
    }
}

impl fmt::Debug for HashingGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashingGate")
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.0.state().is_over = true;
        self.0.come.notify_all();
    }
}

impl Waiting {
    fn push(&self, turn: &Turn, check: Check) -> Option<Check> {
        let displaced = self.state().lanes.push(turn, check);
        self.come.notify_one();
        displaced
    }

    /// The next check; none when there is no gate any more.
    fn next(&self) -> Option<Check> {
        let mut state = self.state();
        loop {
            if let Some(check) = state.lanes.pop() {
                return Some(check);
            }
            if state.is_over {
                return None;
            }
            state = self
                .come
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Checks run outside; nothing is done under the lock that could fail half way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Check after check, until there is no gate any more. A check that panics is answered as our fault; the thread is there for the
/// next one.
fn check_each(waiting: &Waiting) {
    give_way();
    while let Some(check) = waiting.next() {
        check();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::priority::tests::standing;

    fn turn() -> Turn {
        Turn {
            lane: Lane::Strangers,
            from: Some([192, 0, 2, 1].into()),
            name: "KJ2700000001".to_owned(),
        }
    }

    #[actix_web::test]
    async fn whoever_finds_no_place_is_told_so_and_places_come_back() {
        let gate = HashingGate::with_room(1, Room { lane: 1, source: 1 }).unwrap();
        let (release, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let other = gate.clone();
        let first = actix_web::rt::spawn(async move {
            let check = move || {
                begun.send(()).unwrap();
                wait.recv().unwrap();
            };
            other.run(&turn(), check).await
        });
        has_begun.await.unwrap();
        let second = gate.clone();
        let second = actix_web::rt::spawn(async move { second.run(&turn(), || 2).await });
        while gate.0.0.state().lanes.is_empty() {
            tokio::task::yield_now().await;
        }
        assert!(matches!(gate.run(&turn(), || ()).await, Err(Problem::Busy)));
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        assert_eq!(second.await.unwrap().unwrap(), 2);
        gate.run(&turn(), || ()).await.unwrap();
    }

    #[actix_web::test]
    async fn checks_stand_back_behind_other_work_and_a_panic_ends_one_of_them_alone() {
        let gate = HashingGate::new(1).unwrap();
        let there = gate.run(&turn(), standing).await.unwrap();
        let given = || {
            give_way();
            standing()
        };
        assert_eq!(there, thread::spawn(given).join().unwrap());
        assert_ne!(there, standing());
        let failed = gate.run(&turn(), || panic!("a fault")).await;
        assert!(matches!(failed, Err(Problem::Internal(_))));
        assert_eq!(gate.run(&turn(), || 1).await.unwrap(), 1);
    }

    #[actix_web::test]
    async fn what_nobody_waits_for_any_more_is_not_tried() {
        let gate = HashingGate::new(1).unwrap();
        let (release, wait) = mpsc::channel::<()>();
        let (other, tried) = (gate.clone(), Arc::new(AtomicU32::new(0)));
        let (begun, has_begun) = oneshot::channel();
        let check = move || {
            begun.send(()).unwrap();
            wait.recv()
        };
        let first = actix_web::rt::spawn(async move { other.run(&turn(), check).await });
        has_begun.await.unwrap();
        let count = Arc::clone(&tried);
        let own = turn();
        let gone = gate.run(&own, move || count.fetch_add(1, Ordering::SeqCst));
        let gone = tokio::time::timeout(std::time::Duration::from_millis(50), gone).await;
        assert!(gone.is_err(), "it waits");
        release.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        gate.run(&turn(), || ()).await.unwrap();
        assert_eq!(tried.load(Ordering::SeqCst), 0);
    }
}
