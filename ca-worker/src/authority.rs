//! The certificate authority: made once by `ca-cli ca init`, rolled over by `ca-cli ca rollover`, opened by every
//! worker.
//!
//! | what | where |
//! |---|---|
//! | CA private keys | encrypted key files, or a token |
//! | sealing private key | an encrypted key file |
//! | root certificate, sealing public key, CRL number | one row each in the database |
mod absent_key;
mod create;
mod issue;
mod open;
mod roll_over;
mod server_files;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use ca_core::config::{Config, ProfilesError, key_file_of};
use ca_core::domain::distinguished_name::DistinguishedNameError;
use ca_core::domain::missing_key::{MissingKey, MissingKeys};
use ca_core::domain::profile::{ProfileError, ValidityError};
use ca_core::flow::record_authority::RecordAuthorityError;
use ca_core::flow::roll_over_authority::RollOverError;
use ca_core::store::StoreError;

pub use absent_key::AbsentKey;
pub use create::{Creation, create_authority};
pub(crate) use issue::{Hand, issue_auditor, issue_responder};
pub use issue::{
    IssuedOperator, issue_operator_certificate, issue_server_certificate, note_operator,
};
pub(crate) use open::check_life;
pub use open::{Generation, OpenAuthority, journal_key, open_authority, read_passphrase};
pub use roll_over::roll_over;

use crate::certificate::{IssuerError, PrepareError, RootError, SignError};
use crate::journal::JournalError;
use crate::key_file::KeyFileError;
use crate::pkcs12::Pkcs12Error;
use crate::signer::{CeremonyError, KeyError, SignerError};
use crate::unseal::SealingKeyError;

/// Where the two key files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPaths {
    /// The CA key of the first generation.
    pub authority: PathBuf,
    /// The sealing key.
    pub sealing: PathBuf,
}

impl KeyPaths {
    /// As configured, or `keys/ca.key` and `keys/sealing.key` in the data folder.
    pub fn of(config: &Config) -> Self {
        let place = |path: &Option<PathBuf>, name: &str| {
            path.clone()
                .unwrap_or_else(|| config.data.folder.join("keys").join(name))
        };
        Self {
            authority: place(&config.authority.key_file, "ca.key"),
            sealing: place(&config.authority.sealing_key_file, "sealing.key"),
        }
    }

    /// The CA key of a generation: `ca.key` is the first one's, `ca-2.key` beside it the second one's.
    pub fn of_generation(&self, generation: i64) -> PathBuf {
        key_file_of(&self.authority, generation)
    }
}

/// Why the authority cannot be made, opened or used; each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// There is none yet.
    #[error("there is no certificate authority yet; make one with `ca-cli ca init`")]
    None,
    /// There is one already.
    #[error("there is a certificate authority already; `ca-cli ca show` shows it")]
    Exists,
    /// The root ended.
    #[error(
        "the root certificate ended at {0}; nothing can be issued under it. Introduce a new root"
    )]
    Expired(String),
    /// There is no next generation.
    #[error(transparent)]
    RollOver(#[from] RollOverError),
    /// The clock stands before the root.
    #[error(
        "the clock says {now}, before the root begins at {begin}; set the machine's clock right, then start again"
    )]
    ClockBeforeRoot {
        /// The clock.
        now: String,
        /// The root's first second.
        begin: String,
    },
    /// Key file and root are strangers.
    #[error(
        "key file {0} does not belong to the root certificate in the database; correct authority.key_file or [database] url"
    )]
    ForeignKey(PathBuf),
    /// Several roots, and no key of any.
    #[error("no key of any root can be used here: {0}")]
    NoKey(MissingKeys),
    /// The newest root's key is elsewhere.
    #[error(
        "the newest root's key cannot be used here, and this command issues from no other root: {0}; run it where that \
         key is, or copy the key here first (docs/root-rollover.md)"
    )]
    NewestAbsent(MissingKey),
    /// The passphrase file is missing or empty.
    #[error("passphrase file {0}: {1}; its first line must be the passphrase of the key files")]
    Passphrase(PathBuf, String),
    /// A certificate profile is not one.
    #[error(transparent)]
    Profiles(#[from] ProfilesError),
    /// The key asked for does not suit the profile.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// The configured subject is not one.
    #[error("authority.subject: {0}")]
    Subject(#[from] DistinguishedNameError),
    /// A key file says no.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The sealing key says no.
    #[error(transparent)]
    SealingKey(#[from] SealingKeyError),
    /// A key cannot be made or read.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The key cannot be made on the token.
    #[error(transparent)]
    Ceremony(#[from] CeremonyError),
    /// The key cannot sign now.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The root cannot be made.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root in the database is not fit to issue.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
    /// The profile gives no life now.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// A certificate cannot be prepared.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// A certificate cannot be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// A PKCS#12 cannot be packed.
    #[error(transparent)]
    Pack(#[from] Pkcs12Error),
    /// A server certificate without a name.
    #[error("a server certificate needs at least one host name")]
    NoHostName,
    /// A file cannot be written.
    #[error("{0} cannot be written: {1}")]
    File(PathBuf, std::io::Error),
    /// The journal says no.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The database says no.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<RecordAuthorityError> for AuthorityError {
    fn from(error: RecordAuthorityError) -> Self {
        match error {
            RecordAuthorityError::Exists(_) => Self::Exists,
            RecordAuthorityError::Store(error) => Self::Store(error),
        }
    }
}
