//! A root generation comes to life: its certificate and the worker's sealing key are recorded.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::seal::SealingKey;
use crate::store::audit::Record;
use crate::store::authority::{self, Authority};
use crate::store::{Store, StoreError, audit};

/// Why the root is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum RecordAuthorityError {
    /// This generation is there already.
    #[error("a root of generation {0} exists already; `ca-cli ca show` shows it")]
    Exists(i64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Records a generation and, with it, the key that issuance passwords are sealed to.
pub fn record_authority(
    store: &Store,
    act: &Act,
    root: &Authority,
    sealing: &SealingKey,
) -> Result<(), RecordAuthorityError> {
    store.transaction(|db| {
        if authority::list(db)?
            .iter()
            .any(|known| known.generation == root.generation)
        {
            return Err(RecordAuthorityError::Exists(root.generation));
        }
        authority::insert(db, root)?;
        authority::insert_sealing_key(db, sealing, act.at)?;
        let record = Record::new(AuditAct::CaInit, format!("authority:{}", root.generation));
        let facts = serde_json::json!({ "subject": root.subject, "sealing_key": sealing.id });
        audit::append(db, act, &[record.with(facts)])?;
        Ok(())
    })
}
