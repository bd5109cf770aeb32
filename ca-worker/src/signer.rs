//! The one way to the CA key: a small trait over a public key, so that the key may lie in a file or a token.
mod counting;
mod file;
mod key_pair;
mod token;

use ca_core::domain::profile::KeyAlgorithm;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::sign::Verifier;
use rcgen::SignatureAlgorithm;
use sha2::{Digest, Sha256};
use x509_parser::prelude::FromDer;
use x509_parser::x509::SubjectPublicKeyInfo;

pub use counting::CountingSigner;
pub use file::FileSigner;
pub use key_pair::KeyPair;
pub use token::{CeremonyError, TokenError, TokenSigner};
pub(crate) use token::{CeremonyNote, key_on_token};

/// Signs with the CA key. Whoever holds this may issue; only the cycle's step 6 and the making of roots do.
pub trait Signer: Send + Sync {
    /// The public half.
    fn public_key(&self) -> &PublicKey;

    /// Signs `message` (not its hash) by the key's algorithm; ECDSA signatures are DER (RFC 3279 §2.2.3).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;

    /// Whether the key could sign now. Asked before serials and numbers are spent on work that would come to nothing;
    /// a key in memory always could.
    fn ready(&self) -> Result<(), SignerError> {
        Ok(())
    }
}

impl<S: Signer + ?Sized> Signer for std::sync::Arc<S> {
    fn public_key(&self) -> &PublicKey {
        (**self).public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        (**self).sign(message)
    }

    fn ready(&self) -> Result<(), SignerError> {
        (**self).ready()
    }
}

/// Why there is no signature. The difference decides whether a request loses an attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignerError {
    /// The key is away: no request is at fault, all of them wait.
    #[error("the CA key cannot be used: {0}; signing goes on by itself when it is back")]
    Unavailable(String),
    /// The key is there and did not sign this message.
    #[error("the CA key did not sign: {0}")]
    Refused(String),
}

impl SignerError {
    /// Whether the fault lies with the machinery and not with what was to be signed.
    pub fn is_infrastructure(&self) -> bool {
        matches!(self, Self::Unavailable(_))
    }
}

/// A public key in the forms that certificates need.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    key: PKey<Public>,
    spki: Vec<u8>,
    bits: Vec<u8>,
}

/// A key that is none of the four kinds this product uses.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Another curve, another size, another algorithm.
    #[error("this key is none of p256, p384, rsa3072, rsa4096")]
    Kind,
    /// OpenSSL could not make or read a key.
    #[error("OpenSSL: {0}")]
    OpenSsl(#[from] ErrorStack),
}

impl PublicKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280 §4.1.2.7).
    pub fn from_spki(spki: &[u8]) -> Result<Self, KeyError> {
        Self::of(PKey::public_key_from_der(spki)?, spki)
    }

    /// A key with the SubjectPublicKeyInfo that says the same.
    fn of(key: PKey<Public>, spki: &[u8]) -> Result<Self, KeyError> {
        let algorithm = algorithm_of(&key)?;
        let (_, parsed) = SubjectPublicKeyInfo::from_der(spki).map_err(|_| KeyError::Kind)?;
        let bits = parsed.subject_public_key.data.to_vec();
        Ok(Self {
            algorithm,
            key,
            spki: spki.to_vec(),
            bits,
        })
    }

    /// Kind and size.
    pub fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The SubjectPublicKeyInfo as DER.
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// The key's bits without algorithm and framing: what OCSP hashes (RFC 6960 §4.1.1).
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// The AlgorithmIdentifier (RFC 5280 §4.1.1.2) as DER.
    fn algorithm_identifier(&self) -> Result<Vec<u8>, KeyError> {
        yasna::parse_der(&self.spki, |reader| {
            reader.read_sequence(|reader| {
                let algorithm = reader.next().read_der()?;
                reader.next().read_bitvec_bytes()?;
                Ok(algorithm)
            })
        })
        .map_err(|_| KeyError::Kind)
    }

    /// SHA-256 of the SubjectPublicKeyInfo, 64 lower-case hex digits: names a key, not a certificate.
    pub fn spki_sha256(&self) -> String {
        hex::encode(Sha256::digest(&self.spki))
    }

    /// The key identifier: the first 160 bits of SHA-256 over the key's bits (RFC 7093 §2, method 1).
    pub fn identifier(&self) -> Vec<u8> {
        let digest = Sha256::digest(&self.bits);
        digest.iter().take(20).copied().collect()
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let check = || -> Result<bool, ErrorStack> {
            Verifier::new(digest_of(self.algorithm), &self.key)?.verify_oneshot(signature, message)
        };
        // OpenSSL reports a malformed signature as an error; for us both mean no.
        check().unwrap_or(false)
    }
}

impl rcgen::PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self.algorithm {
            KeyAlgorithm::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            KeyAlgorithm::P384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => &rcgen::PKCS_RSA_SHA256,
        }
    }
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm, self.spki_sha256())
    }
}

/// The hash that goes with a key (RFC 5758, RFC 4055). Never SHA-1.
fn digest_of(algorithm: KeyAlgorithm) -> MessageDigest {
    match algorithm {
        KeyAlgorithm::P384 => MessageDigest::sha384(),
        KeyAlgorithm::P256 | KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => {
            MessageDigest::sha256()
        }
    }
}

fn algorithm_of<T: openssl::pkey::HasPublic>(key: &PKeyRef<T>) -> Result<KeyAlgorithm, KeyError> {
    use openssl::nid::Nid;
    use openssl::pkey::Id;
    match (key.id(), key.bits()) {
        (Id::RSA, 3072) => Ok(KeyAlgorithm::Rsa3072),
        (Id::RSA, 4096) => Ok(KeyAlgorithm::Rsa4096),
        (Id::EC, _) => match key.ec_key()?.group().curve_name() {
            Some(Nid::X9_62_PRIME256V1) => Ok(KeyAlgorithm::P256),
            Some(Nid::SECP384R1) => Ok(KeyAlgorithm::P384),
            _ => Err(KeyError::Kind),
        },
        _ => Err(KeyError::Kind),
    }
}

fn sign_with(
    key: &PKeyRef<Private>,
    algorithm: KeyAlgorithm,
    message: &[u8],
) -> Result<Vec<u8>, SignerError> {
    openssl::sign::Signer::new(digest_of(algorithm), key)
        .and_then(|mut signer| signer.sign_oneshot_to_vec(message))
        .map_err(|error| SignerError::Refused(error.to_string()))
}
