//! Opening the authority: root from the database, keys from their files or the token, everything held against each
//! other.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ca_core::config::{Config, text_file};
use ca_core::domain::time::{Clock, iso_datetime};
use ca_core::domain::token_uri::SignerPlace;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, StoreResult, authority};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{AuthorityError, KeyPaths};
use crate::certificate::Issuer;
use crate::journal::{Journal, JournalKey};
use crate::signer::{FileSigner, Signer, TokenSigner};
use crate::unseal::{SealingKeyPair, Unsealer};

/// One generation of the root with the way to its key.
pub struct Generation {
    /// The root.
    pub issuer: Issuer,
    /// Its key.
    pub signer: Box<dyn Signer>,
}

/// The authority with its keys in memory.
pub struct OpenAuthority {
    current: Generation,
    older: Vec<Generation>,
    retired: Vec<Generation>,
    journal: Journal,
    /// The sealing keys.
    pub unsealer: Unsealer,
}

impl OpenAuthority {
    /// An authority that issues from `current` and still answers (CRL, OCSP) for `older`.
    pub fn new(current: Generation, older: Vec<Generation>, unsealer: Unsealer) -> Self {
        Self {
            current,
            older,
            retired: Vec::new(),
            journal: Journal::nowhere(),
            unsealer,
        }
    }

    /// The same with a journal that is kept.
    #[must_use]
    pub fn with_journal(mut self, journal: Journal) -> Self {
        self.journal = journal;
        self
    }

    /// The journal of whatever is signed here.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The same with generations that are retired and still answered for.
    #[must_use]
    pub fn with_retired(mut self, retired: Vec<Generation>) -> Self {
        self.retired = retired;
        self
    }

    /// Whether the active generations in the database are no longer those that are open here.
    pub fn is_outdated(&self, store: &Store) -> StoreResult<bool> {
        let active: Vec<i64> = store
            .read(authority::active)?
            .iter()
            .map(|row| row.generation)
            .collect();
        let number = |one: &Generation| one.issuer.generation();
        let is_gone = |one: &Generation| !active.contains(&number(one));
        Ok(active.last() != Some(&number(&self.current)) || self.older.iter().any(is_gone))
    }

    /// The generation that issues.
    pub fn current(&self) -> &Generation {
        &self.current
    }

    /// Every generation that revocation lists and OCSP answers are signed for, oldest first.
    pub fn generations(&self) -> impl Iterator<Item = &Generation> {
        let older = self.retired.iter().chain(&self.older);
        older.chain(std::iter::once(&self.current))
    }
}

impl std::fmt::Debug for Generation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Generation({})", self.issuer.generation())
    }
}

impl std::fmt::Debug for OpenAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.generations()).finish()
    }
}

/// Opens every active generation; the newest one issues. Older ones that ended are left out: there is nothing
/// left to be said about their certificates. Retired ones are answered for as long as their key file lies in its
/// place, or their key on the token.
///
/// With `[authority] signer` naming a token, a generation whose key file is in its place is opened from the file (it was
/// made before the token came), every other one is the token's. A token need not be there now.
///
/// # Errors
/// No authority, a newest root that ended or has not begun, a key file that does not open or belongs to
/// another root.
pub fn open_authority(
    store: &Store,
    config: &Config,
    passphrase: &SecretString,
    clock: &Arc<dyn Clock>,
) -> Result<OpenAuthority, AuthorityError> {
    let now = clock.now();
    let mut active = store.read(authority::active)?;
    let newest = active.pop().ok_or(AuthorityError::None)?;
    let keys = Keys {
        paths: KeyPaths::of(config),
        signer: &config.authority.signer,
        patience: config.authority.signer_patience(),
        passphrase,
        clock,
    };
    let current = keys.generation(&newest)?;
    check_life(&current.issuer, now)?;
    let living = active.iter().filter(|row| now <= row.not_after);
    let older = living.map(|row| keys.generation(row));
    let older = older.collect::<Result<_, _>>()?;
    let sealing = SealingKeyPair::read(&keys.paths.sealing, passphrase)?;
    let all = store.read(authority::list)?;
    let retired = all
        .iter()
        .filter(|row| row.status != "active" && now <= row.not_after);
    let retired = retired.filter_map(|row| keys.retired(row).transpose());
    let retired = retired.collect::<Result<_, _>>()?;
    let journal = Journal::open(&config.journal_folder(), JournalKey::of(&sealing)?)?;
    let unsealer = Unsealer::new(&[sealing])?;
    Ok(OpenAuthority::new(current, older, unsealer)
        .with_retired(retired)
        .with_journal(journal))
}

