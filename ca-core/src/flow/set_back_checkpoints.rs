//! Checkpoints that know more than a database that was put back: they are set aside as evidence, never excused.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::checkpoint::Checkpoint;
use crate::store::audit::Record;
use crate::store::{Store, StoreResult, audit};

/// A checkpoint in its folder, with the SHA-256 of its file.
pub type Filed = (Checkpoint, String);

/// Those of `filed` that speak of more entries than there are, or of others.
pub fn beyond_chain(store: &Store, filed: Vec<Filed>) -> StoreResult<Vec<Filed>> {
    store.read(|db| {
        let mut beyond = Vec::new();
        for one in filed {
            let hash = audit::hash_at(db, one.0.entries)?;
            if hash.as_deref() != Some(one.0.head.as_str()) {
                beyond.push(one);
            }
        }
        Ok(beyond)
    })
}

/// Records that they are set back; the files are moved after that.
pub fn set_back_checkpoints(store: &Store, act: &Act, beyond: &[Filed]) -> StoreResult<()> {
    let record = |(checkpoint, sha256): &Filed| {
        Record::new(AuditAct::AuditSetBack, "audit").with(serde_json::json!({
            "file": checkpoint.file_name(),
            "sha256": sha256,
            "at": checkpoint.at.to_rfc3339(),
            "entries": checkpoint.entries,
            "head": checkpoint.head,
        }))
    };
    let records: Vec<Record> = beyond.iter().map(record).collect();
    store.transaction(|db| audit::append(db, act, &records))
}
