//! What the link needs of a token, and cryptoki doing it.
use std::cell::RefCell;
use std::path::{Path, PathBuf};

use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::token_uri::TokenUri;
use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use secrecy::SecretString;

use super::key::{self, Shown};
use super::{PublicKey, TokenError};

/// Names a private key within a session: the how-manieth that was found in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KeyHandle(pub(super) usize);

/// What a session is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    Read,
    Write,
}

/// A key pair on a token.
pub(super) struct Found {
    pub(super) handle: KeyHandle,
    /// CKA_ID of the private key.
    pub(super) id: Vec<u8>,
    /// The public half, if it is there and of a kind that is used here.
    pub(super) public: Option<PublicKey>,
}

/// Why a login failed.
pub(super) enum LoginError {
    /// The PIN was looked at and not taken.
    Pin,
    /// Anything else.
    Other(TokenError),
}

/// A PKCS#11 module. Calls come one at a time.
pub(super) trait Driver: Send {
    /// A session with the token of `uri`, not logged in.
    fn open(&mut self, uri: &TokenUri, access: Access)
    -> Result<Box<dyn TokenSession>, TokenError>;

    /// Ends every session and the use of the module.
    fn finish(&mut self);
}

/// A session.
pub(super) trait TokenSession: Send {
    /// Refuses when the PIN is locked, or when one wrong try would lock it.
    fn check_tries(&self, token: &str) -> Result<(), TokenError>;

    /// Gives the PIN to the token.
    fn login(&self, pin: &SecretString) -> Result<(), LoginError>;

    /// The key pairs of that label.
    fn find(&self, label: &str) -> Result<Vec<Found>, TokenError>;

    /// Whether any object bears that label.
    fn has(&self, label: &str) -> Result<bool, TokenError>;

    /// Asks the token about a key, so that its loss is noticed without a signature.
    fn touch(&self, key: KeyHandle) -> Result<(), TokenError>;

    /// Signs what [`key::input`] made.
    fn sign(
        &self,
        key: KeyHandle,
        algorithm: KeyAlgorithm,
        input: &[u8],
    ) -> Result<Vec<u8>, TokenError>;

    /// Makes a key pair that stays on the token.
    fn generate(&self, label: &str, id: &[u8], algorithm: KeyAlgorithm) -> Result<(), TokenError>;

    /// Whether the key was born on the token, has never been readable and never can be.
    fn never_leaves(&self, key: KeyHandle) -> Result<bool, TokenError>;

    /// What the key may do beside signing, in the standard's words; nothing is right.
    fn other_uses(&self, key: KeyHandle) -> Result<Vec<&'static str>, TokenError>;
}

/// The module through cryptoki. The library stays loaded; few survive being unloaded.
pub(super) struct Cryptoki {
    path: PathBuf,
    module: Option<Pkcs11>,
}

impl Cryptoki {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            module: None,
        }
    }

    fn module(&mut self) -> Result<&Pkcs11, TokenError> {
        if self.module.is_none() {
            let failed = |error: Error| TokenError::Module(self.path.clone(), error.to_string());
            self.module = Some(Pkcs11::new(&self.path).map_err(failed)?);
        }
        let none = || TokenError::Lost("the module is not loaded".into());
        self.module.as_ref().ok_or_else(none)
    }
}

impl Driver for Cryptoki {
    fn open(
        &mut self,
        uri: &TokenUri,
        access: Access,
    ) -> Result<Box<dyn TokenSession>, TokenError> {
        let module = self.module()?;
        match module.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {}
            Err(error) => return Err(lost(error)),
        }
        let (slot, info) = slot_of(module, uri)?;
        let session = match access {
            Access::Read => module.open_ro_session(slot),
            Access::Write => module.open_rw_session(slot),
        };
        let session = session.map_err(lost)?;
        Ok(Box::new(Opened {
            session,
            info,
            keys: RefCell::new(Vec::new()),
        }))
    }

    fn finish(&mut self) {
        // A module that was not in use says so; that is what is wanted.
        if let Some(module) = &self.module
            && let Err(error) = module.clone().finalize()
        {
            tracing::debug!(%error, "the PKCS#11 module was not ended");
        }
    }
}

