//! The archive's first file: what is inside, of which instant, and what is not.
use ca_core::store::snapshot::Facts;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The version of this form.
pub(super) const FORM: u32 = 1;

/// What no archive holds; whoever restores needs it from elsewhere.
pub(super) const NEVER_INSIDE: [&str; 5] = [
    "the passphrase of the key files, PINs of tokens, and the archive's own key",
    "the journals (their folder): copy them elsewhere, they are what a restoration is completed from",
    "the site's TLS key: `ca-cli certificate issue-server` makes a new one",
    "the configuration, and the files that it names",
    "mails and letters written as files",
];

/// What an archive says about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The version of this form.
    pub(crate) form: u32,
    /// The archive's own name.
    pub(crate) archive: String,
    /// When it was made.
    pub(crate) made_at: DateTime<Utc>,
    /// The program that made it.
    pub(crate) program: String,
    /// `sqlite` or `postgres`.
    pub(crate) engine: String,
    /// The newest step of the database's schema.
    pub(crate) schema: String,
    /// How many entries the audit has.
    pub(crate) audit_entries: i64,
    /// The hash of the last one.
    pub(crate) audit_head: String,
    /// Generation and number of the last revocation list.
    pub(crate) lists: Vec<(i64, i64)>,
    /// The journals that the database knows, and how far.
    pub(crate) journals: Vec<(String, i64)>,
    /// The files inside.
    pub(crate) files: Vec<FileInside>,
    /// What is not inside.
    pub(crate) not_inside: Vec<String>,
}

/// One file of an archive.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct FileInside {
    /// Its name.
    pub(crate) name: String,
    /// Its length in bytes.
    pub(crate) bytes: u64,
    /// SHA-256, hex.
    pub(crate) sha256: String,
}

impl Manifest {
    pub(super) fn new(archive: String, made_at: DateTime<Utc>, engine: &str, facts: Facts) -> Self {
        let marks = facts.marks.into_iter();
        Self {
            form: FORM,
            archive,
            made_at,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            engine: engine.to_owned(),
            schema: facts.step,
            audit_entries: facts.audit.sequence,
            audit_head: facts.audit.hash,
            lists: facts.lists,
            journals: marks.map(|mark| (mark.journal, mark.sequence)).collect(),
            files: Vec::new(),
            not_inside: NEVER_INSIDE.map(str::to_owned).to_vec(),
        }
    }

    /// Whether key files are inside.
    pub(crate) fn has_keys(&self) -> bool {
        self.files.iter().any(|file| file.name.starts_with("keys/"))
    }
}
