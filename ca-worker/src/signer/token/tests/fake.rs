//! A token in memory that counts what is done to it.
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};

use openssl::ecdsa::EcdsaSig;
use openssl::rsa::Padding;
use secrecy::{ExposeSecret, SecretString};

use super::super::attendant::{ATTENDANTS, Attendant};
use super::super::driver::{Access, Driver, Found, KeyHandle, LoginError, TokenSession};
use super::*;
use crate::signer::KeyPair;

/// The right PIN.
pub(super) const PIN: &str = "135792";

/// Longer than any call that does not hang takes on a slow machine.
pub(super) const LONG: Duration = Duration::from_secs(300);

/// What the token is like, and what was done to it.
#[derive(Default)]
pub(super) struct Fake {
    pub(super) present: bool,
    pub(super) locked: bool,
    pub(super) last_try: bool,
    /// Whether everything called "twin" is there twice.
    pub(super) twins: bool,
    /// Whether keys that are made can be read out.
    pub(super) leaky: bool,
    /// What keys may do beside signing.
    pub(super) other_uses: Vec<&'static str>,
    /// The call that does not come back while this names it.
    pub(super) hangs_in: Option<&'static str>,
    /// Calls that came to it while another hung: none may.
    pub(super) beside: usize,
    /// The call that panics, once.
    pub(super) panics_in: Option<&'static str>,
    inside: bool,
    pub(super) asked: usize,
    pub(super) opened: usize,
    pub(super) logins: usize,
    pub(super) signatures: usize,
    /// Sessions of an older epoch are lost.
    epoch: usize,
    pub(super) keys: BTreeMap<String, (Vec<u8>, Arc<KeyPair>)>,
}

impl Fake {
    pub(super) fn lose_sessions(&mut self) {
        self.epoch += 1;
    }
}

/// A token, its URI and PIN file, a clock.
pub(super) struct World {
    pub(super) folder: tempfile::TempDir,
    pub(super) uri: TokenUri,
    pub(super) clock: FixedClock,
    fake: Arc<Mutex<Fake>>,
    attendant: Arc<Attendant>,
}

impl World {
    /// With the first generation's key.
    pub(super) fn new() -> Self {
        Self::with(KeyAlgorithm::P384)
    }

    pub(super) fn with(algorithm: KeyAlgorithm) -> Self {
        let world = Self::empty();
        let key = Arc::new(KeyPair::generate(algorithm).unwrap());
        let keys = BTreeMap::from([("root-1".to_owned(), (vec![1], key))]);
        world.token().keys = keys;
        world
    }

    /// Without a key.
    pub(super) fn empty() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let folder = tempfile::tempdir().unwrap();
        let uri = format!(
            "pkcs11:token=inkan;object=root?module-path=/nowhere/{}.so&pin-source=file:{}",
            NUMBER.fetch_add(1, Ordering::SeqCst),
            folder.path().join("pin").display()
        );
        let fake = Arc::new(Mutex::new(Fake {
            present: true,
            ..Fake::default()
        }));
        let uri = TokenUri::parse(&uri).unwrap();
        let driver = Box::new(FakeDriver(Arc::clone(&fake)));
        let attendant = Arc::new(Attendant::new(&uri.module, driver));
        let known = Arc::clone(&attendant);
        ATTENDANTS.lock().unwrap().insert(uri.module.clone(), known);
        let world = Self {
            folder,
            uri,
            clock: FixedClock::new(morning()),
            fake,
            attendant,
        };
        world.write_pin(PIN);
        world
    }

    pub(super) fn token(&self) -> MutexGuard<'_, Fake> {
        self.fake.lock().unwrap()
    }

    /// How often a session was opened, and how often the PIN was given.
    pub(super) fn opened_and_logins(&self) -> (usize, usize) {
        let token = self.token();
        (token.opened, token.logins)
    }

    pub(super) fn lock(&self, locked: bool, last_try: bool) {
        let mut token = self.token();
        (token.locked, token.last_try) = (locked, last_try);
    }

    pub(super) fn write_pin(&self, pin: &str) {
        let _ = std::fs::remove_file(&self.uri.pin_file);
        let bytes = format!("{pin}\n");
        ca_core::private_file::create(&self.uri.pin_file, bytes.as_bytes(), 0o600).unwrap();
    }

    pub(super) fn public(&self) -> PublicKey {
        self.token().keys["root-1"].1.public_key().clone()
    }

    pub(super) fn signer(&self) -> TokenSigner {
        self.signer_of(1)
    }

    pub(super) fn signer_of(&self, generation: i64) -> TokenSigner {
        let clock = Arc::new(self.clock.clone());
        let signer = TokenSigner::new(&self.uri, generation, self.public(), clock);
        assert!(
            Arc::ptr_eq(&signer.attendant, &self.attendant),
            "one thread for each module"
        );
        signer.with_patience(LONG)
    }
}

struct FakeDriver(Arc<Mutex<Fake>>);

