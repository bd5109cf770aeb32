//! Step 4: the to-be-signed bytes, linted before the CA key comes near them.
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::Validity;
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use super::Issuer;
use super::draft::{self, Draft};
use super::lint::{Expectation, LintError, lint};
use crate::signer::KeyPair;

/// A certificate that passed the lint and waits for its one signature.
///
/// Not `Clone`, and [`sign`](super::sign) takes it by value: prepared once, signed once.
#[derive(Debug)]
pub struct Prepared {
    pub(super) to_be_signed: Vec<u8>,
    pub(super) algorithm: Vec<u8>,
    pub(super) tbs_sha256: [u8; 32],
    pub(super) profile_sha256: String,
    pub(super) serial: SerialNumber,
    pub(super) subject: DistinguishedName,
    pub(super) validity: Validity,
    pub(super) key: KeyPair,
}

/// Why a certificate cannot be prepared. None of these goes away by trying again later.
#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    /// The encoder refused a value.
    #[error("the certificate cannot be encoded: {0}")]
    Encoding(#[from] rcgen::Error),
    /// A date that X.509 cannot write.
    #[error("{0} cannot be written into a certificate")]
    Date(DateTime<Utc>),
    /// The finished copy breaks a rule.
    #[error(transparent)]
    Lint(#[from] LintError),
    /// The encoder's output is not a certificate.
    #[error("the encoder wrote something that is not a certificate")]
    Unreadable,
}

impl Prepared {
    /// The serial number.
    pub fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// SHA-256 of the to-be-signed bytes, 64 lower-case hex digits: what the intent records.
    pub fn tbs_sha256(&self) -> String {
        hex::encode(self.tbs_sha256)
    }

    /// SHA-256 of the profile, 64 lower-case hex digits: what the intent records.
    pub fn profile_sha256(&self) -> &str {
        &self.profile_sha256
    }
}

/// Encodes the certificate of `key`, lints a copy of it under a throwaway signature, and keeps its
/// to-be-signed bytes: exactly these, and nothing that was not linted, can be signed afterwards.
pub fn prepare(draft: &Draft<'_>, key: KeyPair, issuer: &Issuer) -> Result<Prepared, PrepareError> {
    let parameters = draft::parameters(draft, key.public_key(), issuer.generation())?;
    let copy = issuer.copy_to_lint(&parameters, key.public_key())?;
    lint(
        &copy,
        &Expectation {
            draft,
            key: key.public_key(),
            issuer,
        },
    )?;
    let (to_be_signed, algorithm) = parts(&copy)?;
    Ok(Prepared {
        tbs_sha256: Sha256::digest(&to_be_signed).into(),
        to_be_signed,
        algorithm,
        profile_sha256: draft.profile.sha256(),
        serial: draft.serial,
        subject: draft.subject.clone(),
        validity: draft.validity,
        key,
    })
}

/// The to-be-signed bytes and the signature algorithm of a certificate (RFC 5280 §4.1), as they stand in it.
pub(super) fn parts(certificate: &[u8]) -> Result<(Vec<u8>, Vec<u8>), PrepareError> {
    yasna::parse_der(certificate, |reader| {
        reader.read_sequence(|reader| {
            let to_be_signed = reader.next().read_der()?;
            let algorithm = reader.next().read_der()?;
            reader.next().read_bitvec_bytes()?;
            Ok((to_be_signed, algorithm))
        })
    })
    .map_err(|_| PrepareError::Unreadable)
}

/// The certificate that consists of these parts.
pub(super) fn assembled(to_be_signed: &[u8], algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
    yasna::construct_der(|writer| {
        writer.write_sequence(|writer| {
            writer.next().write_der(to_be_signed);
            writer.next().write_der(algorithm);
            writer
                .next()
                .write_bitvec_bytes(signature, signature.len() * 8);
        });
    })
}
