//! A signer that keeps count, and can be taken away: tests hold its count against the intents (I2).
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use sha2::{Digest, Sha256};

use crate::crl::is_list;

use super::{PublicKey, Signer, SignerError};

/// Wraps a signer and remembers what it signed.
#[derive(Debug)]
pub struct CountingSigner<S> {
    inner: S,
    away: AtomicBool,
    signed: Mutex<Vec<String>>,
}

impl<S: Signer> CountingSigner<S> {
    /// Counts from nought.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            away: AtomicBool::new(false),
            signed: Mutex::new(Vec::new()),
        }
    }

    /// SHA-256 of every message signed so far that is no revocation list, 64 lower-case hex digits each, in order.
    pub fn signed(&self) -> Vec<String> {
        self.signed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// Takes the key away (`true`), as a token that was pulled, or brings it back.
    pub fn set_away(&self, away: bool) {
        self.away.store(away, Ordering::SeqCst);
    }
}

impl<S: Signer> Signer for CountingSigner<S> {
    fn public_key(&self) -> &PublicKey {
        self.inner.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        if self.away.load(Ordering::SeqCst) {
            return Err(SignerError::Unavailable("the token was taken away".into()));
        }
        let signature = self.inner.sign(message)?;
        if is_list(message) {
            return Ok(signature);
        }
        let mut signed = self
            .signed
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        signed.push(hex::encode(Sha256::digest(message)));
        Ok(signature)
    }

    /// A key that was taken away by [`Self::set_away`] goes in the middle of a batch, after this was asked.
    fn ready(&self) -> Result<(), SignerError> {
        self.inner.ready()
    }
}
