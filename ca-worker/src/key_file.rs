//! Private keys at rest: PKCS#8 under a passphrase (RFC 5958, RFC 8018 PBES2, scrypt, AES-256-CBC), PEM.
//!
//! OpenSSL's own writer derives the key by 2,048 rounds of PBKDF2, which a graphics card laughs at; so the
//! wrapping is written here, with scrypt. `openssl pkey -in FILE` reads these files: no lock-in.
mod pbes2;
#[cfg(test)]
mod tests;

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ca_core::domain::random::Random;
use openssl::pkey::{PKey, PKeyRef, Private};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use ca_core::private_file;

/// The shortest passphrase that a key file is made with, in characters.
pub const SHORTEST_PASSPHRASE: usize = 12;
/// No key file is longer, in bytes; a longer one is something else.
const LONGEST_FILE: u64 = 64 * 1024;

/// Why a key file cannot be read or written; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// There is no such file.
    #[error(
        "there is no key file {0}; copy it there from a machine that has it or from the backup, or correct its path in [authority]"
    )]
    Missing(PathBuf),
    /// A key must never be overwritten.
    #[error(
        "there is a key file {0} already; it is not overwritten. Move it away if it is really not needed"
    )]
    Exists(PathBuf),
    /// Others may read it.
    #[error("key file {0} can be read by others (mode {1:03o}); run `chmod 600 {0}`")]
    Open(PathBuf, u32),
    /// It does not open.
    #[error("the passphrase does not open key file {0}; check authority.passphrase_file")]
    WrongPassphrase(PathBuf),
    /// A key without protection.
    #[error(
        "key file {0} is not encrypted; encrypt it with `openssl pkcs8 -topk8 -scrypt -in {0} -out NEW`"
    )]
    Unprotected(PathBuf),
    /// Not a key file, or a broken one.
    #[error("key file {0} is damaged ({1}); restore it from the backup")]
    Damaged(PathBuf, String),
    /// Too easy to guess.
    #[error("the passphrase has {0} characters; at least {SHORTEST_PASSPHRASE} are needed")]
    ShortPassphrase(usize),
    /// The disk said no.
    #[error("key file {0}: {1}")]
    Disk(PathBuf, io::Error),
    /// OpenSSL said no.
    #[error("OpenSSL: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
}

/// Encrypts `key` under `passphrase` into a new file at `path`, mode 0600, on disk when this returns.
pub fn write(
    path: &Path,
    key: &PKeyRef<Private>,
    passphrase: &SecretString,
    random: &dyn Random,
) -> Result<(), KeyFileError> {
    let length = passphrase.expose_secret().chars().count();
    if length < SHORTEST_PASSPHRASE {
        return Err(KeyFileError::ShortPassphrase(length));
    }
    let plain = Zeroizing::new(key.private_key_to_pkcs8()?);
    let pem = pbes2::to_pem(&pbes2::encrypt(&plain, passphrase.expose_secret(), random)?);
    private_file::create(path, pem.as_bytes(), 0o600).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists(path.to_owned()),
        _ => KeyFileError::Disk(path.to_owned(), error),
    })
}

/// Opens the key file at `path`.
pub fn read(path: &Path, passphrase: &SecretString) -> Result<PKey<Private>, KeyFileError> {
    let pem = contents(path)?;
    if pem.starts_with(b"-----BEGIN PRIVATE KEY") || pem.starts_with(b"-----BEGIN EC PRIVATE KEY") {
        return Err(KeyFileError::Unprotected(path.to_owned()));
    }
    let wrapped =
        pbes2::from_pem(&pem).map_err(|why| KeyFileError::Damaged(path.to_owned(), why.into()))?;
    PKey::private_key_from_pkcs8_passphrase(&wrapped, passphrase.expose_secret().as_bytes())
        .map_err(|_| KeyFileError::WrongPassphrase(path.to_owned()))
}

fn contents(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let disk = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing(path.to_owned()),
        _ => KeyFileError::Disk(path.to_owned(), error),
    };
    let file = File::open(path).map_err(disk)?;
    let mode = file.metadata().map_err(disk)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Open(path.to_owned(), mode));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST_FILE)
        .read_to_end(&mut bytes)
        .map_err(disk)?;
    Ok(bytes)
}
