//! A checkpoint was written outside the database: the audit says so, and those who keep copies get the first of each
//! day by mail.
use chrono::{DateTime, Utc};

use super::owe_mail::Postmark;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::checkpoint::{Checkpoint, Named};
use crate::domain::mail::{MailFacts, MailKind, MailedCheckpoint};
use crate::domain::time::tokyo;
use crate::store::audit::{AuditEntry, Record};
use crate::store::{Db, Store, StoreResult, audit, outbox};

/// A checkpoint that lies in its folder.
#[derive(Debug, Clone, Copy)]
pub struct Written<'a> {
    /// What it says.
    pub checkpoint: &'a Checkpoint,
    /// SHA-256 of its file, 64 hex digits.
    pub sha256: &'a str,
    /// The file as a PEM block `CMS`.
    pub pem: &'a str,
}

/// Records a checkpoint, unless that was done: a crash may lie between the file and this. Tells whether it was done now.
pub fn record_checkpoint(
    store: &Store,
    act: &Act,
    written: Written<'_>,
    postmark: Postmark<'_>,
    mail_to: &[String],
) -> StoreResult<bool> {
    let file = written.checkpoint.file_name();
    store.step("checkpoint", |db| {
        let later = audit::acts_after(db, AuditAct::AuditCheckpoint, written.checkpoint.entries)?;
        if later
            .iter()
            .filter_map(named)
            .any(|named| named.file == file)
        {
            return Ok(false);
        }
        if !mail_to.is_empty() && is_first_of_day(db, act.at)? {
            let mailed = MailedCheckpoint {
                file: file.clone(),
                entries: written.checkpoint.entries,
                head: written.checkpoint.head.clone(),
                at: written.checkpoint.at,
                pem: written.pem.to_owned(),
            };
            let mails = mail_to.iter().map(|address| {
                let facts = MailFacts {
                    checkpoint: Some(mailed.clone()),
                    ..MailFacts::default()
                };
                postmark.mail(MailKind::AuditCheckpoint, address, facts, act.at)
            });
            outbox::insert(db, &mails.collect::<Vec<_>>(), act.at)?;
        }
        let record = Record::new(AuditAct::AuditCheckpoint, "audit").with(serde_json::json!({
            "entries": written.checkpoint.entries,
            "head": written.checkpoint.head,
            "file": file,
            "sha256": written.sha256,
        }));
        audit::append(db, act, &[record])?;
        Ok(true)
    })
}

/// The checkpoint that an entry names; none if it is about something else.
pub fn named(entry: &AuditEntry) -> Option<Named> {
    if entry.act != AuditAct::AuditCheckpoint.as_str() {
        return None;
    }
    let detail: serde_json::Value = serde_json::from_str(&entry.detail).ok()?;
    let text = |key: &str| detail.get(key)?.as_str().map(str::to_owned);
    Some(Named {
        sequence: entry.sequence,
        file: text("file")?,
        sha256: text("sha256")?,
    })
}

fn is_first_of_day(db: &mut Db, at: DateTime<Utc>) -> StoreResult<bool> {
    let day = |at: DateTime<Utc>| at.with_timezone(&tokyo()).date_naive();
    Ok(audit::last_at(db, AuditAct::AuditCheckpoint)?.is_none_or(|last| day(last) != day(at)))
}
