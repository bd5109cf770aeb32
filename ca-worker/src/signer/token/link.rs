//! The way to one PKCS#11 module: one session, one login, and rest between tries.
//!
//! C_Initialize and the login belong to the whole process, so there is one link for each module and process, on the
//! attendant's thread. A link that fails is ended wholly (C_Finalize) and begun anew, by the next caller after a rest that
//! doubles from one second to thirty. The PIN is given once for each session. A PIN that the token refused is remembered
//! and not given again; another one in the file is. Work that was given up while the module hung goes no further.
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ca_core::domain::token_uri::TokenUri;
use chrono::{DateTime, Duration, Utc};
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use super::driver::{Access, Driver, KeyHandle, LoginError, TokenSession};
use super::{PublicKey, TokenError, pin};

/// The first rest after a failure, and the longest.
const SHORTEST_REST: Duration = Duration::seconds(1);
const LONGEST_REST: Duration = Duration::seconds(30);

/// Which key is wanted, and what it must be.
#[derive(Clone)]
pub(super) struct Wanted {
    pub(super) uri: TokenUri,
    pub(super) label: String,
    pub(super) public: PublicKey,
}

/// See the module.
pub(super) struct Link {
    driver: Box<dyn Driver>,
    connected: Option<Connected>,
    refused: Option<Refused>,
    trouble: Option<Trouble>,
    given_up: Arc<AtomicBool>,
}

/// A session that is logged in.
struct Connected {
    uri: TokenUri,
    session: Box<dyn TokenSession>,
    /// Keys that were found in this session and hold the right public key.
    keys: BTreeMap<String, KeyHandle>,
}

/// A PIN that this token refused.
struct Refused {
    token: String,
    pin: SecretString,
}

/// The last failure, and until when nothing is tried.
struct Trouble {
    uri: TokenUri,
    error: TokenError,
    since: DateTime<Utc>,
    rest: Duration,
}

impl Link {
    /// `given_up` says whether anybody still waits for what is being done.
    pub(super) fn new(driver: Box<dyn Driver>, given_up: Arc<AtomicBool>) -> Self {
        Self {
            given_up,
            driver,
            connected: None,
            refused: None,
            trouble: None,
        }
    }

    /// Does `work` with the key; a session that turns out to be lost is replaced once.
    ///
    /// # Errors
    /// What the token says, or what it said last when it is too early to ask again.
    pub(super) fn with_key<T>(
        &mut self,
        wanted: &Wanted,
        now: DateTime<Utc>,
        work: impl Fn(&dyn TokenSession, KeyHandle) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        self.rest_over(&wanted.uri, now)?;
        let had_session = self.is_connected_to(&wanted.uri);
        let mut done = self.attempt(wanted, &work);
        if had_session && matches!(done, Err(TokenError::Lost(_))) {
            tracing::warn!(
                token = wanted.uri.token,
                "the token's session is lost; a new one is opened"
            );
            self.disconnect();
            done = self.attempt(wanted, &work);
        }
        match done {
            Ok(done) => {
                self.trouble = None;
                Ok(done)
            }
            Err(error) => Err(self.note(&wanted.uri, error, now)),
        }
    }

    /// Does `work` in a session that may write, for the making of keys.
    pub(super) fn with_writable<T>(
        &mut self,
        uri: &TokenUri,
        work: impl FnOnce(&dyn TokenSession) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        self.disconnect();
        let done = match self.connect(uri, Access::Write) {
            Ok(connected) => work(connected.session.as_ref()),
            Err(error) => Err(error),
        };
        self.disconnect();
        done
    }

    /// Ends the session and whatever trouble there was; the next caller connects. A refused PIN stays refused.
    pub(super) fn begin_anew(&mut self) {
        self.disconnect();
        self.trouble = None;
    }

    fn attempt<T>(
        &mut self,
        wanted: &Wanted,
        work: &impl Fn(&dyn TokenSession, KeyHandle) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        if !self.is_connected_to(&wanted.uri) {
            self.connect(&wanted.uri, Access::Read)?;
        }
        let none = || TokenError::Lost("there is no session".into());
        let connected = self.connected.as_mut().ok_or_else(none)?;
        let key = connected.key(wanted)?;
        awaited(&self.given_up)?;
        work(connected.session.as_ref(), key)
    }

