//! Adds up the time inside the store's `transaction` spans.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::{Registry, registry::LookupSpan};

use super::meter::{Usage, cpu_of_thread};

/// The span that `Store::transaction` opens.
const SPAN: &str = "transaction";

/// Runs `work` and says what this thread spent in transactions meanwhile.
///
/// The worker opens its transactions on the thread that runs the batch, one at a time.
pub(super) fn timing_transactions<T>(work: impl FnOnce() -> T) -> (T, Usage) {
    let total = Arc::new(Mutex::new(Usage::default()));
    let subscriber = Registry::default().with(Stopwatch(Arc::clone(&total)));
    let done = tracing::subscriber::with_default(subscriber, work);
    let usage = *total.lock().unwrap_or_else(PoisonError::into_inner);
    (done, usage)
}

struct Stopwatch(Arc<Mutex<Usage>>);

/// When a span was entered.
struct Entered {
    wall: Instant,
    cpu: Duration,
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Stopwatch {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.is_span() && metadata.name() == SPAN
    }

    fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Entered {
                wall: Instant::now(),
                cpu: cpu_of_thread(),
            });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        if let Some(entered) = span.extensions().get::<Entered>() {
            let mut total = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            total.wall += entered.wall.elapsed();
            total.cpu += cpu_of_thread().saturating_sub(entered.cpu);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_transactions_are_timed() {
        let pause = || std::thread::sleep(Duration::from_millis(5));
        let (_, usage) = timing_transactions(|| {
            tracing::debug_span!("other").in_scope(pause);
            tracing::debug_span!("transaction").in_scope(pause);
            tracing::debug_span!("transaction").in_scope(pause);
        });
        assert!(usage.wall >= Duration::from_millis(10), "{usage:?}");
        let (_, usage) = timing_transactions(|| tracing::debug_span!("other").in_scope(pause));
        assert_eq!(usage.wall, Duration::ZERO);
    }
}
