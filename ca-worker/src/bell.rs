//! Rest that ends when there is work: the threads of a worker sleep until their next look, and wake at a call of the
//! database, where it calls (PostgreSQL).
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use ca_core::one_fault::OneFault;
use ca_core::store::wake::{Listener, Topic};
use ca_core::store::{Store, StoreResult};

/// How often a sleeper opens an eye, and how often the connection is listened to.
const NAP: Duration = Duration::from_millis(100);
/// How long until a lost connection is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// Counts the calls of each topic. Whoever rests looks at the count, so that no call between two rests is missed.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: [AtomicU64; Topic::ALL.len()],
}

impl Bell {
    /// How often `topic` was called. To be asked before the work that a call would repeat.
    pub(crate) fn rung(&self, topic: Topic) -> u64 {
        self.counter(topic)
            .map_or(0, |counter| counter.load(Ordering::SeqCst))
    }

    /// Sleeps for `poll`; less when `topic` was called more often than `before`, or at `shutdown`.
    pub(crate) fn rest(&self, topic: Topic, before: u64, poll: Duration, shutdown: &AtomicBool) {
        let mut left = poll;
        while !left.is_zero() && self.rung(topic) == before && !shutdown.load(Ordering::SeqCst) {
            let nap = left.min(NAP);
            std::thread::sleep(nap);
            left -= nap;
        }
    }

    /// Rings at each call until `shutdown`. Without a connection everybody looks for themselves meanwhile, and once
    /// more when it is back: calls may have been lost.
    pub(crate) fn ring_forever(&self, store: &Store, shutdown: &AtomicBool) {
        let fault =
            OneFault::new("the database's calls are not heard; everybody looks for work meanwhile");
        while !shutdown.load(Ordering::SeqCst) {
            match store.listener() {
                Ok(None) => return,
                Ok(Some(listener)) => {
                    fault.is_over();
                    Topic::ALL.into_iter().for_each(|topic| self.ring(topic));
                    if let Err(error) = self.ring_with(listener, shutdown) {
                        fault.is_there(&error.to_string());
                    }
                }
                Err(error) => fault.is_there(&error.to_string()),
            }
            nap(AGAIN, shutdown);
        }
    }

    fn ring_with(&self, mut listener: Listener, shutdown: &AtomicBool) -> StoreResult<()> {
        while !shutdown.load(Ordering::SeqCst) {
            for topic in listener.heard()? {
                self.ring(topic);
            }
            std::thread::sleep(NAP);
        }
        Ok(())
    }

    fn ring(&self, topic: Topic) {
        if let Some(counter) = self.counter(topic) {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counter(&self, topic: Topic) -> Option<&AtomicU64> {
        let place = Topic::ALL.iter().position(|one| *one == topic)?;
        self.rung.get(place)
    }
}

/// Sleeps in short naps, so that a shutdown is not kept waiting.
pub(crate) fn nap(poll: Duration, shutdown: &AtomicBool) {
    let mut left = poll;
    while !left.is_zero() && !shutdown.load(Ordering::SeqCst) {
        let nap = left.min(NAP);
        std::thread::sleep(nap);
        left -= nap;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOR_EVER: Duration = Duration::from_secs(86_400);

    #[test]
    fn a_call_between_the_look_and_the_rest_is_not_missed() {
        let (bell, on) = (Bell::default(), AtomicBool::new(false));
        let before = bell.rung(Topic::Queue);
        bell.ring(Topic::Queue);
        bell.rest(Topic::Queue, before, FOR_EVER, &on);
        assert_eq!(bell.rung(Topic::Outbox), 0, "nobody else is woken");
    }

    #[test]
    fn a_sleeper_wakes_at_the_call_and_at_the_shutdown() {
        let (bell, stop) = (Bell::default(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            let sleeper = scope.spawn(|| bell.rest(Topic::Outbox, 0, FOR_EVER, &stop));
            bell.ring(Topic::Outbox);
            sleeper.join().unwrap();
            let sleeper = scope.spawn(|| bell.rest(Topic::Queue, 0, FOR_EVER, &stop));
            stop.store(true, Ordering::SeqCst);
            sleeper.join().unwrap();
        });
    }
}