/// The key of the MACs in the journals, from the sealing key's file.
///
/// # Errors
/// When that file is not there or does not open.
pub fn journal_key(
    config: &Config,
    passphrase: &SecretString,
) -> Result<JournalKey, AuthorityError> {
    let sealing = SealingKeyPair::read(&KeyPaths::of(config).sealing, passphrase)?;
    Ok(JournalKey::of(&sealing)?)
}

/// Where the keys of the generations are.
struct Keys<'a> {
    paths: KeyPaths,
    signer: &'a SignerPlace,
    patience: Duration,
    passphrase: &'a SecretString,
    clock: &'a Arc<dyn Clock>,
}

impl Keys<'_> {
    /// A generation with its key held against its root.
    fn generation(&self, row: &Authority) -> Result<Generation, AuthorityError> {
        let issuer = Issuer::from_der(row.generation, &row.certificate_der)?;
        let signer: Box<dyn Signer> = match self.token_key(&issuer) {
            Some(key) => Box::new(key),
            None => Box::new(self.file_key(&issuer)?),
        };
        Ok(Generation { issuer, signer })
    }

    /// A retired generation, if its key is still there. Of a token that is away it is taken to be.
    fn retired(&self, row: &Authority) -> Result<Option<Generation>, AuthorityError> {
        let issuer = Issuer::from_der(row.generation, &row.certificate_der)?;
        let is_there = match self.token_key(&issuer) {
            Some(key) => !key.is_gone(),
            None => self.paths.of_generation(row.generation).exists(),
        };
        is_there.then(|| self.generation(row)).transpose()
    }

    fn token_key(&self, issuer: &Issuer) -> Option<TokenSigner> {
        let generation = issuer.generation();
        match self.signer {
            SignerPlace::Token(uri) if !self.paths.of_generation(generation).exists() => {
                let (public, clock) = (issuer.public_key().clone(), Arc::clone(self.clock));
                let key = TokenSigner::new(uri, generation, public, clock);
                Some(key.with_patience(self.patience))
            }
            _ => None,
        }
    }

    fn file_key(&self, issuer: &Issuer) -> Result<FileSigner, AuthorityError> {
        let path = self.paths.of_generation(issuer.generation());
        let signer = FileSigner::open(&path, self.passphrase)?;
        if signer.public_key().spki() != issuer.public_key().spki() {
            return Err(AuthorityError::ForeignKey(path));
        }
        Ok(signer)
    }
}

/// Refuses to work before the root's first or after its last second.
pub(crate) fn check_life(issuer: &Issuer, now: DateTime<Utc>) -> Result<(), AuthorityError> {
    let life = issuer.validity();
    if now > life.not_after {
        return Err(AuthorityError::Expired(iso_datetime(life.not_after)));
    }
    if now < life.not_before {
        let (now, begin) = (iso_datetime(now), iso_datetime(life.not_before));
        return Err(AuthorityError::ClockBeforeRoot { now, begin });
    }
    Ok(())
}

/// The passphrase: the first line of the file at `path`.
pub fn read_passphrase(path: &Path) -> Result<SecretString, AuthorityError> {
    let refuse = |why: String| AuthorityError::Passphrase(path.to_owned(), why);
    let text = text_file::read(path).map_err(|error| refuse(error.to_string()))?;
    let text = Zeroizing::new(text);
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(SecretString::from(line)),
        None => Err(refuse("it is empty".into())),
    }
}
