//! Password checks cost time and memory on purpose: they run off the async threads, a bounded number at once.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Semaphore;

use crate::problem::Problem;

/// How many may wait for each that is being checked, before the site says that it is busy.
const WAITING_PER_CHECK: u32 = 32;

/// Lets a bounded number of password checks run, a bounded number wait, and turns the rest away.
#[derive(Clone)]
pub struct HashingGate {
    running: Arc<Semaphore>,
    inside: Arc<AtomicU32>,
    most: u32,
}

impl HashingGate {
    /// A gate for `concurrent` checks at once.
    pub fn new(concurrent: u32) -> Self {
        Self {
            running: Arc::new(Semaphore::new(
                usize::try_from(concurrent).unwrap_or(1).max(1),
            )),
            inside: Arc::new(AtomicU32::new(0)),
            most: concurrent.saturating_mul(1 + WAITING_PER_CHECK),
        }
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
        let _place = Place::take(&self.inside, self.most).ok_or(Problem::Busy)?;
        let _turn = self.running.acquire().await.map_err(Problem::internal)?;
        let span = tracing::Span::current();
        actix_web::rt::task::spawn_blocking(move || span.in_scope(check))
            .await
            .map_err(Problem::internal)
    }
}

impl fmt::Debug for HashingGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashingGate")
    }
}

/// A place in the queue; given back when dropped, also when the browser hangs up meanwhile.
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

    #[actix_web::test]
    async fn whoever_finds_no_place_is_told_so_and_places_come_back() {
        let gate = HashingGate {
            most: 1,
            ..HashingGate::new(1)
        };
        let (release, wait) = mpsc::channel::<()>();
        let (begun, has_begun) = tokio::sync::oneshot::channel();
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
}
