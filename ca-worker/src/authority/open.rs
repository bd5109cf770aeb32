//! Opening the authority: root from the database, keys from their files, everything held against each other.
use std::path::Path;

use ca_core::config::Config;
use ca_core::domain::time::iso_datetime;
use ca_core::store::{Store, authority};
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::{AuthorityError, KeyPaths};
use crate::certificate::Issuer;
use crate::signer::{FileSigner, Signer};
use crate::unseal::{SealingKeyPair, Unsealer};

/// The authority with its keys in memory.
pub struct OpenAuthority {
    /// The root that issues.
    pub issuer: Issuer,
    /// The CA key.
    pub signer: Box<dyn Signer>,
    /// The sealing keys.
    pub unsealer: Unsealer,
}

impl std::fmt::Debug for OpenAuthority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenAuthority(generation {})", self.issuer.generation())
    }
}

/// Opens the newest active generation at `now`.
///
/// # Errors
/// No authority, a root that ended or has not begun, a key file that does not open or belongs to another root.
pub fn open_authority(
    store: &Store,
    config: &Config,
    passphrase: &SecretString,
    now: DateTime<Utc>,
) -> Result<OpenAuthority, AuthorityError> {
    let row = store
        .read(authority::current)?
        .ok_or(AuthorityError::None)?;
    let issuer = Issuer::from_der(row.generation, &row.certificate_der)?;
    check_life(&issuer, now)?;
    let paths = KeyPaths::of(config);
    let signer = FileSigner::open(&paths.authority, passphrase)?;
    if signer.public_key().spki() != issuer.public_key().spki() {
        return Err(AuthorityError::ForeignKey(paths.authority));
    }
    let sealing = SealingKeyPair::read(&paths.sealing, passphrase)?;
    Ok(OpenAuthority {
        issuer,
        signer: Box::new(signer),
        unsealer: Unsealer::new(&[sealing])?,
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
