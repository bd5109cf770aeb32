//! The signer is ordered to work outside business hours, for a reason and for a while.
use chrono::{DateTime, Utc};

use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::{Store, StoreResult, audit, calendar_override};

/// Opens the calendar until `until`.
pub fn override_calendar(
    store: &Store,
    act: &Act,
    reason: &str,
    until: DateTime<Utc>,
) -> StoreResult<()> {
    store.transaction(|db| {
        calendar_override::insert(db, &act.actor.to_string(), reason, act.at, until)?;
        let record = Record::new(AuditAct::CalendarOverride, "calendar");
        let facts = serde_json::json!({ "reason": reason, "until": until.timestamp_millis() });
        audit::append(db, act, &[record.with(facts)])
    })
}
