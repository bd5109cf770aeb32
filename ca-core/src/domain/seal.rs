//! Sealing an issuance password to the worker (HPKE, RFC 9180): who holds only this module cannot read it back.
//!
//! Suite: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, base mode. The associated
//! data name the request and the account, so that a sealed password moved to another row does not open.
//! The plaintext is padded to a fixed length: the sealed form does not tell how long the password is.
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, OpModeS, Serializable};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::request::RequestId;
use super::user_id::UserId;

/// The key encapsulation both ends use.
pub type Kem = X25519HkdfSha256;
/// The key derivation both ends use.
pub type Kdf = HkdfSha256;
/// The cipher both ends use.
pub type Aead = ChaCha20Poly1305;

/// HPKE's `info`: binds a sealed password to this use.
pub const INFO: &[u8] = b"inkan/issuance-password/v1";
/// Length of the padded plaintext in bytes: one length byte, then the password, then zeros.
pub const PADDED_LENGTH: usize = 128;
/// Length of the encapsulated key (X25519 public key) that precedes the ciphertext.
pub const ENCAPSULATED_LENGTH: usize = 32;

/// A password that only the holder of the named sealing key can open.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedPassword {
    /// Which sealing key opens it.
    pub key_id: String,
    /// Encapsulated key, then ciphertext with its tag.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for SealedPassword {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "SealedPassword(key {}, {} bytes)",
            self.key_id,
            self.bytes.len()
        )
    }
}

/// The worker's public sealing key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealingKey {
    /// Names the key; sealed passwords carry it.
    pub id: String,
    /// X25519 public key, 32 bytes.
    pub public_key: Vec<u8>,
}

/// Why a password could not be sealed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The stored public key is not an X25519 key.
    #[error("the worker's sealing key `{0}` is damaged; run `ca-cli ca show`")]
    Key(String),
    /// Longer than the padding allows.
    #[error("an issuance password has at most {} bytes", PADDED_LENGTH - 1)]
    TooLong,
    /// The cryptographic operation failed.
    #[error("sealing failed")]
    Crypto,
}

/// The associated data: request and account.
pub fn associated_data(request_id: &RequestId, user_id: &UserId) -> Vec<u8> {
    [
        request_id.as_str().as_bytes(),
        &[0],
        user_id.as_str().as_bytes(),
    ]
    .concat()
}

/// Seals `password` for one request of one account.
pub fn seal(
    password: &SecretString,
    key: &SealingKey,
    request_id: &RequestId,
    user_id: &UserId,
) -> Result<SealedPassword, SealError> {
    let public = <Kem as hpke::Kem>::PublicKey::from_bytes(&key.public_key)
        .map_err(|_| SealError::Key(key.id.clone()))?;
    let padded = pad(password)?;
    let (encapsulated, ciphertext) = hpke::single_shot_seal::<Aead, Kdf, Kem>(
        &OpModeS::Base,
        &public,
        INFO,
        padded.as_slice(),
        &associated_data(request_id, user_id),
    )
    .map_err(|_| SealError::Crypto)?;
    let mut bytes = encapsulated.to_bytes().to_vec();
    bytes.extend_from_slice(&ciphertext);
    Ok(SealedPassword {
        key_id: key.id.clone(),
        bytes,
    })
}

fn pad(password: &SecretString) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let text = password.expose_secret().as_bytes();
    let length = u8::try_from(text.len()).map_err(|_| SealError::TooLong)?;
    if text.len() >= PADDED_LENGTH {
        return Err(SealError::TooLong);
    }
    let mut padded = Zeroizing::new(Vec::with_capacity(PADDED_LENGTH));
    padded.push(length);
    padded.extend_from_slice(text);
    padded.resize(PADDED_LENGTH, 0);
    Ok(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_hidden_and_a_damaged_key_is_refused() {
        use hpke::Kem as _;
        let (_, public) = Kem::gen_keypair();
        let key = SealingKey {
            id: "k1".into(),
            public_key: public.to_bytes().to_vec(),
        };
        let id = RequestId::parse("0192f5a0-0000-7000-8000-000000000001").unwrap();
        let user = UserId::try_from("KJ2700000001".to_owned()).unwrap();
        let short = seal(&SecretString::from("a"), &key, &id, &user).unwrap();
        let long = seal(&SecretString::from("a".repeat(127)), &key, &id, &user).unwrap();
        assert_eq!(short.bytes.len(), long.bytes.len());
        let again = seal(&SecretString::from("a"), &key, &id, &user).unwrap();
        assert_ne!(short.bytes, again.bytes, "each sealing draws a fresh key");
        let too_long = SecretString::from("a".repeat(128));
        assert_eq!(seal(&too_long, &key, &id, &user), Err(SealError::TooLong));
        let damaged = SealingKey {
            public_key: vec![1; 31],
            ..key
        };
        assert_eq!(
            seal(&SecretString::from("a"), &damaged, &id, &user),
            Err(SealError::Key("k1".into()))
        );
    }
}
