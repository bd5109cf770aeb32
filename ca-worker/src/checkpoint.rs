//! Checkpoints of the audit: signed, written outside the database, told in the audit, mailed once a day.
//!
//! ```text
//! checkpoints/000000001234-ca1.p7s   CMS: {"version":1,"host":"…","machine":"ca1","at":"…","entries":1234,
//!                                          "head":"…","previous":"…"}
//! ```
//! The chain of the audit shows every change but that of somebody who owns the database and computes it anew. That
//! somebody has neither this key nor, if the folder is chosen well, this folder. Before a worker signs, it holds the
//! chain against its last checkpoint: it never blesses a chain that was rewritten meanwhile.
mod cms;
mod folder;
mod saved;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ca_core::config::Config;
use ca_core::domain::audit_act::AuditAct;
use ca_core::domain::checkpoint::{Checkpoint, VERSION, machine_of};
use ca_core::domain::time::iso_datetime;
use ca_core::flow::Postmark;
use ca_core::flow::record_checkpoint::{Written, named, record_checkpoint};
use ca_core::flow::verify_audit::{AuditVerdict, beginning, walk_audit};
use ca_core::store::audit::Head;
use ca_core::store::{StoreError, audit, authority};
use chrono::{DateTime, Duration, Utc};
use openssl::error::ErrorStack;

use crate::authority::{AuthorityError, Hand, issue_auditor};
use crate::certificate::{SignError, SignedCertificate};
use crate::journal::machine;
use crate::worker::Worker;

pub use cms::{Opened, UnsoundCheckpoint, open};
pub use folder::{Filed, SET_BACK, contents, list, set_back, sha256};
pub use saved::der_of;