    /// Opens a session and logs in: the only place that gives a PIN to a token.
    fn connect(&mut self, uri: &TokenUri, access: Access) -> Result<&Connected, TokenError> {
        self.disconnect();
        awaited(&self.given_up)?;
        let session = self.driver.open(uri, access)?;
        awaited(&self.given_up)?;
        let pin = pin::read(&uri.pin_file)?;
        if self.has_refused(uri, &pin) {
            return Err(TokenError::PinRefused(uri.pin_file.clone()));
        }
        session.check_tries(&uri.token)?;
        match session.login(&pin) {
            Ok(()) => self.refused = None,
            Err(LoginError::Pin) => {
                let token = uri.token.clone();
                self.refused = Some(Refused { token, pin });
                return Err(TokenError::PinRefused(uri.pin_file.clone()));
            }
            Err(LoginError::Other(error)) => return Err(error),
        }
        Ok(self.connected.insert(Connected {
            uri: uri.clone(),
            session,
            keys: BTreeMap::new(),
        }))
    }

    /// Ends session and module use. What is open in it is closed by the module.
    fn disconnect(&mut self) {
        self.connected = None;
        self.driver.finish();
    }

    fn is_connected_to(&self, uri: &TokenUri) -> bool {
        self.connected.as_ref().is_some_and(|own| own.uri == *uri)
    }

    fn has_refused(&self, uri: &TokenUri, pin: &SecretString) -> bool {
        self.refused.as_ref().is_some_and(|refused| {
            let (old, new) = (refused.pin.expose_secret(), pin.expose_secret());
            refused.token == uri.token && bool::from(old.as_bytes().ct_eq(new.as_bytes()))
        })
    }

    /// Whether it may be tried again; otherwise what was said last. A clock that was set back ends the rest.
    fn rest_over(&self, uri: &TokenUri, now: DateTime<Utc>) -> Result<(), TokenError> {
        match &self.trouble {
            Some(last) if last.uri == *uri && now >= last.since && now < last.since + last.rest => {
                Err(last.error.clone())
            }
            _ => Ok(()),
        }
    }

    /// Ends the link for a while, unless only this one key is not what it should be.
    fn note(&mut self, uri: &TokenUri, error: TokenError, now: DateTime<Utc>) -> TokenError {
        if error == TokenError::GivenUp {
            return error;
        }
        if self.is_connected_to(uri) && !matches!(error, TokenError::Lost(_)) {
            self.trouble = None;
            return error;
        }
        self.disconnect();
        let longer = |last: &Trouble| (last.rest * 2).min(LONGEST_REST);
        let before = self.trouble.as_ref().filter(|last| last.uri == *uri);
        if before.is_none_or(|last| last.error != error) {
            tracing::warn!(%error, "the CA's token cannot be used");
        }
        self.trouble = Some(Trouble {
            uri: uri.clone(),
            error: error.clone(),
            since: now,
            rest: before.map_or(SHORTEST_REST, longer),
        });
        error
    }
}

/// Whether anybody still waits: a call that came back late is followed by no other.
fn awaited(given_up: &AtomicBool) -> Result<(), TokenError> {
    match given_up.load(Ordering::SeqCst) {
        false => Ok(()),
        true => Err(TokenError::GivenUp),
    }
}

impl Connected {
    /// The key of that label, found once in a session and held against the root's.
    fn key(&mut self, wanted: &Wanted) -> Result<KeyHandle, TokenError> {
        if let Some(key) = self.keys.get(&wanted.label) {
            return Ok(*key);
        }
        let (token, label) = (wanted.uri.token.clone(), wanted.label.clone());
        let found = self.session.find(&wanted.label)?;
        let [key] = found.as_slice() else {
            return Err(match found.is_empty() {
                true => TokenError::NoKey { token, label },
                false => TokenError::SeveralKeys { token, label },
            });
        };
        if key.public.as_ref().map(PublicKey::spki) != Some(wanted.public.spki()) {
            return Err(TokenError::ForeignKey { token, label });
        }
        // Keys of earlier ceremonies go on signing: they cannot be made anew without a rollover.
        let other_uses = self.session.other_uses(key.handle)?;
        if !other_uses.is_empty() {
            tracing::warn!(
                token,
                key = label,
                uses = other_uses.join(", "),
                "the CA key may do more than sign; take that away with the token's own tool (docs/pkcs11.md)"
            );
        }
        self.keys.insert(label, key.handle);
        Ok(key.handle)
    }
}
