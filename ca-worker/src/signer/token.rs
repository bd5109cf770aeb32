//! The signer whose key lies in a token, reached through PKCS#11 (docs/pkcs11.md).
//!
//! | file | what |
//! |---|---|
//! | `attendant` | the thread that calls a module, and what callers are told while it hangs |
//! | `link` | the one way to a module in this process: session, login, rest between tries |
//! | `driver` | what the link needs of a token, and cryptoki doing it |
//! | `pin` | the PIN's file |
//! | `key` | public keys and signatures as tokens write them |
//! | `ceremony` | making a key pair on the token |
//!
//! Whatever a token says, no request is at fault: every failure is [`SignerError::Unavailable`].
mod attendant;
mod ceremony;
mod driver;
mod key;
mod link;
mod pin;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ca_core::domain::time::Clock;
use ca_core::domain::token_uri::TokenUri;

use attendant::{Attendant, attendant_of};
pub use ceremony::CeremonyError;
pub(crate) use ceremony::{CeremonyNote, key_on_token};
use driver::{KeyHandle, TokenSession};
use link::{Link, Wanted};

use super::{PublicKey, Signer, SignerError};

/// Why a token does not do what is asked; each says what to do. Never holds a PIN.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The library cannot be loaded.
    #[error("the PKCS#11 module {0} cannot be loaded ({1}); correct module-path")]
    Module(PathBuf, String),
    /// No such token in any slot.
    #[error(
        "there is no token named {0}; put it back, or correct [authority] signer ({1} tokens are there)"
    )]
    Absent(String, usize),
    /// Two tokens of one name.
    #[error("{1} tokens are named {0}; add serial= to [authority] signer")]
    Ambiguous(String, usize),
    /// The PIN cannot be read.
    #[error("the PIN file {0}: {1}")]
    PinFile(PathBuf, String),
    /// The token said no to this PIN. Nothing is tried again with it.
    #[error(
        "the token refused the PIN in {0}; it is not tried again: write the right one into that file (docs/pkcs11.md)"
    )]
    PinRefused(PathBuf),
    /// Too many wrong ones.
    #[error(
        "token {0} has locked its PIN after wrong tries; its security officer has to unlock it"
    )]
    PinLocked(String),
    /// The next wrong one would lock the token, so nothing is tried by a program.
    #[error(
        "token {0} would lock its PIN at one more wrong try; log in to it once by hand, then check the PIN file (docs/pkcs11.md)"
    )]
    LastTry(String),
    /// The token is there, the key is not.
    #[error(
        "token {token} has no key {label}; correct object= in [authority] signer, or bring the token that has it"
    )]
    NoKey {
        /// The token.
        token: String,
        /// The key.
        label: String,
    },
    /// Two keys of one name.
    #[error("token {token} has several keys {label}; remove those that are not the root's")]
    SeveralKeys {
        /// The token.
        token: String,
        /// The key.
        label: String,
    },
    /// A key of that name that is not the root's.
    #[error(
        "key {label} on token {token} is not the root's; correct [authority] signer or [database] url"
    )]
    ForeignKey {
        /// The token.
        token: String,
        /// The key.
        label: String,
    },
    /// A call into the module has not come back.
    #[error(
        "the PKCS#11 module {0} does not answer: a call takes longer than {1} seconds; look after the token, the network to it and the module's log, and start the worker anew if the module never answers again (docs/pkcs11.md)"
    )]
    Silent(PathBuf, u64),
    /// What hung came back when nobody waited for it any more; nobody hears this either.
    #[error("nobody waits for this any more")]
    GivenUp,
    /// Anything else that the module said.
    #[error(
        "the token does not answer as it should ({0}); look after the token and its module's log"
    )]
    Lost(String),
}

impl From<TokenError> for SignerError {
    fn from(error: TokenError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// How long a call may take, unless the configuration says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// Signs with a key that never leaves its token. Making one touches no token: a worker starts without it.
pub struct TokenSigner {
    wanted: Wanted,
    attendant: Arc<Attendant>,
    clock: Arc<dyn Clock>,
    patience: Duration,
}

impl TokenSigner {
    /// The key of `generation` as `uri` names it; `public` is what the generation's root certificate says.
    pub fn new(uri: &TokenUri, generation: i64, public: PublicKey, clock: Arc<dyn Clock>) -> Self {
        Self {
            wanted: Wanted {
                label: uri.label(generation),
                uri: uri.clone(),
                public,
            },
            attendant: attendant_of(&uri.module),
            clock,
            patience: PATIENCE,
        }
    }

    /// The same, waiting for the module up to `patience`.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where the key is: its label and its token.
    pub fn place(&self) -> String {
        format!(
            "key {} on token {}",
            self.wanted.label, self.wanted.uri.token
        )
    }

    /// What is to be said if the token is there and has no such key. A token that is away is taken to have it.
    pub fn absence(&self) -> Option<String> {
        match self.look() {
            Err(absent @ TokenError::NoKey { .. }) => Some(absent.to_string()),
            _ => None,
        }
    }

    fn look(&self) -> Result<(), TokenError> {
        self.with_key(|session, key| session.touch(key))
    }

    fn with_key<T: Send + 'static>(
        &self,
        work: impl Fn(&dyn TokenSession, KeyHandle) -> Result<T, TokenError> + Send + 'static,
    ) -> Result<T, TokenError> {
        let (wanted, now) = (self.wanted.clone(), self.clock.now());
        let work = move |link: &mut Link| link.with_key(&wanted, now, work);
        self.attendant.ask(self.patience, work)
    }
}

impl Signer for TokenSigner {
    fn public_key(&self) -> &PublicKey {
        &self.wanted.public
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let algorithm = self.wanted.public.algorithm();
        let input = key::input(algorithm, message)?;
        let raw = self.with_key(move |session, key| session.sign(key, algorithm, &input))?;
        Ok(key::signature(algorithm, raw)?)
    }

    fn ready(&self) -> Result<(), SignerError> {
        Ok(self.look()?)
    }
}

impl std::fmt::Debug for TokenSigner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "TokenSigner({} on {:?})",
            self.wanted.label, self.wanted.uri
        )
    }
}