/// Why there is no checkpoint. Nothing is signed until there is one.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk said no.
    #[error(
        "the audit's checkpoint {0}: {1}; nothing is signed until it can be written. Free some space or mend the \
         folder's owner, see docs/audit.md"
    )]
    Disk(PathBuf, io::Error),
    /// The folder is not there, and was.
    #[error(
        "the folder of the audit's checkpoints {0} is gone. Mount it or put it back from a copy; if it is lost for good, \
         make it empty and verify the audit by copies. Nothing is signed until then, see docs/audit.md"
    )]
    Gone(PathBuf),
    /// Nothing can be read in the last checkpoint.
    #[error(
        "the audit's last checkpoint {0} cannot be read: {1}. Nothing shows that the audit was changed. Nothing is signed \
         until the file is put back from a copy, such as the mail of that day, see docs/audit.md"
    )]
    Unreadable(PathBuf, UnsoundCheckpoint),
    /// The last checkpoint cannot be relied on.
    #[error(
        "the audit's last checkpoint {0}: {1}. Nothing is signed until it is put back from a copy, see docs/audit.md"
    )]
    Unsound(PathBuf, UnsoundCheckpoint),
    /// The chain is not what the last checkpoint saw.
    #[error(
        "the audit does not fit its last checkpoint {file} of {at}, which saw {saw} entries: entry {sequence}: {finding}. \
         Nothing is signed. Keep the database as evidence and run `ca-cli audit verify`; after a restoration run \
         `ca-cli backup reconcile`"
    )]
    Chain {
        /// The checkpoint's file.
        file: String,
        /// When it was made.
        at: String,
        /// Entries that it saw.
        saw: i64,
        /// The first entry that does not fit.
        sequence: i64,
        /// What is wrong with it.
        finding: &'static str,
    },
    /// The chain does not hold together, and there is no checkpoint yet.
    #[error(
        "the audit is broken at entry {0}: {1}. Nothing is signed. Keep the database as evidence and run \
         `ca-cli audit verify`"
    )]
    Broken(i64, &'static str),
    /// The key's certificate cannot be issued.
    #[error("the certificate of the audit's checkpoints: {0}")]
    Authority(#[from] AuthorityError),
    /// OpenSSL cannot do its work.
    #[error("OpenSSL cannot sign a checkpoint of the audit: {0}")]
    OpenSsl(#[from] ErrorStack),
    /// The content cannot be written down.
    #[error("a checkpoint of the audit cannot be written down: {0}")]
    Content(#[from] serde_json::Error),
    /// The database says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CheckpointError {
    /// Whether the CA key is away: then nothing is signed anyhow, and operators hear of that.
    pub fn is_key_away(&self) -> bool {
        let Self::Authority(error) = self else {
            return false;
        };
        matches!(
            error,
            AuthorityError::Signer(_) | AuthorityError::Sign(SignError::Signer(_))
        )
    }
}

/// The checkpoints of this machine, or none where nothing is kept: unit tests and benches in memory.
pub struct Checkpoints {
    folder: Option<PathBuf>,
    every: Duration,
    mail_to: Vec<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The key that signs, in memory alone, with the root's generation.
    auditor: Option<(i64, SignedCertificate)>,
    /// When the last one was made.
    last: Option<DateTime<Utc>>,
}

/// The last checkpoint of this machine.
struct Last {
    checkpoint: Checkpoint,
    der: Vec<u8>,
}

impl Checkpoints {
    /// As configured.
    pub fn of(config: &Config) -> Self {
        Self {
            folder: Some(config.checkpoint_folder()),
            every: Duration::minutes(config.audit.checkpoint_minutes.into()),
            mail_to: config.audit.mail_to.clone(),
            state: Mutex::default(),
        }
    }

    /// None are made.
    pub fn nowhere() -> Self {
        Self {
            folder: None,
            every: Duration::zero(),
            mail_to: Vec::new(),
            state: Mutex::default(),
        }
    }

    fn is_recent(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        at <= now && now - at < self.every
    }
}

impl std::fmt::Debug for Checkpoints {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Checkpoints({:?})", self.folder)
    }
}

/// Makes the checkpoint that is due, if one is; returns its file's name.
pub fn checkpoint_due(worker: &Worker) -> Result<Option<String>, CheckpointError> {
    let own = &worker.checkpoints;
    let Some(folder) = &own.folder else {
        return Ok(None);
    };
    let now = worker.clock.now();
    let mut state = own.state.lock().unwrap_or_else(PoisonError::into_inner);
    if state.last.is_some_and(|at| own.is_recent(at, now)) {
        return Ok(None);
    }
    expect_folder(worker, folder)?;
    // Two programs of one machine make one between them.
    let _held = folder::hold(folder)?;
    let last = last_of(worker, folder)?;
    if let Some(last) = &last {
        // A crash may lie between the file and its entry.
        record(worker, &last.checkpoint, &last.der)?;
        if own.is_recent(last.checkpoint.at, now) {
            state.last = Some(last.checkpoint.at);
            return Ok(None);
        }
    }
    let made = make(worker, folder, &mut state, last.as_ref(), now)?;
    state.last = Some(now);
    Ok(Some(made))
}

fn make(
    worker: &Worker,
    folder: &Path,
    state: &mut State,
    last: Option<&Last>,
    now: DateTime<Utc>,
) -> Result<String, CheckpointError> {
    let signer = auditor(worker, state, now)?;
    let head = whole_since(worker, last)?;
    let checkpoint = Checkpoint {
        version: VERSION,
        host: worker.settings.host.clone(),
        machine: machine(),
        at: now,
        entries: head.sequence,
        head: head.hash,
        previous: last.map(|last| sha256(&last.der)),
    };
    let der = cms::sign(&serde_json::to_vec(&checkpoint)?, signer)?;
    let file = checkpoint.file_name();
    folder::write(folder, &file, &der)?;
    record(worker, &checkpoint, &der)?;
    tracing::info!(
        file,
        entries = checkpoint.entries,
        "a checkpoint of the audit is written"
    );
    Ok(file)
}

/// A folder that the database knows checkpoints in and that is gone was not mounted, or taken away.
fn expect_folder(worker: &Worker, folder: &Path) -> Result<(), CheckpointError> {
    if folder.exists() {
        return Ok(());
    }
    let entries = worker
        .store
        .read(|db| audit::acts_after(db, AuditAct::AuditCheckpoint, 0))?;
    let mut files = entries.iter().filter_map(named);
    if files.any(|named| machine_of(&named.file) == Some(machine().as_str())) {
        return Err(CheckpointError::Gone(folder.to_owned()));
    }
    let made = ca_core::private_file::create_folder(folder);
    made.map_err(|error| CheckpointError::Disk(folder.to_owned(), error))
}

/// This machine's last checkpoint, which has to be sound.
fn last_of(worker: &Worker, folder: &Path) -> Result<Option<Last>, CheckpointError> {
    let machine = machine();
    let own = |filed: &Filed| machine_of(&filed.name) == Some(machine.as_str());
    let Some(filed) = folder::list(folder)?.into_iter().rfind(own) else {
        return Ok(None);
    };
    let der = der_of(&filed.read()?);
    let roots = worker.store.read(authority::list)?;
    let roots: Vec<Vec<u8>> = roots.into_iter().map(|root| root.certificate_der).collect();
    let opened = open(&der, &roots);
    let opened = opened.map_err(|error| match error.is_unreadable() {
        true => CheckpointError::Unreadable(filed.path, error),
        false => CheckpointError::Unsound(filed.path, error),
    })?;
    let checkpoint = opened.checkpoint;
    Ok(Some(Last { checkpoint, der }))
}

/// The key that signs at `now`; a new one when the old one ends or the root changed.
fn auditor<'a>(
    worker: &Worker,
    state: &'a mut State,
    now: DateTime<Utc>,
) -> Result<&'a SignedCertificate, CheckpointError> {
    let generation = worker.authority.current();
    let number = generation.issuer.generation();
    let known = state.auditor.take();
    let known = known.filter(|(of, one)| *of == number && one.validity.contains(now));
    let signer = match known {
        Some((_, signer)) => signer,
        None => {
            let hand = Hand {
                generation,
                journal: worker.authority.journal(),
            };
            issue_auditor(
                &worker.store,
                &worker.act(),
                hand,
                &worker.profiles,
                &machine(),
                worker.random.as_ref(),
            )?
        }
    };
    let (_, signer) = state.auditor.insert((number, signer));
    Ok(signer)
}

