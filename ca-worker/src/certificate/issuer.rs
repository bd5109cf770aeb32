//! The issuing root as certificates need it: its name, key identifier and life.
use ca_core::domain::profile::Validity;
use chrono::{DateTime, Utc};
use rcgen::{CertificateParams, DnType, DnValue, KeyIdMethod, KeyUsagePurpose, SigningKey};
use x509_parser::asn1_rs::Tag;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::ParsedExtension;
use x509_parser::x509::X509Name;

use super::prepare::PrepareError;
use crate::signer::{KeyError, KeyPair, PublicKey};

/// A root certificate, checked for what it must be to issue.
#[derive(Debug)]
pub struct Issuer {
    generation: i64,
    certificate: Vec<u8>,
    subject: Vec<u8>,
    key_identifier: Vec<u8>,
    public_key: PublicKey,
    validity: Validity,
    parameters: CertificateParams,
    throwaway: ThrowawayKey,
}

/// Why a certificate cannot be the issuer.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// Not X.509.
    #[error("the root certificate cannot be read; restore the database from the backup")]
    Unreadable,
    /// It lacks something that a root needs.
    #[error("the root certificate {0}; it cannot issue")]
    Unfit(&'static str),
    /// Its name would not be copied byte by byte, and chains would break.
    #[error(
        "the root's subject is written in a way that this product would not repeat exactly; it cannot issue"
    )]
    Name,
    /// Its key is of a kind that is not used here.
    #[error("the root's key: {0}")]
    Key(#[from] KeyError),
}

impl Issuer {
    /// Reads the root of generation `generation` from DER and checks it.
    pub fn from_der(generation: i64, certificate: &[u8]) -> Result<Self, IssuerError> {
        let (rest, parsed) = x509_parser::parse_x509_certificate(certificate)
            .map_err(|_| IssuerError::Unreadable)?;
        if !rest.is_empty() {
            return Err(IssuerError::Unreadable);
        }
        let public_key = PublicKey::from_spki(parsed.public_key().raw)?;
        check_root(&parsed, &public_key)?;
        let key_identifier = subject_key_identifier(&parsed)?;
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = copied_name(parsed.subject())?;
        parameters.key_identifier_method = KeyIdMethod::PreSpecified(key_identifier.clone());
        parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self {
            generation,
            certificate: certificate.to_vec(),
            subject: parsed.subject().as_raw().to_vec(),
            key_identifier,
            validity: life(&parsed)?,
            parameters,
            throwaway: ThrowawayKey::draw(&public_key)?,
            public_key,
        })
    }

    /// 1 for the first root.
    pub fn generation(&self) -> i64 {
        self.generation
    }

    /// The root certificate, DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// The subject's DER, byte by byte what certificates must name as their issuer.
    pub fn subject(&self) -> &[u8] {
        &self.subject
    }

    /// What certificates name as authority key identifier (RFC 5280 §4.2.1.1).
    pub fn key_identifier(&self) -> &[u8] {
        &self.key_identifier
    }

    /// The root's public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The root's life.
    pub fn validity(&self) -> Validity {
        self.validity
    }

    /// A certificate of `key` that bears this root's name, and the signature of a key that no longer exists.
    pub(super) fn copy_to_lint(
        &self,
        parameters: &CertificateParams,
        key: &PublicKey,
    ) -> Result<Vec<u8>, PrepareError> {
        let issuer = rcgen::Issuer::from_params(&self.parameters, &self.throwaway);
        Ok(parameters.signed_by(key, &issuer)?.der().to_vec())
    }
}

/// One signature of a key of the root's kind that was dropped at once.
///
/// The copy that is linted carries it, so the copy has the form of the real certificate and is worth
/// nothing. The lint looks at what is signed, never at the signature; a fresh signature for each copy would
/// cost as much as the real one (P-384: 0.6 ms).
#[derive(Debug)]
struct ThrowawayKey {
    public: PublicKey,
    signature: Vec<u8>,
}

