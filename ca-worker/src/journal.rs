//! The journal: what was signed, revoked and published, written outside the database before or after it happens there.
//!
//! A database that is lost and restored from a backup forgets what came after the backup. The journal does not: from
//! it the certificates, revocations and list numbers are brought forward, so that nothing is issued twice and nothing
//! that was revoked comes back.
//!
//! ```text
//! journal/<machine>.jsonl   {"hash":"…","mac":"…","sequence":7,"at":"…","fact":"intended","serial":"…", …}
//! ```
//! One line of JSON a fact, each hash over the line and the hash before it, each MAC by a key that follows from the
//! sealing key: who can write the file and has no key alters nothing unseen. Written at once and made durable
//! (`fsync`) a batch. Programs of one machine share its file under a lock; every machine has its own.
//!
//! | fact | written |
//! |---|---|
//! | `root` | when a root is recorded |
//! | `intended` | after the intent's commit (step 5), before the CA key is used |
//! | `issued` | after the certificate's commit (step 8) |
//! | `revocation`, `list` | before the revocation list that says so is signed |
mod answered;
mod certified;
mod fact;
mod guard;
mod key;
mod line;
mod reading;
mod said;
mod tail;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ca_core::domain::request::RequestId;
use ca_core::domain::serial::SerialNumber;
use ca_core::one_fault::OneFault;
use ca_core::store::authority::Authority;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::revocation::Revocation;
use chrono::{DateTime, Utc};

use answered::Answered;
pub(crate) use certified::Certified;
pub use fact::Fact;
pub(crate) use guard::{Checked, guard};
pub use guard::{GuardError, check_journal, reconcile};
pub use key::JournalKey;
pub use line::{GENESIS, Line};
pub use reading::roots_in;
pub(crate) use reading::{beginning, files, some_lines_after};
use tail::Writer;

/// Bytes that the lines of one certificate take, with the longest keys and names; half of it with usual ones.
const ROOM: u64 = 8 * 1024;

/// What is said when an issued certificate has no line yet.
const LATE: &str = "alarm: issued certificates are not in the journal yet";

/// Why the journal cannot be written or read. Nothing is signed until it can.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk said no.
    #[error(
        "the journal {0}: {1}; nothing is signed until it can be written. Free some space or mend the folder's owner, see docs/backup.md"
    )]
    Disk(PathBuf, io::Error),
    /// Lines are gone that the database knows.
    #[error(
        "the journal {1} ends before line {2}, which the database knows. Put the file back from a copy; if it is lost for good, run `ca-cli backup reconcile --give-up {0}`. Nothing is signed until then"
    )]
    Gone(String, PathBuf, i64),
    /// A line that is not as it was written.
    #[error(
        "the journal {file} is damaged at line {line}: {finding}; nothing is signed until it is put back from a copy, see docs/backup.md"
    )]
    Damaged {
        /// The file.
        file: PathBuf,
        /// Its place, from 1.
        line: u64,
        /// What is wrong with it.
        finding: &'static str,
    },
}

/// The journal of this machine, or none where nothing could be brought back: unit tests and benches in memory.
pub struct Journal {
    folder: Option<PathBuf>,
    key: Option<JournalKey>,
    writer: Option<Mutex<Writer>>,
    owed: Mutex<Vec<(DateTime<Utc>, Fact)>>,
    answered: Mutex<Answered>,
    late: OneFault,
}

/// That facts stand in the journal. Whoever signs has to show it; nothing but the journal gives it out.
#[derive(Debug, Default)]
pub struct Noted {
    serials: HashSet<SerialNumber>,
    list: Option<(i64, i64)>,
}

impl Noted {
    /// Whether the serial may be signed.
    pub(crate) fn covers(&self, serial: SerialNumber) -> bool {
        self.serials.contains(&serial)
    }

    /// Whether the list of this generation and number may be signed.
    pub(crate) fn covers_list(&self, generation: i64, number: i64) -> bool {
        self.list == Some((generation, number))
    }
}

impl Journal {
    /// Opens this machine's file in `folder`; both are made when they are not there. Lines are written, and those of
    /// every machine read, under the site's `key`.
    ///
    /// A last line that a crash tore is set aside, into a file beside it that ends in `.torn`.
    pub fn open(folder: &Path, key: JournalKey) -> Result<Self, JournalError> {
        let path = folder.join(format!("{}.jsonl", machine()));
        let writer = Writer::open(path, key.clone())?;
        Ok(Self {
            folder: Some(folder.to_owned()),
            key: Some(key),
            writer: Some(Mutex::new(writer)),
            owed: Mutex::new(Vec::new()),
            answered: Mutex::default(),
            late: OneFault::new(LATE),
        })
    }

    /// A journal that keeps nothing.
    pub fn nowhere() -> Self {
        Self {
            folder: None,
            key: None,
            writer: None,
            owed: Mutex::new(Vec::new()),
            answered: Mutex::default(),
            late: OneFault::new(LATE),
        }
    }

    /// The folder of this journal and, where machines share it, of the others.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The key of the MACs; none where nothing is kept.
    pub(crate) fn key(&self) -> Option<&JournalKey> {
        self.key.as_ref()
    }

