//! A backup was made: who, when, which archive.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::{Store, StoreResult, audit};

/// Records that the archive of this name was made; `with_keys` when it holds key files.
pub fn record_backup(store: &Store, act: &Act, archive: &str, with_keys: bool) -> StoreResult<()> {
    let record = Record::new(AuditAct::BackupCreate, format!("archive:{archive}"));
    let record = record.with(serde_json::json!({ "with_keys": with_keys }));
    store.transaction(|db| audit::append(db, act, &[record]))
}