impl ThrowawayKey {
    fn draw(like: &PublicKey) -> Result<Self, IssuerError> {
        let key = KeyPair::generate(like.algorithm())?;
        let signature = key
            .sign(b"signature of a copy that is only linted")
            .map_err(|_| IssuerError::Unfit("has a key that cannot sign here"))?;
        Ok(Self {
            public: key.public_key().clone(),
            signature,
        })
    }
}

impl rcgen::PublicKeyData for ThrowawayKey {
    fn der_bytes(&self) -> &[u8] {
        self.public.der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        rcgen::PublicKeyData::algorithm(&self.public)
    }
}

impl SigningKey for ThrowawayKey {
    fn sign(&self, _message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.signature.clone())
    }
}

/// What RFC 5280 asks of a root that signs certificates and revocation lists.
fn check_root(root: &X509Certificate<'_>, key: &PublicKey) -> Result<(), IssuerError> {
    let constraints = root.basic_constraints().ok().flatten();
    if !constraints.is_some_and(|found| found.critical && found.value.ca) {
        return Err(IssuerError::Unfit(
            "has no critical basicConstraints with CA:TRUE",
        ));
    }
    let usage = root.key_usage().ok().flatten();
    if !usage.is_some_and(|found| {
        found.critical && found.value.key_cert_sign() && found.value.crl_sign()
    }) {
        return Err(IssuerError::Unfit(
            "has no critical keyUsage with keyCertSign and cRLSign",
        ));
    }
    if root.subject().as_raw() != root.issuer().as_raw() {
        return Err(IssuerError::Unfit("names another issuer than itself"));
    }
    if !key.verifies(root.tbs_certificate.as_ref(), &root.signature_value.data) {
        return Err(IssuerError::Unfit("is not signed by its own key"));
    }
    Ok(())
}

fn subject_key_identifier(root: &X509Certificate<'_>) -> Result<Vec<u8>, IssuerError> {
    root.iter_extensions()
        .find_map(|extension| match extension.parsed_extension() {
            ParsedExtension::SubjectKeyIdentifier(identifier) => Some(identifier.0.to_vec()),
            _ => None,
        })
        .ok_or(IssuerError::Unfit("has no subject key identifier"))
}

fn life(root: &X509Certificate<'_>) -> Result<Validity, IssuerError> {
    let instant = |time: x509_parser::time::ASN1Time| {
        DateTime::<Utc>::from_timestamp(time.timestamp(), 0).ok_or(IssuerError::Unreadable)
    };
    Ok(Validity {
        not_before: instant(root.validity().not_before)?,
        not_after: instant(root.validity().not_after)?,
    })
}

/// The name for the encoder. It keeps one value a type and knows few string types; a name that needs
/// more is refused, because certificates under it would name an issuer that does not exist.
fn copied_name(name: &X509Name<'_>) -> Result<rcgen::DistinguishedName, IssuerError> {
    let mut copy = rcgen::DistinguishedName::new();
    for part in name.iter_rdn() {
        let mut values = part.iter();
        let (Some(value), None) = (values.next(), values.next()) else {
            return Err(IssuerError::Name);
        };
        let oid: Vec<u64> = value.attr_type().iter().ok_or(IssuerError::Name)?.collect();
        let kind = DnType::from_oid(&oid);
        let text = value.as_str().map_err(|_| IssuerError::Name)?;
        let text = match value.attr_value().tag() {
            Tag::PrintableString => {
                DnValue::PrintableString(text.try_into().map_err(|_| IssuerError::Name)?)
            }
            Tag::Utf8String => DnValue::Utf8String(text.to_owned()),
            _ => return Err(IssuerError::Name),
        };
        if copy.get(&kind).is_some() {
            return Err(IssuerError::Name);
        }
        copy.push(kind, text);
    }
    Ok(copy)
}
