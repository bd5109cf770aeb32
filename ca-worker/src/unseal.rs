//! The worker's half of sealing: opens issuance passwords that the web tier sealed (HPKE, RFC 9180).
//!
//! The other half is `ca_core::domain::seal`; suite, `info` and associated data come from there.
use std::path::Path;

use ca_core::domain::random::{self, Random};
use ca_core::domain::request::RequestId;
use ca_core::domain::seal::{
    Aead, ENCAPSULATED_LENGTH, INFO, Kdf, Kem, PADDED_LENGTH, SealedPassword, SealingKey,
    associated_data,
};
use ca_core::domain::user_id::UserId;
use hmac::{Hmac, KeyInit, Mac};
use hpke::{Deserializable, OpModeR};
use openssl::pkey::{Id, PKey, Private};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::key_file::{self, KeyFileError};

/// Block of SHA-256 in bytes; a shorter key is followed by zeros (RFC 2104 §2).
const BLOCK: usize = 64;

type SecretKey = <Kem as hpke::Kem>::PrivateKey;
type EncapsulatedKey = <Kem as hpke::Kem>::EncappedKey;

/// A sealing key pair: X25519, in a key file of the same form as the CA key's.
#[derive(Debug)]
pub struct SealingKeyPair {
    private: PKey<Private>,
}

/// Opens sealed passwords with the keys that this worker holds.
pub struct Unsealer {
    keys: Vec<(String, SecretKey)>,
}

/// Why a sealed password stays shut. None of these goes away by itself; the applicant has to type it again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnsealError {
    /// Sealed to a key that this worker does not hold.
    #[error("the issuance password is sealed to key `{0}`, which this worker does not hold")]
    UnknownKey(String),
    /// Damaged, or moved here from another request or account.
    #[error(
        "the sealed issuance password does not belong to this request and account, or is damaged"
    )]
    Shut,
    /// It opens, and what is inside is not a padded password.
    #[error("the sealed issuance password opens, but holds no password")]
    Malformed,
}

