//! The restore guard: nothing is signed while the journal knows more than the database.
use std::path::Path;

use ca_core::domain::actor::Act;
use ca_core::domain::certificate::IntentState;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::bring_forward::{BringForwardError, Brought, bring_forward};
use ca_core::flow::compare_journal::{Lacking, compare_journal, standing_of};
use ca_core::flow::mark_journal::{journal_standing, mark_journal};
use ca_core::store::journal_mark::Mark;
use ca_core::store::{Store, StoreError, authority, certificate};
use chrono::{DateTime, Utc};

use super::said::{Said, read_all};
use super::{Journal, JournalError, JournalKey, issued};

/// Why nothing is signed.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// The database lacks what the journal knows.
    #[error(
        "the journal knows more than the database, which lacks {0}: it was restored from a backup, or is another one. \
         Nothing is signed. Put the right database back, or run `ca-cli backup reconcile`"
    )]
    Behind(String),
    /// The database was restored and nobody worked the journals in.
    #[error(
        "the database was restored from a backup of {0} and the journals are not worked in yet. Nothing is signed \
         until `ca-cli backup reconcile` was run"
    )]
    Restored(String),
    /// A journal is gone.
    #[error(
        "the journal {0} is not in {1}, and the database knows it. Put the file back from a copy; if it is lost for \
         good, run `ca-cli backup reconcile --give-up {0}`. Nothing is signed until then"
    )]
    Missing(String, String),
    /// The journal says no.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The database says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How much the next look has to read.
#[derive(Debug, Default)]
pub(crate) struct Checked(Option<Vec<Mark>>);

/// Holds the journals against the database; moves the marks when they agree.
///
/// After the first time only the marks are looked at: a database that was swapped meanwhile has older ones.
pub(crate) fn guard(
    store: &Store,
    journal: &Journal,
    checked: &mut Checked,
    now: DateTime<Utc>,
) -> Result<(), GuardError> {
    let Some(folder) = journal.folder() else {
        return Ok(());
    };
    let (pending, marks) = journal_standing(store)?;
    if let Some(pending) = pending {
        return Err(GuardError::Restored(iso_datetime(pending.archive_made_at)));
    }
    if checked
        .0
        .as_ref()
        .is_some_and(|known| is_reached(&marks, known))
    {
        return Ok(());
    }
    journal.pay_what_is_owed()?;
    let roots = store.read(authority::list)?;
    let said = read_all(folder, journal.key(), &marks, &roots)?;
    let lacking = compare_journal(store, &said.journaled)?;
    if !lacking.is_empty() {
        return Err(GuardError::Behind(lacking.to_string()));
    }
    journal.note_roots_that_are_missing(now, roots)?;
    let marks = agreed(store, journal, &said, now)?;
    mark_journal(store, &marks, now)?;
    checked.0 = Some(marks);
    Ok(())
}

/// The same for a program that signs once.
pub fn check_journal(
    store: &Store,
    journal: &Journal,
    now: DateTime<Utc>,
) -> Result<(), GuardError> {
    let mut checked = Checked::default();
    guard(store, journal, &mut checked, now)
}

/// Works every journal of the folder into the database; returns what was brought forward.
///
/// # Errors
/// A journal that the database knows and the folder lacks, a damaged one, one with a line that `key` does not cover or
/// that says something else than its certificate, or one whose certificates no known root signed: nothing is changed
/// then.
pub fn reconcile(
    store: &Store,
    act: &Act,
    key: &JournalKey,
    folder: &Path,
) -> Result<Brought, GuardError> {
    let (_, marks) = journal_standing(store)?;
    for mark in &marks {
        if !folder.join(format!("{}.jsonl", mark.journal)).exists() {
            let place = folder.display().to_string();
            return Err(GuardError::Missing(mark.journal.clone(), place));
        }
    }
    let roots = store.read(authority::list)?;
    let said = read_all(folder, Some(key), &marks, &roots)?;
    let brought = bring_forward(store, act, &said.journaled, &said.ends);
    let brought = brought.map_err(|error| match error {
        BringForwardError::Store(error) => GuardError::Store(error),
        BringForwardError::OtherAccount(journal, line) => JournalError::Damaged {
            file: folder.join(format!("{journal}.jsonl")),
            line,
            finding: "it names the request of another account than its certificate",
        }
        .into(),
    })?;
    if !brought.lacking.is_empty() {
        tell(&brought.lacking);
    }
    Ok(brought)
}

fn tell(lacking: &Lacking) {
    let certificates = lacking.certificates.iter().map(|one| one.row.serial);
    let serials: Vec<String> = certificates.map(SerialNumber::to_hex).collect();
    tracing::error!(brought_forward = %lacking, certificates = ?serials, lists = ?lacking.lists,
        "alarm: the database had lost what the journal knows");
}

/// Whether the database stands where this program left it, or further.
fn is_reached(marks: &[Mark], known: &[Mark]) -> bool {
    known.iter().all(|known| {
        let same = marks.iter().find(|mark| mark.journal == known.journal);
        same.is_some_and(|mark| mark.sequence >= known.sequence) || known.sequence == 0
    })
}

/// The marks after a look that found nothing: each journal's end, or the place before the first serial that is still
/// being signed. Certificates whose own line was lost in a crash get it now.
fn agreed(
    store: &Store,
    journal: &Journal,
    said: &Said,
    now: DateTime<Utc>,
) -> Result<Vec<Mark>, GuardError> {
    let drawn: Vec<SerialNumber> = said.before.keys().copied().collect();
    let standing = standing_of(store, &drawn)?;
    let mut marks = said.ends.clone();
    let mut lost = Vec::new();
    for (serial, before) in &said.before {
        match standing.get(serial) {
            Some(IntentState::Intended) => {
                let own = marks.iter_mut().find(|mark| mark.journal == before.journal);
                if let Some(own) = own.filter(|mark| mark.sequence > before.sequence) {
                    own.clone_from(before);
                }
            }
            Some(IntentState::Issued) if !said.issued.contains(serial) => {
                let row = store.read(|db| certificate::find(db, *serial))?;
                lost.extend(row.as_ref().map(issued));
            }
            _ => {}
        }
    }
    if !lost.is_empty() {
        tracing::warn!(
            certificates = lost.len(),
            "certificates that a crash kept out of the journal are added"
        );
        journal.note_issued(now, &lost);
    }
    Ok(marks)
}
