//! What those see who watch over a site: metrics, alerts, logs, readiness.

mod logs;
mod metrics;
mod rules;
mod shown;
