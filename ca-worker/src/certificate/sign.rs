//! Step 6: the CA key signs what was linted, and the result is checked before anybody gets it.
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::Validity;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::thumbprint::Thumbprint;
use sha2::{Digest, Sha256};
use tracing::debug_span;

use super::Issuer;
use super::prepare::{Prepared, assembled};
use crate::journal::Noted;
use crate::signer::{KeyPair, Signer, SignerError};

/// A certificate with its key, before they are packed or written to a file.
#[derive(Debug)]
pub struct SignedCertificate {
    /// The certificate, DER.
    pub der: Vec<u8>,
    /// Its serial number.
    pub serial: SerialNumber,
    /// Its subject.
    pub subject: DistinguishedName,
    /// Its life.
    pub validity: Validity,
    /// Its thumbprints.
    pub thumbprint: Thumbprint,
    /// Its key pair; leaves the worker only inside a PKCS#12 or a key file.
    pub key: KeyPair,
}

/// Why there is no certificate. Whatever it is, the serial number is spent.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The signer gave no signature.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The signer holds another key than the root's.
    #[error(
        "the CA key does not belong to the root certificate of generation {0}; correct [authority] in the configuration"
    )]
    WrongKey(i64),
    /// The intent is not in the journal.
    #[error("serial {0} is not in the journal; nothing was signed")]
    NotNoted(SerialNumber),
    /// The bytes are not those that were linted and whose hash the intent holds.
    #[error("the bytes to be signed changed after the lint; nothing was signed")]
    Changed,
    /// The signature does not verify.
    #[error("the CA key gave a signature that does not verify; check the signer's hardware")]
    BadSignature,
}

impl SignError {
    /// Whether the fault lies with the machinery, so that the request keeps its attempt.
    pub fn is_infrastructure(&self) -> bool {
        match self {
            Self::Signer(error) => error.is_infrastructure(),
            Self::WrongKey(_) | Self::BadSignature | Self::NotNoted(_) => true,
            Self::Changed => false,
        }
    }
}

/// Signs `prepared`. Its intent must be committed and in the journal before this is called; `noted` proves it.
pub fn sign(
    prepared: Prepared,
    issuer: &Issuer,
    signer: &dyn Signer,
    noted: &Noted,
) -> Result<SignedCertificate, SignError> {
    if !noted.covers(prepared.serial) {
        return Err(SignError::NotNoted(prepared.serial));
    }
    if signer.public_key().spki() != issuer.public_key().spki() {
        return Err(SignError::WrongKey(issuer.generation()));
    }
    let now: [u8; 32] = Sha256::digest(&prepared.to_be_signed).into();
    if now != prepared.tbs_sha256 {
        return Err(SignError::Changed);
    }
    let signature = debug_span!("sign").in_scope(|| signer.sign(&prepared.to_be_signed))?;
    let verifies = || {
        issuer
            .public_key()
            .verifies(&prepared.to_be_signed, &signature)
    };
    if !debug_span!("verify").in_scope(verifies) {
        return Err(SignError::BadSignature);
    }
    let der = assembled(&prepared.to_be_signed, &prepared.algorithm, &signature);
    Ok(SignedCertificate {
        thumbprint: Thumbprint::of_der(&der),
        der,
        serial: prepared.serial,
        subject: prepared.subject,
        validity: prepared.validity,
        key: prepared.key,
    })
}
