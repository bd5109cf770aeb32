//! Opening the authority: roots from the database, keys from their files or the token, everything held against each
//! other. What has no usable key here is left to those who have it, and said.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ca_core::config::{Config, text_file};
use ca_core::domain::missing_key::{MissingKey, MissingKeys};
use ca_core::domain::time::{Clock, iso_datetime};
use ca_core::domain::token_uri::SignerPlace;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, StoreResult, authority};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::absent_key::Stamp;
use super::{AbsentKey, AuthorityError, KeyPaths};
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
    absent: Vec<AbsentKey>,
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
            absent: Vec::new(),
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

    /// The same on a machine without the keys of some roots.
    #[must_use]
    pub fn with_absent(mut self, absent: Vec<AbsentKey>) -> Self {
        self.absent = absent;
        self
    }

    /// The keys of roots that should be here and cannot be used.
    pub fn missing_keys(&self) -> MissingKeys {
        let keys = self.absent.iter().map(|absent| absent.key.clone());
        MissingKeys(keys.collect())
    }

    /// The same for whoever issues by hand: from the newest root or from none.
    ///
    /// # Errors
    /// When the newest root's key is absent.
    pub fn from_newest(self) -> Result<Self, AuthorityError> {
        let current = self.current.issuer.generation();
        let newer = |absent: &&AbsentKey| absent.is_active && absent.key.generation > current;
        match self.absent.iter().rfind(newer) {
            Some(newest) => Err(AuthorityError::NewestAbsent(newest.key.clone())),
            None => Ok(self),
        }
    }

    /// Whether it has to be opened anew: the active generations in the database are no longer those that were found,
    /// or a key came that was absent.
    pub fn is_outdated(&self, store: &Store) -> StoreResult<bool> {
        let active: Vec<i64> = store
            .read(authority::active)?
            .iter()
            .map(|row| row.generation)
            .collect();
        let open = self.older.iter().chain([&self.current]);
        let absent = self.absent.iter().filter(|absent| absent.is_active);
        let mut found: Vec<i64> = open.map(|one| one.issuer.generation()).collect();
        found.extend(absent.map(|absent| absent.key.generation));
        Ok(active.last() != found.iter().max()
            || found.iter().any(|number| !active.contains(number))
            || self.absent.iter().any(AbsentKey::may_have_come))
    }

    /// The generation that issues: the newest one whose key is here.
    pub fn current(&self) -> &Generation {
        &self.current
    }

    /// Every generation that revocation lists and OCSP answers are signed for here, oldest first.
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

