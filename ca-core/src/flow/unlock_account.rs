//! Staff lifts the locks of a user ID.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::session::TryScope;
use crate::domain::user_id::UserId;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, account, audit, try_counter};

/// Forgets the wrong tries of a user ID, at login and at the gate.
pub fn unlock_account(store: &Store, act: &Act, user_id: &UserId) -> Result<(), StoreError> {
    store.transaction(|db| {
        account::find(db, user_id)?
            .ok_or_else(|| StoreError::Missing(format!("account {user_id}")))?;
        for scope in [TryScope::Login, TryScope::Issuance] {
            try_counter::clear(db, scope, user_id.as_str())?;
        }
        audit::append(
            db,
            act,
            &[Record::new(
                AuditAct::AccountUnlock,
                format!("account:{user_id}"),
            )],
        )
    })
}
