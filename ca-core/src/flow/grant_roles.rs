//! The database's roles are made, given passwords, and granted the verbs that each program needs.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::role::{Prefix, Role};
use crate::store::{Store, StoreResult, audit, role};

/// What the server shall keep as a role's password ([`role::verifier`]).
#[derive(Debug)]
pub struct NewPassword {
    /// Whose.
    pub role: Role,
    /// What the server keeps.
    pub verifier: String,
}

/// Makes missing roles and grants every verb anew, one transaction.
///
/// # Errors
/// On SQLite, and when the role that is logged in may not make roles.
pub fn grant_roles(
    store: &Store,
    act: &Act,
    prefix: &Prefix,
    passwords: &[NewPassword],
) -> StoreResult<()> {
    store.transaction(|db| {
        let there = role::existing(db, prefix)?;
        for new in passwords {
            let is_new = !there.contains(&new.role);
            role::set_password(db, prefix, new.role, &new.verifier, is_new)?;
        }
        role::grant_all(db, prefix)?;
        let named: Vec<_> = passwords.iter().map(|new| new.role.as_str()).collect();
        let detail = serde_json::json!({ "prefix": prefix.to_string(), "passwords": named });
        let record = Record::new(AuditAct::DatabaseRoles, "database").with(detail);
        audit::append(db, act, &[record])
    })
}
