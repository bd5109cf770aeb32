//! Making a generation's key pair on the token, so that a crash between key and database is mended by the same command.
//!
//! 1. No object of the label may be there, unless a note says that an earlier run made it.
//! 2. A note is written beside the key files: the CKA_ID that the new key will bear, drawn at random.
//! 3. The token makes the key pair with that CKA_ID; the private half can never leave it.
//! 4. The root is signed and recorded, then the note is removed (the caller's part).
//!
//! A run that finds a note takes up the key that bears its CKA_ID; a key that does not is somebody else's.
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::random::{self, Random};
use ca_core::domain::time::Clock;
use ca_core::domain::token_uri::TokenUri;

use super::driver::{Found, TokenSession};
use super::link::link_to;
use super::{PublicKey, TokenError, TokenSigner};
use crate::durable_file;

/// Why there is no new key on the token; nothing of what was there is changed.
#[derive(Debug, thiserror::Error)]
pub enum CeremonyError {
    /// The token says no.
    #[error("{0}")]
    Token(#[from] TokenError),
    /// The label is taken.
    #[error(
        "token {0} has an object {1} already; it is not overwritten. Choose another object= in the URI, or remove it if it is really not needed"
    )]
    Exists(String, String),
    /// What the token made is not what was asked for.
    #[error(
        "token {0} made key {1} so that it could be read out; it is not used. Remove it, and set the token up so that keys stay inside"
    )]
    Leaves(String, String),
    /// The public half cannot be read.
    #[error(
        "token {0} does not show the public half of key {1} as P-256, P-384, RSA 3072 or RSA 4096; it is not used"
    )]
    Unreadable(String, String),
    /// The note cannot be written or read.
    #[error("{0}: {1}")]
    Note(PathBuf, io::Error),
}

/// The note beside the key files that a key is being made.
#[derive(Debug, Clone)]
pub(crate) struct CeremonyNote(PathBuf);

impl CeremonyNote {
    /// The note that belongs to what would be the key file `key_file`.
    pub(crate) fn beside(key_file: &Path) -> Self {
        Self(key_file.with_extension("ceremony"))
    }

    /// Removes it; one that is not there is fine.
    pub(crate) fn remove(&self) -> Result<(), CeremonyError> {
        match std::fs::remove_file(&self.0) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<Option<Vec<u8>>, CeremonyError> {
        let text = match std::fs::read_to_string(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|error| self.failed(error))?,
        };
        let id = hex::decode(text.trim());
        let damaged = |_| self.failed(io::Error::other("not a note of a key ceremony; remove it"));
        id.map(Some).map_err(damaged)
    }

    fn write(&self, random: &dyn Random) -> Result<Vec<u8>, CeremonyError> {
        let id: [u8; 16] = random::bytes(random);
        let text = format!("{}\n", hex::encode(id));
        durable_file::create(&self.0, text.as_bytes(), 0o600)
            .map_err(|error| self.failed(error))?;
        Ok(id.to_vec())
    }

    fn failed(&self, error: io::Error) -> CeremonyError {
        CeremonyError::Note(self.0.clone(), error)
    }
}

/// Makes the key pair of `generation`, or takes up the one that an interrupted run made.
pub(crate) fn key_on_token(
    uri: &TokenUri,
    generation: i64,
    algorithm: KeyAlgorithm,
    note: &CeremonyNote,
    random: &dyn Random,
    clock: Arc<dyn Clock>,
) -> Result<TokenSigner, CeremonyError> {
    let label = uri.label(generation);
    let link = link_to(&uri.module);
    let mut link = link.lock().unwrap_or_else(PoisonError::into_inner);
    // Two kinds of error: the token's own ends the link's work, ours lies in the value.
    let public = link.with_writable(uri, |session| {
        match made(session, uri, &label, algorithm, note, random) {
            Err(CeremonyError::Token(error)) => Err(error),
            other => Ok(other),
        }
    })??;
    Ok(TokenSigner::new(uri, generation, public, clock))
}

fn made(
    session: &dyn TokenSession,
    uri: &TokenUri,
    label: &str,
    algorithm: KeyAlgorithm,
    note: &CeremonyNote,
    random: &dyn Random,
) -> Result<PublicKey, CeremonyError> {
    let taken = session.has(label)?;
    let id = match note.read()? {
        None if taken => return Err(CeremonyError::Exists(uri.token.clone(), label.to_owned())),
        None => note.write(random)?,
        Some(id) => id,
    };
    if !taken {
        session.generate(label, &id, algorithm)?;
    }
    let found = session.find(label)?;
    let [
        Found {
            handle,
            id: own,
            public,
        },
    ] = found.as_slice()
    else {
        return Err(CeremonyError::Exists(uri.token.clone(), label.to_owned()));
    };
    if *own != id {
        return Err(CeremonyError::Exists(uri.token.clone(), label.to_owned()));
    }
    if !session.never_leaves(*handle)? {
        return Err(CeremonyError::Leaves(uri.token.clone(), label.to_owned()));
    }
    let unreadable = || CeremonyError::Unreadable(uri.token.clone(), label.to_owned());
    public.clone().ok_or_else(unreadable)
}