/// Why there is no sealing key.
#[derive(Debug, thiserror::Error)]
pub enum SealingKeyError {
    /// The key file cannot be read or written.
    #[error(transparent)]
    File(#[from] KeyFileError),
    /// The file holds another kind of key.
    #[error("the sealing key file holds no X25519 key; correct authority.sealing_key_file")]
    Kind,
    /// OpenSSL said no.
    #[error("OpenSSL: {0}")]
    OpenSsl(#[from] openssl::error::ErrorStack),
}

impl SealingKeyPair {
    /// Draws a key pair.
    pub fn generate(random: &dyn Random) -> Result<Self, SealingKeyError> {
        let secret: Zeroizing<[u8; 32]> = Zeroizing::new(random::bytes(random));
        let private = PKey::private_key_from_raw_bytes(secret.as_ref(), Id::X25519)?;
        Ok(Self { private })
    }

    /// Opens the key file at `path`.
    pub fn read(path: &Path, passphrase: &SecretString) -> Result<Self, SealingKeyError> {
        let private = key_file::read(path, passphrase)?;
        if private.id() == Id::X25519 {
            Ok(Self { private })
        } else {
            Err(SealingKeyError::Kind)
        }
    }

    /// Writes a new key file at `path`.
    pub fn write(
        &self,
        path: &Path,
        passphrase: &SecretString,
        random: &dyn Random,
    ) -> Result<(), SealingKeyError> {
        Ok(key_file::write(path, &self.private, passphrase, random)?)
    }

    /// 32 bytes that nobody computes who does not have this key: HMAC-SHA-256 (RFC 2104) of `label` under the private
    /// half. Another label gives other bytes, and none of them tells anything of the key.
    ///
    /// # Errors
    /// When OpenSSL does not hand out the private half.
    pub(crate) fn derived(&self, label: &[u8]) -> Result<Zeroizing<[u8; 32]>, SealingKeyError> {
        let secret = Zeroizing::new(self.private.raw_private_key()?);
        let mut block = Zeroizing::new([0; BLOCK]);
        for (place, byte) in block.iter_mut().zip(secret.iter()) {
            *place = *byte;
        }
        let block: &[u8; BLOCK] = &block;
        let mut mac = Hmac::<Sha256>::new(block.into());
        mac.update(label);
        Ok(Zeroizing::new(mac.finalize().into_bytes().into()))
    }

    /// The public half under its name: the first 16 hex digits of its SHA-256.
    pub fn public(&self) -> Result<SealingKey, SealingKeyError> {
        let public_key = self.private.raw_public_key()?;
        let digest = hex::encode(Sha256::digest(&public_key));
        Ok(SealingKey {
            id: digest.chars().take(16).collect(),
            public_key,
        })
    }
}

impl Unsealer {
    /// Opens passwords sealed to any of `pairs`: the current key, and earlier ones while requests wait for them.
    pub fn new(pairs: &[SealingKeyPair]) -> Result<Self, SealingKeyError> {
        let named = |pair: &SealingKeyPair| {
            let secret = Zeroizing::new(pair.private.raw_private_key()?);
            let key = SecretKey::from_bytes(&secret).map_err(|_| SealingKeyError::Kind)?;
            Ok((pair.public()?.id, key))
        };
        Ok(Self {
            keys: pairs
                .iter()
                .map(named)
                .collect::<Result<_, SealingKeyError>>()?,
        })
    }

    /// Opens the password that was sealed for this request of this account, and for no other.
    pub fn open(
        &self,
        sealed: &SealedPassword,
        request_id: &RequestId,
        user_id: &UserId,
    ) -> Result<SecretString, UnsealError> {
        let (_, key) = self
            .keys
            .iter()
            .find(|(id, _)| *id == sealed.key_id)
            .ok_or_else(|| UnsealError::UnknownKey(sealed.key_id.chars().take(64).collect()))?;
        let (encapsulated, ciphertext) = sealed
            .bytes
            .split_at_checked(ENCAPSULATED_LENGTH)
            .ok_or(UnsealError::Shut)?;
        let encapsulated =
            EncapsulatedKey::from_bytes(encapsulated).map_err(|_| UnsealError::Shut)?;
        let padded = hpke::single_shot_open::<Aead, Kdf, Kem>(
            &OpModeR::Base,
            key,
            &encapsulated,
            INFO,
            ciphertext,
            &associated_data(request_id, user_id),
        )
        .map_err(|_| UnsealError::Shut)?;
        unpad(&Zeroizing::new(padded))
    }
}

impl std::fmt::Debug for Unsealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|(id, _)| id))
            .finish()
    }
}

