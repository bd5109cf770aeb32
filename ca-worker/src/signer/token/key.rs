//! Public keys and signatures between the forms of tokens (PKCS#11) and of certificates (X.509).
use ca_core::domain::profile::KeyAlgorithm;
use openssl::bn::{BigNum, BigNumContext};
use openssl::ec::{EcGroup, EcKey, EcPoint};
use openssl::ecdsa::EcdsaSig;
use openssl::error::ErrorStack;
use openssl::hash::hash;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::rsa::Rsa;

use super::TokenError;
use crate::signer::{KeyError, PublicKey, digest_of};

/// What stands before a SHA-256 in what RSA signs (RFC 8017 §9.2, note 1).
const SHA256_DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];

/// Object identifiers of the two curves as CKA_EC_PARAMS holds them (RFC 5480 §2.1.1.1).
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// A public key as a token shows it.
pub(super) enum Shown {
    Elliptic { curve: Vec<u8>, point: Vec<u8> },
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
}

/// CKA_EC_PARAMS of a curve; none for RSA.
pub(super) fn curve(algorithm: KeyAlgorithm) -> Option<&'static [u8]> {
    match algorithm {
        KeyAlgorithm::P256 => Some(P256),
        KeyAlgorithm::P384 => Some(P384),
        KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => None,
    }
}

/// Size of the modulus in bits; none for curves.
pub(super) fn modulus_bits(algorithm: KeyAlgorithm) -> Option<u64> {
    match algorithm {
        KeyAlgorithm::Rsa3072 => Some(3_072),
        KeyAlgorithm::Rsa4096 => Some(4_096),
        KeyAlgorithm::P256 | KeyAlgorithm::P384 => None,
    }
}

/// The key in the form of certificates.
pub(super) fn public_key(shown: &Shown) -> Result<PublicKey, KeyError> {
    let spki = match shown {
        Shown::Rsa { modulus, exponent } => {
            let (n, e) = (BigNum::from_slice(modulus)?, BigNum::from_slice(exponent)?);
            PKey::from_rsa(Rsa::from_public_components(n, e)?)?.public_key_to_der()?
        }
        Shown::Elliptic { curve, point } => {
            let group = EcGroup::from_curve_name(match curve.as_slice() {
                P256 => Nid::X9_62_PRIME256V1,
                P384 => Nid::SECP384R1,
                _ => return Err(KeyError::Kind),
            })?;
            // PKCS#11 2.40 §2.3.3 wraps the point in an OCTET STRING; some tokens do not.
            let unwrapped = yasna::parse_der(point, |reader| reader.read_bytes());
            let bytes = unwrapped.as_ref().unwrap_or(point);
            let mut context = BigNumContext::new()?;
            let point = EcPoint::from_bytes(&group, bytes, &mut context)?;
            let key = EcKey::from_public_key(&group, &point)?;
            key.check_key()?;
            PKey::from_ec_key(key)?.public_key_to_der()?
        }
    };
    PublicKey::from_spki(&spki)
}

/// What the token is given for `message`: the hash for ECDSA, a DigestInfo for RSA. Hashed here, so that a long revocation
/// list need not travel.
pub(super) fn input(algorithm: KeyAlgorithm, message: &[u8]) -> Result<Vec<u8>, TokenError> {
    let digest = hash(digest_of(algorithm), message).map_err(odd)?;
    Ok(match modulus_bits(algorithm) {
        Some(_) => [&SHA256_DIGEST_INFO, digest.as_ref()].concat(),
        None => digest.to_vec(),
    })
}

/// The token's signature as certificates hold it: ECDSA's r and s become DER (RFC 3279 §2.2.3).
pub(super) fn signature(algorithm: KeyAlgorithm, raw: Vec<u8>) -> Result<Vec<u8>, TokenError> {
    if modulus_bits(algorithm).is_some() {
        return Ok(raw);
    }
    let (r, s) = raw.split_at(raw.len() / 2);
    let encoded = || -> Result<Vec<u8>, ErrorStack> {
        EcdsaSig::from_private_components(BigNum::from_slice(r)?, BigNum::from_slice(s)?)?.to_der()
    };
    encoded().map_err(odd)
}

fn odd(error: ErrorStack) -> TokenError {
    TokenError::Lost(error.to_string())
}