/// Opens every active generation whose key is here; the newest of them issues. Older ones that ended are left out:
/// there is nothing left to be said about their certificates. Retired ones are answered for as long as their key file
/// lies in its place, or their key on the token. A key that should be here and cannot be used is among
/// [`OpenAuthority::missing_keys`].
///
/// With `[authority] signer` naming a token, a generation whose key file is in its place is opened from the file (it was
/// made before the token came), every other one is the token's. A token need not be there now: one that is away is
/// waited for, and so is one that has no key at all, which may be another one than it should be.
///
/// # Errors
/// No authority, no key file that opens and belongs to its root, a root that ended or has not begun.
pub fn open_authority(
    store: &Store,
    config: &Config,
    passphrase: &SecretString,
    clock: &Arc<dyn Clock>,
) -> Result<OpenAuthority, AuthorityError> {
    let now = clock.now();
    let all = store.read(authority::list)?;
    let is_active = |row: &&Authority| row.status == "active";
    let newest = all.iter().rfind(is_active).ok_or(AuthorityError::None)?;
    let keys = Keys {
        paths: KeyPaths::of(config),
        signer: &config.authority.signer,
        patience: config.authority.signer_patience(),
        passphrase,
        clock,
    };
    let living = |row: &&Authority| now <= row.not_after;
    let active = all.iter().filter(is_active);
    let active: Vec<_> = active
        .filter(|row| living(row) || row.generation == newest.generation)
        .collect();
    let (mut open, mut absent) = keys.active(&active)?;
    let Some(current) = open.pop() else {
        return Err(AuthorityError::None);
    };
    check_life(&current.issuer, now)?;
    let mut retired = Vec::new();
    for row in all.iter().filter(|row| !is_active(row) && living(row)) {
        match keys.retired(row)? {
            Some(Found::Open(generation)) => retired.push(generation),
            Some(Found::Absent(key)) => absent.push(key.of_retired()),
            None => {}
        }
    }
    let sealing = SealingKeyPair::read(&keys.paths.sealing, passphrase)?;
    let journal = Journal::open(&config.journal_folder(), JournalKey::of(&sealing)?)?;
    let unsealer = Unsealer::new(&[sealing])?;
    Ok(OpenAuthority::new(current, open, unsealer)
        .with_retired(retired)
        .with_absent(absent)
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

/// A generation that was looked for.
enum Found {
    Open(Generation),
    Absent(AbsentKey),
}

impl Keys<'_> {
    /// The generations whose keys are here, in the order of `rows`, and the keys that are not.
    fn active(
        &self,
        rows: &[&Authority],
    ) -> Result<(Vec<Generation>, Vec<AbsentKey>), AuthorityError> {
        // Nothing else could be done meanwhile, so its own error is the best word, and its token is waited for.
        if let [only] = rows {
            return Ok((vec![self.generation(only)?], Vec::new()));
        }
        let (mut open, mut absent) = (Vec::new(), Vec::new());
        for row in rows {
            match self.find(row)? {
                Found::Open(generation) => open.push(generation),
                Found::Absent(key) => absent.push(key),
            }
        }
        if !open.is_empty() {
            return Ok((open, absent));
        }
        if rows.iter().any(|row| !self.is_on_token(row.generation)) {
            let keys = absent.into_iter().map(|absent| absent.key);
            return Err(AuthorityError::NoKey(MissingKeys(keys.collect())));
        }
        let waiting = rows.iter().map(|row| self.generation(row));
        Ok((waiting.collect::<Result<_, _>>()?, Vec::new()))
    }

    /// A generation, or why its key cannot be used.
    fn find(&self, row: &Authority) -> Result<Found, AuthorityError> {
        let issuer = Issuer::from_der(row.generation, &row.certificate_der)?;
        let file = self.paths.of_generation(row.generation);
        let missing = |place: String, why: String| MissingKey {
            generation: row.generation,
            place,
            why,
        };
        if let Some(token) = self.token_key(&issuer) {
            return Ok(match token.absence() {
                Some(why) => {
                    let key = missing(token.place(), why);
                    Found::Absent(AbsentKey::on_token(key, file, token))
                }
                None => Found::Open(Generation {
                    issuer,
                    signer: Box::new(token),
                }),
            });
        }
        // Taken first: a file that comes meanwhile is seen as another one later.
        let seen = Stamp::of(&file);
        Ok(match self.file_key(&issuer) {
            Ok(key) => Found::Open(Generation {
                issuer,
                signer: Box::new(key),
            }),
            Err(error) => {
                let key = missing(file.display().to_string(), error.to_string());
                Found::Absent(AbsentKey::in_file(key, file, seen))
            }
        })
    }

    /// A generation with its key held against its root; a token is not asked.
    fn generation(&self, row: &Authority) -> Result<Generation, AuthorityError> {
        let issuer = Issuer::from_der(row.generation, &row.certificate_der)?;
        let signer: Box<dyn Signer> = match self.token_key(&issuer) {
            Some(key) => Box::new(key),
            None => Box::new(self.file_key(&issuer)?),
        };
        Ok(Generation { issuer, signer })
    }

    /// A retired generation; none if its key was destroyed. A token that is away is taken to have it.
    fn retired(&self, row: &Authority) -> Result<Option<Found>, AuthorityError> {
        let is_on_token = self.is_on_token(row.generation);
        let file = self.paths.of_generation(row.generation);
        Ok(match self.find(row)? {
            Found::Absent(_) if is_on_token || !file.exists() => None,
            found => Some(found),
        })
    }

    fn is_on_token(&self, generation: i64) -> bool {
        *self.signer != SignerPlace::File && !self.paths.of_generation(generation).exists()
    }

    fn token_key(&self, issuer: &Issuer) -> Option<TokenSigner> {
        let generation = issuer.generation();
        match self.signer {
            SignerPlace::Token(uri) if self.is_on_token(generation) => {
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
