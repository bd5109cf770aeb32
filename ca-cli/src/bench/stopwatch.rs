//! Adds up the time inside the spans of the worker and the store that a bench tells apart.
//!
//! | span | opened by |
//! |---|---|
//! | `transaction` | `Store::transaction` |
//! | `open` | step 4, the seal around the password |
//! | `key` | step 4, the subject's key pair |
//! | `sign`, `verify` | step 6, the root's signature and its check |
//! | `derive` | step 7, the keys that a password gives |

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::{Registry, registry::LookupSpan};

use super::meter::{Usage, cpu_of_thread};

/// What was spent on each part of certificates, all threads together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts {
    pub(super) transaction: Usage,
    pub(super) open: Usage,
    pub(super) key: Usage,
    pub(super) sign: Usage,
    pub(super) verify: Usage,
    pub(super) derive: Usage,
}

impl Parts {
    /// These and `other` one after the other.
    pub(super) fn and(self, other: Self) -> Self {
        Self {
            transaction: self.transaction.and(other.transaction),
            open: self.open.and(other.open),
            key: self.key.and(other.key),
            sign: self.sign.and(other.sign),
            verify: self.verify.and(other.verify),
            derive: self.derive.and(other.derive),
        }
    }

    /// All but the transactions.
    pub(super) fn cryptography(&self) -> Usage {
        let Self {
            open,
            key,
            sign,
            verify,
            derive,
            transaction: _,
        } = *self;
        [key, sign, verify, derive]
            .into_iter()
            .fold(open, Usage::and)
    }

    fn of(&mut self, span: &str) -> Option<&mut Usage> {
        match span {
            "transaction" => Some(&mut self.transaction),
            "open" => Some(&mut self.open),
            "key" => Some(&mut self.key),
            "sign" => Some(&mut self.sign),
            "verify" => Some(&mut self.verify),
            "derive" => Some(&mut self.derive),
            _ => None,
        }
    }
}

/// Runs `work` and says what this thread, and the worker's jobs that it starts, spent in the spans meanwhile.
pub(super) fn timing<T>(work: impl FnOnce() -> T) -> (T, Parts) {
    let total = Arc::new(Mutex::new(Parts::default()));
    let subscriber = Registry::default().with(Stopwatch(Arc::clone(&total)));
    let done = tracing::subscriber::with_default(subscriber, work);
    let parts = *total.lock().unwrap_or_else(PoisonError::into_inner);
    (done, parts)
}

struct Stopwatch(Arc<Mutex<Parts>>);

/// When a span was opened.
struct Opened {
    wall: Instant,
    cpu: Duration,
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Stopwatch {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_span() && Parts::default().of(metadata.name()).is_some()
    }

    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Opened {
                wall: Instant::now(),
                cpu: cpu_of_thread(),
            });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        if let Some(opened) = span.extensions().get::<Opened>() {
            let mut parts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(part) = parts.of(span.name()) {
                part.wall += opened.wall.elapsed();
                part.cpu += cpu_of_thread().saturating_sub(opened.cpu);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_span_is_timed_by_its_name_and_others_are_not() {
        let pause = || std::thread::sleep(Duration::from_millis(5));
        let (_, parts) = timing(|| {
            tracing::debug_span!("other").in_scope(pause);
            tracing::debug_span!("transaction").in_scope(pause);
            tracing::debug_span!("transaction").in_scope(pause);
            tracing::debug_span!("verify").in_scope(pause);
        });
        let at_least =
            |usage: Usage, milliseconds| usage.wall >= Duration::from_millis(milliseconds);
        assert!(at_least(parts.transaction, 10), "{parts:?}");
        assert!(at_least(parts.verify, 5), "{parts:?}");
        assert_eq!(parts.sign.wall, Duration::ZERO);
    }
}
