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
use std::sync::Arc;
use std::time::Duration;

use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::random::{self, Random};
use ca_core::domain::time::Clock;
use ca_core::domain::token_uri::TokenUri;

use super::attendant::attendant_of;
use super::driver::{Found, TokenSession};
use super::{PublicKey, TokenError, TokenSigner};
use ca_core::private_file;

/// How long the making of a key may take; cards need minutes for a large one.
const PATIENCE: Duration = Duration::from_secs(600);

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
    /// The key may do more than sign.
    #[error(
        "token {0} made key {1} so that it may do more than sign ({2}); it is not used. Remove it, and set the token up so that these can be refused"
    )]
    OtherUses(String, String, String),
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

    fn write(&self, id: &[u8]) -> Result<(), CeremonyError> {
        let text = format!("{}\n", hex::encode(id));
        private_file::create(&self.0, text.as_bytes(), 0o600).map_err(|error| self.failed(error))
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
    let making = Making {
        token: uri.token.clone(),
        label: uri.label(generation),
        algorithm,
        note: note.clone(),
        fresh_id: random::bytes(random),
    };
    let whole = uri.clone();
    // Two kinds of error: the token's own ends the link's work, ours lies in the value.
    let public = attendant_of(&uri.module).ask(PATIENCE, move |link| {
        link.with_writable(&whole, |session| match made(session, &making) {
            Err(CeremonyError::Token(error)) => Err(error),
            other => Ok(other),
        })
    })??;
    Ok(TokenSigner::new(uri, generation, public, clock))
}

/// What is to be made.
struct Making {
    token: String,
    label: String,
    algorithm: KeyAlgorithm,
    note: CeremonyNote,
    /// The CKA_ID, unless the note holds one already.
    fresh_id: [u8; 16],
}

fn made(session: &dyn TokenSession, making: &Making) -> Result<PublicKey, CeremonyError> {
    let (label, note) = (making.label.as_str(), &making.note);
    let exists = || CeremonyError::Exists(making.token.clone(), label.to_owned());
    let taken = session.has(label)?;
    let id = match note.read()? {
        None if taken => return Err(exists()),
        None => {
            note.write(&making.fresh_id)?;
            making.fresh_id.to_vec()
        }
        Some(id) => id,
    };
    if !taken {
        session.generate(label, &id, making.algorithm)?;
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
        return Err(exists());
    };
    if *own != id {
        return Err(exists());
    }
    if !session.never_leaves(*handle)? {
        return Err(CeremonyError::Leaves(
            making.token.clone(),
            label.to_owned(),
        ));
    }
    let other_uses = session.other_uses(*handle)?;
    if !other_uses.is_empty() {
        let (token, label) = (making.token.clone(), label.to_owned());
        return Err(CeremonyError::OtherUses(
            token,
            label,
            other_uses.join(", "),
        ));
    }
    let unreadable = || CeremonyError::Unreadable(making.token.clone(), label.to_owned());
    public.clone().ok_or_else(unreadable)
}
