//! The journals are known to agree with the database up to here; and whether a restoration still waits for that.
use chrono::{DateTime, Utc};

use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::journal_mark::Mark;
use crate::store::restoration::Restoration;
use crate::store::{Store, StoreResult, audit, journal_mark, restoration};

/// Moves the marks; never back.
pub fn mark_journal(store: &Store, marks: &[Mark], at: DateTime<Utc>) -> StoreResult<()> {
    if marks.is_empty() {
        return Ok(());
    }
    store.transaction(|db| {
        marks
            .iter()
            .try_for_each(|mark| journal_mark::put(db, mark, at))
    })
}

/// The restoration that waits for its reconciliation, and the marks as they stand.
pub fn journal_standing(store: &Store) -> StoreResult<(Option<Restoration>, Vec<Mark>)> {
    store.read(|db| Ok((restoration::pending(db)?, journal_mark::list(db)?)))
}

/// A journal is lost for good: nobody waits for it any more. Says whether it was known.
pub fn give_up_journal(store: &Store, act: &Act, journal: &str) -> StoreResult<bool> {
    store.transaction(|db| {
        if !journal_mark::forget(db, journal)? {
            return Ok(false);
        }
        let record = Record::new(AuditAct::BackupGiveUpJournal, format!("journal:{journal}"));
        audit::append(db, act, &[record])?;
        Ok(true)
    })
}

/// A database was restored from an archive: nothing is signed until the journals are worked in.
pub fn record_restoration(store: &Store, act: &Act, row: &Restoration) -> StoreResult<()> {
    store.transaction(|db| {
        restoration::insert(db, row)?;
        let facts = serde_json::json!({ "archive_made_at": row.archive_made_at.to_rfc3339() });
        let record = Record::new(AuditAct::BackupRestore, format!("archive:{}", row.archive));
        audit::append(db, act, &[record.with(facts)])
    })
}
