//! Staff gives an operator another console password: it was forgotten, or somebody else may know it.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::password::PasswordHash;
use crate::domain::session::TryScope;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, audit, operator, session, try_counter};

/// Replaces the password, ends the operator's sessions and lifts a lock after wrong passwords, in one transaction.
///
/// # Errors
/// [`StoreError::Missing`] where nobody has this name.
pub fn set_operator_password(
    store: &Store,
    act: &Act,
    name: &str,
    hash: &PasswordHash,
) -> Result<(), StoreError> {
    store.transaction(|db| {
        let found = operator::find(db, name)?;
        let held = found.ok_or_else(|| StoreError::Missing(format!("operator {name}")))?;
        operator::set_password(db, held.id, hash.as_str())?;
        session::delete_of_operator(db, held.id)?;
        try_counter::clear(db, TryScope::Operator, name)?;
        let record = Record::new(AuditAct::OperatorPasswordChange, format!("operator:{name}"));
        audit::append(db, act, &[record])
    })
}
