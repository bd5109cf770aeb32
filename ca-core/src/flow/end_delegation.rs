//! Staff or an operator ends a delegation: at once, or after a last day that is named.
use chrono::NaiveDate;

use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::delegation::{DayError, Phase, end_of};
use crate::store::audit::Record;
use crate::store::{Store, StoreError, audit, delegation};

/// Why a delegation was not ended.
#[derive(Debug, thiserror::Error)]
pub enum EndDelegationError {
    /// No delegation has this number.
    #[error("there is no delegation {0}; `ca-cli delegation list` shows their numbers")]
    Unknown(i64),
    /// It is over.
    #[error("delegation {0} has ended already")]
    Over(i64),
    /// The last day would be before today, or make it longer than it is.
    #[error(
        "the last day must be today or later and before the day on which the delegation ends anyway"
    )]
    Day,
    /// The last day is beyond the calendar.
    #[error("the last day {0}")]
    Far(#[from] DayError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ends a delegation; acts on the agent's next request. One that has not begun becomes void. Sessions that
/// look at the office fall back to the agent itself, because they are asked at every request.
pub fn end_delegation(
    store: &Store,
    act: &Act,
    id: i64,
    last_day: Option<NaiveDate>,
) -> Result<(), EndDelegationError> {
    store.transaction(|db| {
        if delegation::find(db, id)?.is_none() {
            return Err(EndDelegationError::Unknown(id));
        }
        let held = delegation::lock(db, id)?;
        if held.period().phase_at(act.at) == Phase::Over {
            return Err(EndDelegationError::Over(id));
        }
        let end = match last_day {
            None => act.at.max(held.starts_at),
            Some(day) => {
                let end = end_of(day)?;
                if end <= act.at || held.ends_at.is_some_and(|usual| usual <= end) {
                    return Err(EndDelegationError::Day);
                }
                end.max(held.starts_at)
            }
        };
        delegation::end(db, id, end, &act.actor.to_string(), act.at)?;
        let facts = serde_json::json!({ "ends_at": end.timestamp_millis() });
        let record = Record::new(AuditAct::DelegationEnd, format!("delegation:{id}")).with(facts);
        Ok(audit::append(db, act, &[record])?)
    })
}