/// The slot of the one token that `uri` names.
fn slot_of(module: &Pkcs11, uri: &TokenUri) -> Result<(Slot, TokenInfo), TokenError> {
    let slots = module.get_slots_with_token().map_err(lost)?;
    // A slot whose token was just pulled has nothing to say; the others have.
    let tokens = slots
        .into_iter()
        .filter_map(|slot| Some((slot, module.get_token_info(slot).ok()?)))
        .filter(|(_, info)| info.token_initialized());
    let tokens: Vec<_> = tokens.collect();
    let count = tokens.len();
    let is_it = |info: &TokenInfo| {
        let serial = uri.serial.as_deref();
        info.label() == uri.token && serial.is_none_or(|serial| info.serial_number() == serial)
    };
    let mut named: Vec<_> = tokens.into_iter().filter(|(_, info)| is_it(info)).collect();
    match (named.pop(), named.len()) {
        (Some(one), 0) => Ok(one),
        (None, _) => Err(TokenError::Absent(uri.token.clone(), count)),
        (Some(_), more) => Err(TokenError::Ambiguous(uri.token.clone(), more + 1)),
    }
}

/// A session with what the token said of itself when it was opened.
struct Opened {
    session: Session,
    info: TokenInfo,
    keys: RefCell<Vec<ObjectHandle>>,
}

impl TokenSession for Opened {
    fn check_tries(&self, token: &str) -> Result<(), TokenError> {
        if self.info.user_pin_locked() {
            return Err(TokenError::PinLocked(token.to_owned()));
        }
        if self.info.user_pin_final_try() {
            return Err(TokenError::LastTry(token.to_owned()));
        }
        Ok(())
    }

    fn login(&self, pin: &SecretString) -> Result<(), LoginError> {
        match self.session.login(UserType::User, Some(pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(()),
            Err(Error::Pkcs11(
                RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinExpired
                | RvError::PinLocked
                | RvError::UserPinNotInitialized,
                _,
            )) => Err(LoginError::Pin),
            Err(error) => Err(LoginError::Other(lost(error))),
        }
    }

    fn find(&self, label: &str) -> Result<Vec<Found>, TokenError> {
        let keys = self.objects(ObjectClass::PRIVATE_KEY, label)?;
        keys.into_iter().map(|key| self.found(key)).collect()
    }

    fn has(&self, label: &str) -> Result<bool, TokenError> {
        let template = [Attribute::Label(label.into()), Attribute::Token(true)];
        let found = self.session.find_objects(&template).map_err(lost)?;
        Ok(!found.is_empty())
    }

    fn touch(&self, key: KeyHandle) -> Result<(), TokenError> {
        let label = self.attributes(self.object(key)?, &[AttributeType::Label])?;
        match label.is_empty() {
            false => Ok(()),
            true => Err(TokenError::Lost("the key has gone".into())),
        }
    }

    fn sign(
        &self,
        key: KeyHandle,
        algorithm: KeyAlgorithm,
        input: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let mechanism = match key::modulus_bits(algorithm) {
            Some(_) => Mechanism::RsaPkcs,
            None => Mechanism::Ecdsa,
        };
        let key = self.object(key)?;
        self.session.sign(&mechanism, key, input).map_err(lost)
    }

    fn generate(&self, label: &str, id: &[u8], algorithm: KeyAlgorithm) -> Result<(), TokenError> {
        let names = [
            Attribute::Token(true),
            Attribute::Label(label.into()),
            Attribute::Id(id.to_vec()),
        ];
        let mut public = names.to_vec();
        public.extend([Attribute::Private(false), Attribute::Verify(true)]);
        let mechanism = match key::modulus_bits(algorithm) {
            Some(bits) => {
                public.push(Attribute::ModulusBits(bits.into()));
                public.push(Attribute::PublicExponent(vec![1, 0, 1]));
                Mechanism::RsaPkcsKeyPairGen
            }
            None => {
                let curve = key::curve(algorithm).unwrap_or_default();
                public.push(Attribute::EcParams(curve.to_vec()));
                Mechanism::EccKeyPairGen
            }
        };
        let mut private = names.to_vec();
        private.extend([
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            // What is not said, modules fill in as they like; SoftHSM2 allows it.
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::SignRecover(false),
        ]);
        let made = self
            .session
            .generate_key_pair(&mechanism, &public, &private);
        made.map(drop).map_err(lost)
    }

    fn never_leaves(&self, key: KeyHandle) -> Result<bool, TokenError> {
        let asked = [
            AttributeType::Sensitive,
            AttributeType::AlwaysSensitive,
            AttributeType::Extractable,
            AttributeType::NeverExtractable,
            AttributeType::Local,
        ];
        let said = self.attributes(self.object(key)?, &asked)?;
        let right = |attribute: &Attribute| match attribute {
            Attribute::Extractable(value) => !value,
            Attribute::Sensitive(value)
            | Attribute::AlwaysSensitive(value)
            | Attribute::NeverExtractable(value)
            | Attribute::Local(value) => *value,
            _ => false,
        };
        Ok(said.len() == asked.len() && said.iter().all(right))
    }

    fn other_uses(&self, key: KeyHandle) -> Result<Vec<&'static str>, TokenError> {
        let asked = [
            AttributeType::Decrypt,
            AttributeType::Unwrap,
            AttributeType::Derive,
            AttributeType::SignRecover,
        ];
        let said = self.attributes(self.object(key)?, &asked)?;
        // A module that does not know an attribute does not say it, and cannot do it.
        let allowed = said.iter().filter_map(|attribute| match attribute {
            Attribute::Decrypt(true) => Some("CKA_DECRYPT"),
            Attribute::Unwrap(true) => Some("CKA_UNWRAP"),
            Attribute::Derive(true) => Some("CKA_DERIVE"),
            Attribute::SignRecover(true) => Some("CKA_SIGN_RECOVER"),
            _ => None,
        });
        Ok(allowed.collect())
    }
}

