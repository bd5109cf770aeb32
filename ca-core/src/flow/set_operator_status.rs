//! Staff switches an operator off or on again.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::OperatorStatus;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, audit, operator};

/// Switches the operator; sessions end at their next request.
pub fn set_operator_status(
    store: &Store,
    act: &Act,
    name: &str,
    status: OperatorStatus,
) -> Result<(), StoreError> {
    store.transaction(|db| {
        let found = operator::find(db, name)?;
        let held = found.ok_or_else(|| StoreError::Missing(format!("operator {name}")))?;
        operator::set_status(db, held.id, status)?;
        let record = Record::new(AuditAct::OperatorStatus, format!("operator:{name}"));
        audit::append(
            db,
            act,
            &[record.with(serde_json::json!({ "status": status.as_str() }))],
        )
    })
}
