//! Password checks cost time and memory on purpose: they run on threads of their own, a bounded number at once, which
//! give way to everything else. Lists, OCSP answers and pages do not wait for them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use tokio::sync::oneshot;

use crate::priority::give_way;
use crate::problem::Problem;
use crate::work;

/// How many may wait for each that is being checked, before the site says that it is busy.
const WAITING_PER_CHECK: u32 = 32;

type Check = Box<dyn FnOnce() + Send>;

/// Lets a bounded number of password checks run, a bounded number wait, and turns the rest away.
#[derive(Clone)]
pub struct HashingGate {
    /// The threads end when the last gate is dropped.
    queue: mpsc::Sender<Check>,
    inside: Arc<AtomicU32>,
    most: u32,
}

impl HashingGate {
    /// A gate for `concurrent` checks at once.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn new(concurrent: u32) -> std::io::Result<Self> {
        let (queue, checks) = mpsc::channel();
        let checks = Arc::new(Mutex::new(checks));
        for _ in 0..concurrent.max(1) {
            let checks = Arc::clone(&checks);
            let thread = thread::Builder::new().name("hashing".to_owned());
            thread.spawn(move || check_each(&checks))?;
        }
        Ok(Self {
            queue,
            inside: Arc::new(AtomicU32::new(0)),
            most: concurrent.saturating_mul(1 + WAITING_PER_CHECK),
        })
    }

    /// A gate before which as many wait as may.
    #[cfg(test)]
    pub(crate) fn crowded() -> std::io::Result<Self> {
        Ok(Self {
            most: 0,
            ..Self::new(1)?
        })
    }

    /// Runs `check` when its turn comes.
    ///
    /// # Errors
    /// [`Problem::Busy`] at once when too many wait already.
    pub async fn run<T, W>(&self, check: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        W: FnOnce() -> T + Send + 'static,
    {
        let place = Place::take(&self.inside, self.most).ok_or(Problem::Busy)?;
        let span = tracing::Span::current();
        let (tell, told) = oneshot::channel();
        let deadline = work::deadline();
        let check = move || {
            // Nobody is told when the browser hung up while it waited: then nothing is tried either.
            let done = (!tell.is_closed()).then(|| deadline.run(|| span.in_scope(check)));
            drop(place);
            if let Some(done) = done {
                let _ = tell.send(done);
            }
        };
        self.queue
            .send(Box::new(check))
            .map_err(Problem::internal)?;
        told.await.map_err(Problem::internal)
    }
}

impl fmt::Debug for HashingGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashingGate")
    }
}

/// Check after check, until there is no gate any more.
fn check_each(checks: &Mutex<mpsc::Receiver<Check>>) {
    give_way();
    loop {
        // Held while waiting: the others wait for the lock instead, and are called in turn.
        let next = checks.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(check) = next else {
            return;
        };
        // A check that panics is answered as our fault; the thread is there for the next one.
        let _ = catch_unwind(AssertUnwindSafe(check));
    }
}

/// A place in the queue; given back when the check is over, or its turn comes and nobody waits for it any more.
struct Place(Arc<AtomicU32>);

impl Place {
    fn take(inside: &Arc<AtomicU32>, most: u32) -> Option<Self> {
        let place = Self(Arc::clone(inside));
        (inside.fetch_add(1, Ordering::SeqCst) < most).then_some(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;
    use crate::priority::tests::standing;

    #[actix_web::test]
    async fn whoever_finds_no_place_is_told_so_and_places_come_back() {
        let gate = HashingGate {
            most: 1,
            ..HashingGate::new(1).unwrap()
        };
        let (release, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = oneshot::channel();
        let other = gate.clone();
        let first = actix_web::rt::spawn(async move {
            let check = move || {
                begun.send(()).unwrap();
                wait.recv().unwrap();
            };
            other.run(check).await
        });
        has_begun.await.unwrap();
        assert!(matches!(gate.run(|| ()).await, Err(Problem::Busy)));
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        gate.run(|| ()).await.unwrap();
    }

    #[actix_web::test]
    async fn checks_stand_back_behind_other_work_and_a_panic_ends_one_of_them_alone() {
        let gate = HashingGate::new(1).unwrap();
        let there = gate.run(standing).await.unwrap();
        let given = || {
            give_way();
            standing()
        };
        assert_eq!(there, thread::spawn(given).join().unwrap());
        assert_ne!(there, standing());
        let failed = gate.run(|| panic!("a fault")).await;
        assert!(matches!(failed, Err(Problem::Internal(_))));
        assert_eq!(gate.run(|| 1).await.unwrap(), 1);
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
        let first = actix_web::rt::spawn(async move { other.run(check).await });
        has_begun.await.unwrap();
        let count = Arc::clone(&tried);
        let gone = gate.run(move || count.fetch_add(1, Ordering::SeqCst));
        let gone = tokio::time::timeout(std::time::Duration::from_millis(50), gone).await;
        assert!(gone.is_err(), "it waits");
        release.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        gate.run(|| ()).await.unwrap();
        assert_eq!(tried.load(Ordering::SeqCst), 0);
    }
}
