//! Opening the authority: root from the database, keys from their files, everything held against each other.
use std::path::Path;

use ca_core::config::Config;
use ca_core::domain::time::iso_datetime;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, StoreResult, authority};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{AuthorityError, KeyPaths};
use crate::certificate::Issuer;
use crate::signer::{FileSigner, Signer};
use crate::unseal::{SealingKeyPair, Unsealer};

/// One generation of the root with its key in memory.
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
            unsealer,
        }
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
/// place.
///
/// # Errors
/// No authority, a newest root that ended or has not begun, a key file that does not open or belongs to
/// another root.
pub fn open_authority(
    store: &Store,
    config: &Config,
    passphrase: &SecretString,
    now: DateTime<Utc>,
) -> Result<OpenAuthority, AuthorityError> {
    let mut active = store.read(authority::active)?;
    let newest = active.pop().ok_or(AuthorityError::None)?;
    let paths = KeyPaths::of(config);
    let open = |row: &Authority| generation(row, &paths, passphrase);
    let current = open(&newest)?;
    check_life(&current.issuer, now)?;
    let living = active.iter().filter(|row| now <= row.not_after);
    let older = living.map(open).collect::<Result<_, _>>()?;
    let sealing = SealingKeyPair::read(&paths.sealing, passphrase)?;
    let all = store.read(authority::list)?;
    let retired = all.iter().filter(|row| {
        let in_place = || paths.of_generation(row.generation).exists();
        row.status != "active" && now <= row.not_after && in_place()
    });
    let retired = retired.map(open).collect::<Result<_, _>>()?;
    let unsealer = Unsealer::new(&[sealing])?;
    Ok(OpenAuthority::new(current, older, unsealer).with_retired(retired))
}

/// Opens the key file of one generation and holds it against the root.
fn generation(
    row: &Authority,
    paths: &KeyPaths,
    passphrase: &SecretString,
) -> Result<Generation, AuthorityError> {
    let issuer = Issuer::from_der(row.generation, &row.certificate_der)?;
    let path = paths.of_generation(row.generation);
    let signer = FileSigner::open(&path, passphrase)?;
    if signer.public_key().spki() != issuer.public_key().spki() {
        return Err(AuthorityError::ForeignKey(path));
    }
    Ok(Generation {
        issuer,
        signer: Box::new(signer),
    })
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
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let text = Zeroizing::new(text);
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(SecretString::from(line)),
        None => Err(refuse("it is empty".into())),
    }
}