/// The chain's end, if the chain still is what the last checkpoint saw and is whole from there on.
fn whole_since(worker: &Worker, last: Option<&Last>) -> Result<Head, CheckpointError> {
    let since = last.map_or_else(beginning, |last| Head {
        sequence: last.checkpoint.entries,
        hash: last.checkpoint.head.clone(),
    });
    let walk = walk_audit(&worker.store, since, &BTreeSet::new())?;
    match walk.verdict {
        AuditVerdict::Whole { entries, head } => Ok(Head {
            sequence: entries,
            hash: head,
        }),
        AuditVerdict::Broken { sequence, finding } => Err(match last {
            None => CheckpointError::Broken(sequence, finding),
            Some(Last { checkpoint, .. }) => CheckpointError::Chain {
                file: checkpoint.file_name(),
                at: iso_datetime(checkpoint.at),
                saw: checkpoint.entries,
                sequence,
                finding,
            },
        }),
    }
}

fn record(worker: &Worker, checkpoint: &Checkpoint, der: &[u8]) -> Result<(), CheckpointError> {
    let written = Written {
        checkpoint,
        sha256: &sha256(der),
        pem: &cms::to_pem(der)?,
    };
    let postmark = Postmark {
        random: worker.random.as_ref(),
        host: &worker.settings.host,
    };
    let mail_to = &worker.checkpoints.mail_to;
    record_checkpoint(&worker.store, &worker.act(), written, postmark, mail_to)?;
    Ok(())
}
