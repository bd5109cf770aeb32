//! Making key pairs for subjects and roots.
use ca_core::domain::profile::KeyAlgorithm;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::nid::Nid;
use openssl::pkey::{PKey, PKeyRef, Private, Public};
use openssl::rsa::Rsa;
use yasna::Tag;
use zeroize::Zeroizing;

use super::{KeyError, PublicKey, SignerError, sign_with};

/// A private key and its public half. OpenSSL wipes the private numbers when this is dropped.
pub struct KeyPair {
    private: PKey<Private>,
    public: PublicKey,
}

impl KeyPair {
    /// Draws a fresh key pair from OpenSSL's generator.
    pub fn generate(algorithm: KeyAlgorithm) -> Result<Self, KeyError> {
        let private = match algorithm {
            KeyAlgorithm::P256 => elliptic(Nid::X9_62_PRIME256V1)?,
            KeyAlgorithm::P384 => elliptic(Nid::SECP384R1)?,
            KeyAlgorithm::Rsa3072 => PKey::from_rsa(Rsa::generate(3_072)?)?,
            KeyAlgorithm::Rsa4096 => PKey::from_rsa(Rsa::generate(4_096)?)?,
        };
        Self::from_private(private)
    }

    /// Takes a private key that was read from a file.
    pub fn from_private(private: PKey<Private>) -> Result<Self, KeyError> {
        let (half, spki) = (public_half(&private)?, private.public_key_to_der()?);
        let public = PublicKey::of(half, &spki)?;
        Ok(Self { private, public })
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// The private key as OpenSSL holds it.
    pub fn private(&self) -> &PKeyRef<Private> {
        &self.private
    }

    /// The private key as PKCS#8 DER (RFC 5958), wiped when dropped.
    ///
    /// Of an elliptic key (RFC 5915) it is laid out here: OpenSSL's encoder leaves a plain copy of the number in memory
    /// that it frees.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let Ok(key) = self.private.ec_key() else {
            return Ok(Zeroizing::new(self.private.private_key_to_pkcs8()?));
        };
        let length = i32::try_from(key.group().degree().div_ceil(8)).unwrap_or(i32::MAX);
        let number = Zeroizing::new(key.private_key().to_vec_padded(length)?);
        let inner = Zeroizing::new(yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_u8(1);
                writer.next().write_bytes(&number);
                let public = self.public.bits();
                writer.next().write_tagged(Tag::context(1), |writer| {
                    writer.write_bitvec_bytes(public, public.len() * 8);
                });
            });
        }));
        let algorithm = self.public.algorithm_identifier()?;
        Ok(Zeroizing::new(yasna::construct_der(|writer| {
            writer.write_sequence(|writer| {
                writer.next().write_u8(0);
                writer.next().write_der(&algorithm);
                writer.next().write_bytes(&inner);
            });
        })))
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        sign_with(&self.private, self.public.algorithm(), message)
    }
}

/// The public half by itself; reading it back from its DER takes longer than drawing the pair.
fn public_half(private: &PKeyRef<Private>) -> Result<PKey<Public>, KeyError> {
    if let Ok(key) = private.ec_key() {
        let half = EcKey::from_public_key(key.group(), key.public_key())?;
        return Ok(PKey::from_ec_key(half)?);
    }
    let key = private.rsa().map_err(|_| KeyError::Kind)?;
    let half = Rsa::from_public_components(key.n().to_owned()?, key.e().to_owned()?)?;
    Ok(PKey::from_rsa(half)?)
}

fn elliptic(curve: Nid) -> Result<PKey<Private>, ErrorStack> {
    let group = EcGroup::from_curve_name(curve)?;
    PKey::from_ec_key(EcKey::generate(&group)?)
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyPair({:?})", self.public)
    }
}

#[cfg(test)]
mod tests {
    use rcgen::PublicKeyData;

    use super::*;

    #[test]
    fn rcgen_writes_the_same_public_key_as_openssl() {
        for algorithm in [
            KeyAlgorithm::P256,
            KeyAlgorithm::P384,
            KeyAlgorithm::Rsa3072,
        ] {
            let pair = KeyPair::generate(algorithm).unwrap();
            assert_eq!(pair.public_key().algorithm(), algorithm);
            assert_eq!(
                pair.public_key().subject_public_key_info(),
                pair.public_key().spki()
            );
            assert_eq!(pair.public_key().identifier().len(), 20);
        }
    }

    #[test]
    fn a_private_key_is_written_as_openssl_writes_it() {
        for algorithm in [
            KeyAlgorithm::P256,
            KeyAlgorithm::P384,
            KeyAlgorithm::Rsa3072,
        ] {
            let pair = KeyPair::generate(algorithm).unwrap();
            let theirs = pair.private().private_key_to_pkcs8().unwrap();
            assert_eq!(*pair.to_pkcs8().unwrap(), theirs);
            let read = PKey::private_key_from_pkcs8(&theirs).unwrap();
            let again = KeyPair::from_private(read).unwrap();
            assert_eq!(*again.to_pkcs8().unwrap(), theirs);
            assert_eq!(again.public_key().spki(), pair.public_key().spki());
        }
    }

    #[test]
    fn a_signature_holds_for_its_message_and_key_alone() {
        let (pair, other) = (
            KeyPair::generate(KeyAlgorithm::P384).unwrap(),
            KeyPair::generate(KeyAlgorithm::P384).unwrap(),
        );
        let signature = pair.sign(b"message").unwrap();
        assert!(pair.public_key().verifies(b"message", &signature));
        assert!(!pair.public_key().verifies(b"massage", &signature));
        assert!(!other.public_key().verifies(b"message", &signature));
        assert!(!pair.public_key().verifies(b"message", b"not DER"));
    }

    #[test]
    fn other_curves_and_sizes_are_refused() {
        let p521 = elliptic(Nid::SECP521R1).unwrap();
        assert!(matches!(KeyPair::from_private(p521), Err(KeyError::Kind)));
        let short = PKey::from_rsa(Rsa::generate(2_048).unwrap()).unwrap();
        assert!(matches!(KeyPair::from_private(short), Err(KeyError::Kind)));
        let edwards = PKey::generate_ed25519().unwrap();
        assert!(matches!(
            KeyPair::from_private(edwards),
            Err(KeyError::Kind)
        ));
    }

    #[test]
    fn a_private_key_does_not_show_itself() {
        let pair = KeyPair::generate(KeyAlgorithm::P256).unwrap();
        let shown = format!("{pair:?}");
        assert!(shown.starts_with("KeyPair(PublicKey(p256 "), "{shown}");
        assert!(shown.len() < 100);
    }
}
