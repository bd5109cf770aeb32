//! Staff switches an account off or on again.
use crate::domain::account::AccountStatus;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::user_id::UserId;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, account, audit, session};

/// Switches the account; one that is switched off loses its sessions at once.
pub fn set_account_status(
    store: &Store,
    act: &Act,
    user_id: &UserId,
    status: AccountStatus,
) -> Result<(), StoreError> {
    store.transaction(|db| {
        let found = account::find(db, user_id)?;
        let held = found.ok_or_else(|| StoreError::Missing(format!("account {user_id}")))?;
        account::set_status(db, held.id, status, act.at)?;
        if status == AccountStatus::Disabled {
            session::delete_of_account(db, held.id, None)?;
        }
        let record = Record::new(AuditAct::AccountStatus, format!("account:{user_id}"));
        audit::append(
            db,
            act,
            &[record.with(serde_json::json!({ "status": status.as_str() }))],
        )
    })
}
