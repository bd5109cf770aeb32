//! A sheet of measurements, written down at once: families of samples that live for one look.

use std::fmt;
use std::sync::atomic::AtomicU64;

use chrono::TimeDelta;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Label names with their values.
pub(super) type Labels = Vec<(&'static str, String)>;

/// The families written so far.
#[derive(Debug)]
pub(super) struct Sheet(Registry);

impl Sheet {
    /// An empty sheet; every name on it begins with `inkan_`.
    pub(super) fn new() -> Self {
        Self(Registry::with_prefix("inkan"))
    }

    /// A family of values that rise and fall.
    pub(super) fn gauges(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels, f64)>,
    ) {
        let family = Family::<Labels, Gauge<f64, AtomicU64>>::default();
        for (labels, value) in samples {
            family.get_or_create(&labels).set(value);
        }
        self.0.register(name, help, family);
    }

    /// A value that rises and falls; none is left out.
    pub(super) fn gauge(&mut self, name: &str, help: &str, value: impl Into<Option<f64>>) {
        let Some(value) = value.into() else {
            return self.gauges(name, help, []);
        };
        let gauge = Gauge::<f64, AtomicU64>::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }

    /// A family of counts that only rise; `_total` is put behind the name.
    pub(super) fn counters(
        &mut self,
        name: &str,
        help: &str,
        samples: impl IntoIterator<Item = (Labels, i64)>,
    ) {
        let family = Family::<Labels, Counter>::default();
        for (labels, count) in samples {
            let count = u64::try_from(count).unwrap_or(0);
            family.get_or_create(&labels).inc_by(count);
        }
        self.0.register(name, help, family);
    }

    /// A count that only rises.
    pub(super) fn counter(&mut self, name: &str, help: &str, count: i64) {
        let counter: Counter = Counter::default();
        counter.inc_by(u64::try_from(count).unwrap_or(0));
        self.0.register(name, help, counter);
    }

    /// The text that is served.
    pub(super) fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.0)?;
        Ok(text)
    }
}

/// One label.
pub(super) fn by(name: &'static str, value: impl fmt::Display) -> Labels {
    vec![(name, value.to_string())]
}

/// A count as a gauge's value. Beyond 2^53 it would be rounded.
#[expect(
    clippy::cast_precision_loss,
    reason = "a gauge is a binary64 by its format, and no table has 2^53 rows"
)]
pub(super) fn number(count: i64) -> f64 {
    count as f64
}

/// A length of time in seconds.
pub(super) fn seconds(length: TimeDelta) -> f64 {
    number(length.num_milliseconds()) / 1_000.0
}