impl Opened {
    fn object(&self, key: KeyHandle) -> Result<ObjectHandle, TokenError> {
        let unknown = || TokenError::Lost("the key was not found in this session".into());
        self.keys.borrow().get(key.0).copied().ok_or_else(unknown)
    }

    fn objects(&self, class: ObjectClass, label: &str) -> Result<Vec<ObjectHandle>, TokenError> {
        let template = [
            Attribute::Class(class),
            Attribute::Label(label.into()),
            Attribute::Token(true),
        ];
        self.session.find_objects(&template).map_err(lost)
    }

    /// A private key with the public key of the same label and CKA_ID.
    fn found(&self, key: ObjectHandle) -> Result<Found, TokenError> {
        let said = self.attributes(key, &[AttributeType::Id, AttributeType::Label])?;
        let mut names = said.clone();
        names.push(Attribute::Class(ObjectClass::PUBLIC_KEY));
        let id = said.into_iter().find_map(|attribute| match attribute {
            Attribute::Id(id) => Some(id),
            _ => None,
        });
        let halves = self.session.find_objects(&names).map_err(lost)?;
        let public = match halves.as_slice() {
            [half] => self
                .shown(*half)?
                .and_then(|shown| key::public_key(&shown).ok()),
            _ => None,
        };
        let mut keys = self.keys.borrow_mut();
        keys.push(key);
        Ok(Found {
            handle: KeyHandle(keys.len() - 1),
            id: id.unwrap_or_default(),
            public,
        })
    }

    fn shown(&self, half: ObjectHandle) -> Result<Option<Shown>, TokenError> {
        let kind = self.attributes(half, &[AttributeType::KeyType])?;
        let asked = match kind.as_slice() {
            [Attribute::KeyType(KeyType::EC)] => [AttributeType::EcParams, AttributeType::EcPoint],
            [Attribute::KeyType(KeyType::RSA)] => {
                [AttributeType::Modulus, AttributeType::PublicExponent]
            }
            _ => return Ok(None),
        };
        Ok(match self.attributes(half, &asked)?.as_slice() {
            [Attribute::EcParams(curve), Attribute::EcPoint(point)] => Some(Shown::Elliptic {
                curve: curve.clone(),
                point: point.clone(),
            }),
            [
                Attribute::Modulus(modulus),
                Attribute::PublicExponent(exponent),
            ] => Some(Shown::Rsa {
                modulus: modulus.clone(),
                exponent: exponent.clone(),
            }),
            _ => None,
        })
    }

    fn attributes(
        &self,
        object: ObjectHandle,
        asked: &[AttributeType],
    ) -> Result<Vec<Attribute>, TokenError> {
        self.session.get_attributes(object, asked).map_err(lost)
    }
}

/// What the module said, by the names of the standard; its long explanations stay out.
fn lost(error: Error) -> TokenError {
    TokenError::Lost(match error {
        Error::Pkcs11(said, function) => format!("C_{function:?}: {said:?}"),
        other => other.to_string(),
    })
}