/// Stays in the call for as long as it is to hang.
fn enter(fake: &Mutex<Fake>, call: &'static str) {
    {
        let mut fake = fake.lock().unwrap();
        if std::mem::replace(&mut fake.inside, true) {
            fake.beside += 1;
        }
        if fake.panics_in.take_if(|at| *at == call).is_some() {
            fake.inside = false;
            drop(fake);
            panic!("{call} was told to");
        }
    }
    while fake.lock().unwrap().hangs_in == Some(call) {
        std::thread::sleep(Duration::from_millis(1));
    }
    fake.lock().unwrap().inside = false;
}

impl Driver for FakeDriver {
    fn open(&mut self, uri: &TokenUri, _: Access) -> Result<Box<dyn TokenSession>, TokenError> {
        enter(&self.0, "open");
        let mut fake = self.0.lock().unwrap();
        fake.asked += 1;
        if !fake.present {
            return Err(TokenError::Absent(uri.token.clone(), 0));
        }
        fake.opened += 1;
        Ok(Box::new(FakeSession {
            epoch: fake.epoch,
            fake: Arc::clone(&self.0),
            keys: Mutex::new(Vec::new()),
        }))
    }

    fn finish(&mut self) {
        enter(&self.0, "finish");
    }
}

struct FakeSession {
    epoch: usize,
    fake: Arc<Mutex<Fake>>,
    keys: Mutex<Vec<String>>,
}

impl FakeSession {
    fn fake(&self) -> Result<MutexGuard<'_, Fake>, TokenError> {
        let fake = self.fake.lock().unwrap();
        match fake.epoch == self.epoch && fake.present {
            true => Ok(fake),
            false => Err(TokenError::Lost("C_Sign: SessionHandleInvalid".into())),
        }
    }

    fn key(&self, handle: KeyHandle) -> Result<Arc<KeyPair>, TokenError> {
        let label = self.keys.lock().unwrap()[handle.0].clone();
        Ok(Arc::clone(&self.fake()?.keys[&label].1))
    }
}

impl TokenSession for FakeSession {
    fn check_tries(&self, token: &str) -> Result<(), TokenError> {
        let fake = self.fake()?;
        match (fake.locked, fake.last_try) {
            (true, _) => Err(TokenError::PinLocked(token.into())),
            (_, true) => Err(TokenError::LastTry(token.into())),
            _ => Ok(()),
        }
    }

    fn login(&self, pin: &SecretString) -> Result<(), LoginError> {
        self.fake().map_err(LoginError::Other)?.logins += 1;
        enter(&self.fake, "login");
        match pin.expose_secret() == PIN {
            true => Ok(()),
            false => Err(LoginError::Pin),
        }
    }

    fn find(&self, label: &str) -> Result<Vec<Found>, TokenError> {
        let fake = self.fake()?;
        let mut keys = self.keys.lock().unwrap();
        let twins = fake.twins && label == "twin";
        let name = if twins { "root-1" } else { label };
        let found = fake.keys.get(name).into_iter();
        let found = found.flat_map(|key| std::iter::repeat_n(key, if twins { 2 } else { 1 }));
        let one = |(id, key): &(Vec<u8>, Arc<KeyPair>)| {
            keys.push(name.to_owned());
            Found {
                handle: KeyHandle(keys.len() - 1),
                id: id.clone(),
                public: Some(key.public_key().clone()),
            }
        };
        Ok(found.map(one).collect())
    }

    fn has(&self, label: &str) -> Result<bool, TokenError> {
        Ok(self.fake()?.keys.contains_key(label))
    }

    fn touch(&self, key: KeyHandle) -> Result<(), TokenError> {
        self.key(key).map(drop)
    }

    fn sign(
        &self,
        key: KeyHandle,
        algorithm: KeyAlgorithm,
        input: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        let key = self.key(key)?;
        enter(&self.fake, "sign");
        self.fake()?.signatures += 1;
        if let Ok(rsa) = key.private().rsa() {
            let mut signed = vec![0; rsa.size() as usize];
            rsa.private_encrypt(input, &mut signed, Padding::PKCS1)
                .unwrap();
            return Ok(signed);
        }
        let half = if algorithm == KeyAlgorithm::P256 {
            32
        } else {
            48
        };
        let signed = EcdsaSig::sign(input, &key.private().ec_key().unwrap()).unwrap();
        let part = |number: &openssl::bn::BigNumRef| number.to_vec_padded(half).unwrap();
        Ok([part(signed.r()), part(signed.s())].concat())
    }

    fn generate(&self, label: &str, id: &[u8], algorithm: KeyAlgorithm) -> Result<(), TokenError> {
        let key = Arc::new(KeyPair::generate(algorithm).unwrap());
        self.fake()?.keys.insert(label.into(), (id.into(), key));
        Ok(())
    }

    fn never_leaves(&self, _: KeyHandle) -> Result<bool, TokenError> {
        Ok(!self.fake()?.leaky)
    }

    fn other_uses(&self, _: KeyHandle) -> Result<Vec<&'static str>, TokenError> {
        Ok(self.fake()?.other_uses.clone())
    }
}
