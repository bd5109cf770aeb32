//! The journal's key: who does not hold it can neither change a line of a journal nor invent one.
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::unseal::{SealingKeyError, SealingKeyPair};

/// What the key is derived by; nothing else is derived by these bytes.
const LABEL: &[u8] = b"inkan/journal-key/v1";
/// Block of SHA-256 in bytes; a shorter key is followed by zeros (RFC 2104 §2).
const BLOCK: usize = 64;

/// The key of the MACs in the journals, 32 bytes that follow from the sealing key; wiped when dropped.
///
/// Every machine of a site has the same sealing key, so each reads the journals of all.
#[derive(Clone)]
pub struct JournalKey(Zeroizing<[u8; BLOCK]>);

impl JournalKey {
    /// The key of the installation whose sealing key this is.
    ///
    /// # Errors
    /// When OpenSSL does not hand out the sealing key.
    pub fn of(sealing: &SealingKeyPair) -> Result<Self, SealingKeyError> {
        let derived = sealing.derived(LABEL)?;
        let mut block = Zeroizing::new([0; BLOCK]);
        for (place, byte) in block.iter_mut().zip(derived.iter()) {
            *place = *byte;
        }
        Ok(Self(block))
    }

    /// HMAC-SHA-256 (RFC 2104) over a line's text and the hash of the line before it, 64 hex digits.
    pub(super) fn mac(&self, previous: &str, text: &str) -> String {
        hex::encode(self.over(previous, text).finalize().into_bytes())
    }

    /// Whether `mac` is the code over this text after that line; compared in constant time.
    pub(super) fn verifies(&self, previous: &str, text: &str, mac: &str) -> bool {
        let mut bytes = [0; 32];
        hex::decode_to_slice(mac, &mut bytes).is_ok()
            && self.over(previous, text).verify_slice(&bytes).is_ok()
    }

    /// `previous` always has 64 digits, so that no two lines share their bytes.
    fn over(&self, previous: &str, text: &str) -> Hmac<Sha256> {
        let block: &[u8; BLOCK] = &self.0;
        let mut mac = Hmac::<Sha256>::new(block.into());
        mac.update(b"inkan/journal-mac/v1");
        mac.update(previous.as_bytes());
        mac.update(text.as_bytes());
        mac
    }
}

impl std::fmt::Debug for JournalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JournalKey")
    }
}
