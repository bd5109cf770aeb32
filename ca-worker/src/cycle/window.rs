//! The window: signing is allowed in business hours, and while an operator's order overrides them (I8).
use ca_core::store::calendar_override;
use chrono::{DateTime, Utc};

use super::CycleError;
use crate::worker::Worker;

/// Whether the worker may sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// It may, until this instant.
    Open(DateTime<Utc>),
    /// It may not.
    Closed,
}

impl Window {
    /// Whether signing is allowed at `at`.
    pub fn allows(self, at: DateTime<Utc>) -> bool {
        matches!(self, Self::Open(until) if at < until)
    }
}

/// The window at `now`. An order counts even in a year that the calendar does not cover.
pub fn window(worker: &Worker, now: DateTime<Utc>) -> Result<Window, CycleError> {
    let order = worker
        .store
        .read(|db| calendar_override::in_force(db, now))?
        .map(|order| order.ends_at);
    let hours = match (worker.calendar.closing_of(now), order) {
        (Ok(closing), _) => closing,
        (Err(_), Some(_)) => None,
        (Err(error), None) => return Err(CycleError::Calendar(error.to_string())),
    };
    Ok(hours.max(order).map_or(Window::Closed, Window::Open))
}