/// One length byte, the password, zeros up to the fixed length.
fn unpad(padded: &[u8]) -> Result<SecretString, UnsealError> {
    let (length, rest) = padded.split_first().ok_or(UnsealError::Malformed)?;
    let (password, zeros) = rest
        .split_at_checked(usize::from(*length))
        .ok_or(UnsealError::Malformed)?;
    if padded.len() != PADDED_LENGTH || zeros.iter().any(|byte| *byte != 0) {
        return Err(UnsealError::Malformed);
    }
    let text = std::str::from_utf8(password).map_err(|_| UnsealError::Malformed)?;
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use ca_core::domain::random::OsRandom;
    use ca_core::domain::seal::seal;
    use secrecy::ExposeSecret;

    use super::*;

    fn request(number: u8) -> RequestId {
        RequestId::parse(&format!("0192f5a0-0000-7000-8000-0000000000{number:02}")).unwrap()
    }

    fn user(number: u8) -> UserId {
        UserId::try_from(format!("KJ27000000{number:02}")).unwrap()
    }

    #[test]
    fn opens_what_was_sealed_for_this_request_and_account_alone() {
        let pair = SealingKeyPair::generate(&OsRandom).unwrap();
        let key = pair.public().unwrap();
        let unsealer = Unsealer::new(&[pair]).unwrap();
        for password in ["x", "Ab3dEf-7gHjK-mN9pQ", &"p".repeat(127)] {
            let sealed = seal(&SecretString::from(password), &key, &request(1), &user(1)).unwrap();
            let opened = unsealer.open(&sealed, &request(1), &user(1)).unwrap();
            assert_eq!(opened.expose_secret(), password);
            for (id, user) in [(request(2), user(1)), (request(1), user(2))] {
                assert_eq!(
                    unsealer.open(&sealed, &id, &user).unwrap_err(),
                    UnsealError::Shut
                );
            }
        }
    }

    #[test]
    fn every_flipped_bit_and_every_shortening_stays_shut() {
        let pair = SealingKeyPair::generate(&OsRandom).unwrap();
        let key = pair.public().unwrap();
        let unsealer = Unsealer::new(&[pair]).unwrap();
        let sealed = seal(&SecretString::from("password"), &key, &request(1), &user(1)).unwrap();
        for at in 0..sealed.bytes.len() {
            let mut damaged = sealed.clone();
            // The top bit of an X25519 key is ignored (RFC 7748 §5), so flip the lowest one.
            damaged.bytes[at] ^= 1;
            assert_eq!(
                unsealer.open(&damaged, &request(1), &user(1)).unwrap_err(),
                UnsealError::Shut
            );
        }
        for length in [0, 1, 31, 32, 47, sealed.bytes.len() - 1] {
            let mut damaged = sealed.clone();
            damaged.bytes.truncate(length);
            assert!(
                unsealer.open(&damaged, &request(1), &user(1)).is_err(),
                "{length}"
            );
        }
    }

    #[test]
    fn keys_are_told_apart_and_several_can_be_held() {
        let (old, new) = (
            SealingKeyPair::generate(&OsRandom).unwrap(),
            SealingKeyPair::generate(&OsRandom).unwrap(),
        );
        let (old_key, new_key) = (old.public().unwrap(), new.public().unwrap());
        let to_old = seal(
            &SecretString::from("password"),
            &old_key,
            &request(1),
            &user(1),
        )
        .unwrap();
        let both = Unsealer::new(&[new, old]).unwrap();
        assert!(both.open(&to_old, &request(1), &user(1)).is_ok());
        let renamed = SealedPassword {
            key_id: new_key.id,
            ..to_old.clone()
        };
        assert_eq!(
            both.open(&renamed, &request(1), &user(1)).unwrap_err(),
            UnsealError::Shut
        );
        let stranger = Unsealer::new(&[SealingKeyPair::generate(&OsRandom).unwrap()]).unwrap();
        let error = stranger.open(&to_old, &request(1), &user(1)).unwrap_err();
        assert_eq!(error, UnsealError::UnknownKey(old_key.id));
    }

    #[test]
    fn a_sealed_text_that_is_no_padded_password_is_refused() {
        assert!(
            unpad(&[0; PADDED_LENGTH]).is_ok(),
            "the empty password is refused later, by the packing"
        );
        for bad in [
            &[][..],
            &[200; PADDED_LENGTH][..],
            &[0; 64][..],
            &[1, 0xff, 0][..],
        ] {
            assert_eq!(unpad(bad).unwrap_err(), UnsealError::Malformed);
        }
        let mut tail = [0; PADDED_LENGTH];
        tail[100] = 1;
        assert_eq!(unpad(&tail).unwrap_err(), UnsealError::Malformed);
    }

    #[test]
    fn key_file_goes_round_and_another_kind_of_key_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sealing.key");
        let passphrase = SecretString::from("correct horse battery");
        let pair = SealingKeyPair::generate(&OsRandom).unwrap();
        pair.write(&path, &passphrase, &OsRandom).unwrap();
        let again = SealingKeyPair::read(&path, &passphrase).unwrap();
        assert_eq!(again.public().unwrap(), pair.public().unwrap());
        let other = folder.path().join("ca.key");
        let ca =
            crate::signer::KeyPair::generate(ca_core::domain::profile::KeyAlgorithm::P256).unwrap();
        key_file::write(&other, ca.private(), &passphrase, &OsRandom).unwrap();
        assert!(matches!(
            SealingKeyPair::read(&other, &passphrase),
            Err(SealingKeyError::Kind)
        ));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_open(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300), key_id in "\\PC{0,80}") {
            let pair = SealingKeyPair::generate(&OsRandom).unwrap();
            let own = pair.public().unwrap().id;
            let unsealer = Unsealer::new(&[pair]).unwrap();
            for key_id in [own, key_id] {
                let sealed = SealedPassword { key_id, bytes: bytes.clone() };
                proptest::prop_assert!(unsealer.open(&sealed, &request(1), &user(1)).is_err());
            }
            // What opens and is no password of ours does not get further.
            if let Ok(password) = unpad(&bytes) {
                proptest::prop_assert!(password.expose_secret().len() < PADDED_LENGTH);
            }
        }
    }
}
