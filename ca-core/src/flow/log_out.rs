//! Somebody logs out: the session ends on the server, whatever the browser keeps.
use super::SessionToken;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, audit, session};

/// Ends the session of this token; none is there any more when it had ended already.
pub fn log_out(store: &Store, act: &Act, token: &SessionToken) -> Result<(), StoreError> {
    store.transaction(|db| {
        if session::delete(db, &token.id_hash())? == 0 {
            return Ok(());
        }
        audit::append(
            db,
            act,
            &[Record::new(AuditAct::Logout, act.actor.to_string())],
        )
    })
}
