//! The self-signed root: the one certificate without an issuer above it.
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::{Profile, ValidityError};
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Utc};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyIdMethod, SigningKey};

use super::draft::{encoded_name, encoded_time, encoded_usage};
use super::prepare::{PrepareError, assembled, parts};
use super::{Issuer, IssuerError, SignError};
use crate::signer::{PublicKey, Signer};

/// Why there is no root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The clock or the profile's months do not allow it.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// The encoder refused a value.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    /// The key gave no signature, or a wrong one.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The finished root is not fit to issue.
    #[error(transparent)]
    Issuer(#[from] IssuerError),
}

/// Makes the root of generation `generation`: subject equals issuer (J1.2), critical basicConstraints CA,
/// critical keyUsage keyCertSign and cRLSign, no extended key usage, no path length.
pub fn self_sign_root(
    profile: &Profile,
    subject: &DistinguishedName,
    generation: i64,
    signer: &dyn Signer,
    serial: SerialNumber,
    now: DateTime<Utc>,
) -> Result<Issuer, RootError> {
    let key = signer.public_key();
    let validity = profile.root_validity(now)?;
    let mut parameters = CertificateParams::default();
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(serial.as_bytes()));
    parameters.distinguished_name = encoded_name(subject)?;
    parameters.not_before = encoded_time(validity.not_before)?;
    parameters.not_after = encoded_time(validity.not_after)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = profile.key_usage().iter().map(encoded_usage).collect();
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier());
    let unsigned = parameters
        .self_signed(&Unsigned(key))
        .map_err(PrepareError::Encoding)?;
    let (to_be_signed, algorithm) = parts(unsigned.der())?;
    let signature = signer.sign(&to_be_signed).map_err(SignError::Signer)?;
    if !key.verifies(&to_be_signed, &signature) {
        return Err(SignError::BadSignature.into());
    }
    let root = assembled(&to_be_signed, &algorithm, &signature);
    Ok(Issuer::from_der(generation, &root)?)
}

/// The root's public key with an empty signature: the encoder lays the root out and never sees its key.
struct Unsigned<'a>(&'a PublicKey);

impl rcgen::PublicKeyData for Unsigned<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.bits()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        rcgen::PublicKeyData::algorithm(self.0)
    }
}

impl SigningKey for Unsigned<'_> {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(Vec::new())
    }
}
