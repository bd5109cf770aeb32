//! Staff ends an operator's certificate for good: somebody left, or a PC was lost.
use super::revoke_certificates::revoke_in;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::OperatorStatus;
use crate::domain::revocation::RevocationReason;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, audit, operator};

/// Disables the operator and revokes the certificate, in one transaction; returns whether there was one to revoke.
///
/// # Errors
/// [`StoreError::Missing`] where nobody has this name.
pub fn end_operator(
    store: &Store,
    act: &Act,
    name: &str,
    reason: RevocationReason,
) -> Result<bool, StoreError> {
    store.transaction(|db| {
        let found = operator::find(db, name)?;
        let held = found.ok_or_else(|| StoreError::Missing(format!("operator {name}")))?;
        let status = OperatorStatus::Disabled;
        operator::set_status(db, held.id, status)?;
        let own: Vec<_> = held.certificate_serial.into_iter().collect();
        let (revoked, mut records) = revoke_in(db, &own, reason, act.at)?;
        let record = Record::new(AuditAct::OperatorStatus, format!("operator:{name}"));
        let facts = serde_json::json!({ "status": status.as_str(), "reason": reason.as_str() });
        records.push(record.with(facts));
        audit::append(db, act, &records)?;
        Ok(!revoked.is_empty())
    })
}