    /// Whether anything is kept.
    pub fn is_kept(&self) -> bool {
        self.writer.is_some()
    }

    /// Notes roots.
    pub fn note_roots(&self, at: DateTime<Utc>, roots: &[Authority]) -> Result<(), JournalError> {
        self.append(at, roots.iter().map(Fact::of_root).collect())
    }

    /// Notes intents whose commit is done; only with what this returns the CA key signs them.
    pub fn note_intents(
        &self,
        at: DateTime<Utc>,
        intents: &[Intent],
    ) -> Result<Noted, JournalError> {
        self.append(at, intents.iter().map(Fact::of_intent).collect())?;
        Ok(Noted {
            serials: intents.iter().map(|intent| intent.serial).collect(),
            list: None,
        })
    }

    /// Notes certificates that are recorded in the database.
    ///
    /// They are valid and handed out whatever becomes of this line: when it cannot be written, that is said loudly,
    /// and it is written before anything else is signed.
    pub fn note_issued(&self, at: DateTime<Utc>, issued: &[Fact]) {
        if self.is_kept() {
            self.answered().take(issued);
        }
        if let Err(error) = self.append(at, issued.to_vec()) {
            self.late.is_there(&error.to_string());
            let owed = issued.iter().map(|fact| (at, fact.clone()));
            self.owed().extend(owed);
        }
    }

    /// Notes events that a list is going to say.
    pub fn note_revocations(
        &self,
        at: DateTime<Utc>,
        events: &[Revocation],
    ) -> Result<(), JournalError> {
        self.append(at, events.iter().map(Fact::of_event).collect())
    }

    /// Notes that the list `number` is about to be signed; only with what this returns it is.
    pub fn note_list(
        &self,
        at: DateTime<Utc>,
        generation: i64,
        number: i64,
        covered: i64,
    ) -> Result<Noted, JournalError> {
        let fact = Fact::List {
            generation,
            number,
            covered,
        };
        self.append(at, vec![fact])?;
        Ok(Noted {
            serials: HashSet::new(),
            list: Some((generation, number)),
        })
    }

    /// Sets room aside on the disk for the lines of that many certificates, asked before serials are drawn for them: a
    /// disk that is full, or fills while they are being made, then takes no serial with it.
    pub(crate) fn make_room(&self, certificates: usize) -> Result<(), JournalError> {
        match &self.writer {
            Some(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                writer.make_room(ROOM.saturating_mul(certificates as u64))
            }
            None => Ok(()),
        }
    }

    /// Takes in which requests were answered, by whatever program of whatever machine writes into the folder.
    pub(crate) fn learn_what_was_answered(&self) -> Result<(), JournalError> {
        match &self.folder {
            Some(folder) => self.answered().read_on(folder, self.key()),
            None => Ok(()),
        }
    }

    /// Notes those of `roots` that no journal has: whoever recorded them died before it could write.
    fn note_roots_that_are_missing(
        &self,
        at: DateTime<Utc>,
        roots: Vec<Authority>,
    ) -> Result<(), JournalError> {
        self.learn_what_was_answered()?;
        let mut missing = roots;
        missing.retain(|root| !self.answered().knows_root(root.generation));
        self.note_roots(at, &missing)
    }

    /// Whether a certificate was issued for this request, as far as was learnt.
    pub(crate) fn says_answered(&self, request: &RequestId) -> bool {
        self.answered().knows(request)
    }

    /// Writes what could not be written before.
    pub fn pay_what_is_owed(&self) -> Result<(), JournalError> {
        if self.owed().is_empty() {
            return Ok(());
        }
        self.write(Vec::new())
    }

    fn append(&self, at: DateTime<Utc>, facts: Vec<Fact>) -> Result<(), JournalError> {
        if facts.is_empty() {
            return Ok(());
        }
        self.write(facts.into_iter().map(|fact| (at, fact)).collect())
    }

    /// What is owed first, then `facts`, in one durable write: all or nothing.
    fn write(&self, facts: Vec<(DateTime<Utc>, Fact)>) -> Result<(), JournalError> {
        let Some(writer) = &self.writer else {
            return Ok(());
        };
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut owed = self.owed();
        let mut all = owed.clone();
        all.extend(facts);
        let written = writer.append(&all)?;
        self.answered().take_written(written, &all);
        owed.clear();
        self.late.is_over();
        Ok(())
    }

    fn answered(&self) -> MutexGuard<'_, Answered> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn owed(&self) -> MutexGuard<'_, Vec<(DateTime<Utc>, Fact)>> {
        self.owed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Journal(kept: {})", self.is_kept())
    }
}

/// What a certificate's line says; to be made before the row is handed to the flow that records it.
pub fn issued(certificate: &Certificate) -> Fact {
    Fact::of_certificate(certificate)
}

/// The name of this machine, as a file's name takes it.
pub(crate) fn machine() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let fits = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    let name: String = name.trim().chars().filter(fits).take(32).collect();
    if name.is_empty() {
        return "machine".to_owned();
    }
    name
}
