//! The self-signed root: the one certificate without an issuer above it.
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::{Profile, ValidityError};
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Utc};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyIdMethod, SigningKey};

use super::draft::{encoded_name, encoded_time, encoded_usage};
use super::prepare::PrepareError;
use super::{Issuer, IssuerError};
use crate::signer::KeyPair;

/// Why there is no root.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// The clock or the profile's months do not allow it.
    #[error(transparent)]
    Validity(#[from] ValidityError),
    /// The encoder refused a value.
    #[error(transparent)]
    Prepare(#[from] PrepareError),
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
    key: &KeyPair,
    serial: SerialNumber,
    now: DateTime<Utc>,
) -> Result<Issuer, RootError> {
    let validity = profile.root_validity(now)?;
    let mut parameters = CertificateParams::default();
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(serial.as_bytes()));
    parameters.distinguished_name = encoded_name(subject)?;
    parameters.not_before = encoded_time(validity.not_before)?;
    parameters.not_after = encoded_time(validity.not_after)?;
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = profile.key_usage().iter().map(encoded_usage).collect();
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(key.public_key().identifier());
    let root = parameters
        .self_signed(&SelfSigning(key))
        .map_err(PrepareError::Encoding)?;
    Ok(Issuer::from_der(generation, root.der())?)
}

/// The encoder's view of the root key; the only place where the encoder itself gets a real signature.
struct SelfSigning<'a>(&'a KeyPair);

impl rcgen::PublicKeyData for SelfSigning<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        rcgen::PublicKeyData::algorithm(self.0.public_key())
    }
}

impl SigningKey for SelfSigning<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.0
            .sign(message)
            .map_err(|_| rcgen::Error::RemoteKeyError)
    }
}
