//! The signer whose key lies in an encrypted file.
use std::path::Path;

use secrecy::SecretString;

use super::{KeyPair, PublicKey, Signer, SignerError};
use crate::key_file::{self, KeyFileError};

/// Holds the CA key in memory after its file was opened with the passphrase.
#[derive(Debug)]
pub struct FileSigner {
    key: KeyPair,
}

impl FileSigner {
    /// Opens the encrypted key file at `path`.
    ///
    /// # Errors
    /// When the file is missing, open to others, damaged, of a foreign kind, or the passphrase is wrong.
    pub fn open(path: &Path, passphrase: &SecretString) -> Result<Self, KeyFileError> {
        let private = key_file::read(path, passphrase)?;
        let key = KeyPair::from_private(private)
            .map_err(|error| KeyFileError::Damaged(path.to_owned(), error.to_string()))?;
        Ok(Self { key })
    }
}

impl From<KeyPair> for FileSigner {
    fn from(key: KeyPair) -> Self {
        Self { key }
    }
}

impl Signer for FileSigner {
    fn public_key(&self) -> &PublicKey {
        self.key.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        self.key.sign(message)
    }
}
