//! What an archive is locked with and what opens it: the age format, which `age` and `rage` open too.
use std::fmt;
use std::io::{BufRead, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use age::stream::{StreamReader, StreamWriter};
use age::{DecryptError, Decryptor, Encryptor, IdentityFile, Recipient};
use anyhow::{Context, anyhow, bail};
use secrecy::SecretString;

/// What an archive is locked with.
pub(crate) enum Lock {
    /// A passphrase (scrypt).
    Passphrase(SecretString),
    /// Public keys `age1…`; each of their owners can open it.
    Recipients(Vec<age::x25519::Recipient>),
}

/// What opens an archive.
pub(crate) enum Key {
    /// The passphrase.
    Passphrase(SecretString),
    /// A file with private keys, as `age-keygen` writes it.
    Identities(PathBuf),
}

impl Lock {
    /// A lock for those public keys.
    pub(crate) fn for_recipients(keys: &[String]) -> anyhow::Result<Self> {
        let read = |text: &String| {
            age::x25519::Recipient::from_str(text.trim()).map_err(|why| {
                anyhow!("{text} is no public key of age ({why}); `age-keygen` prints one, it begins with age1")
            })
        };
        let keys = keys.iter().map(read).collect::<anyhow::Result<_>>()?;
        Ok(Self::Recipients(keys))
    }

    /// Encrypts what is written into `to`.
    pub(crate) fn close<W: Write>(&self, to: W) -> anyhow::Result<StreamWriter<W>> {
        let encryptor = match self {
            Self::Passphrase(passphrase) => Encryptor::with_user_passphrase(passphrase.clone()),
            Self::Recipients(keys) => {
                Encryptor::with_recipients(keys.iter().map(|key| key as &dyn Recipient))?
            }
        };
        encryptor.wrap_output(to).context("writing the archive")
    }
}

impl Key {
    /// Decrypts what is read from `from`.
    pub(crate) fn open<R: BufRead>(&self, from: R, file: &Path) -> anyhow::Result<StreamReader<R>> {
        let explained = |why| explained(why, file);
        let decryptor = Decryptor::new_buffered(from).map_err(explained)?;
        match (self, decryptor.is_scrypt()) {
            (Self::Passphrase(passphrase), true) => {
                let identity = age::scrypt::Identity::new(passphrase.clone());
                let mut identities = std::iter::once(&identity as &dyn age::Identity);
                decryptor.decrypt(&mut identities).map_err(explained)
            }
            (Self::Identities(path), false) => {
                let identities = IdentityFile::from_file(path.display().to_string())
                    .with_context(|| format!("cannot read {}", path.display()))?
                    .into_identities()
                    .map_err(|why| anyhow!("{} holds no key of age: {why}", path.display()))?;
                let mut identities = identities
                    .iter()
                    .map(|one| one.as_ref() as &dyn age::Identity);
                decryptor.decrypt(&mut identities).map_err(explained)
            }
            (Self::Passphrase(_), false) => bail!(
                "{} is locked for the owner of a key, not by a passphrase; give the key's file with --identity",
                file.display()
            ),
            (Self::Identities(_), true) => bail!(
                "{} is locked by a passphrase, not for the owner of a key; leave --identity away",
                file.display()
            ),
        }
    }
}

fn explained(why: DecryptError, file: &Path) -> anyhow::Error {
    let file = file.display();
    match why {
        DecryptError::NoMatchingKeys | DecryptError::KeyDecryptionFailed => {
            anyhow!("this key does not open {file}; nothing was restored")
        }
        DecryptError::DecryptionFailed => {
            anyhow!(
                "the passphrase does not open {file}, or its head is damaged; nothing was restored"
            )
        }
        DecryptError::ExcessiveWork { .. } => anyhow!(
            "{file} was locked on a much faster machine; open it there, or with the program `age`"
        ),
        other => {
            anyhow!("{file} is no archive of ours, or is damaged ({other}); nothing was restored")
        }
    }
}

impl fmt::Debug for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Lock(passphrase)",
            Self::Recipients(_) => "Lock(recipients)",
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Passphrase(_) => "Key(passphrase)",
            Self::Identities(_) => "Key(identities)",
        })
    }
}
