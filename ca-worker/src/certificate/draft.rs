//! What is to be certified, before any byte of it exists.
use std::net::IpAddr;

use ca_core::domain::distinguished_name::{Attribute, AttributeType, DistinguishedName};
use ca_core::domain::profile::{ExtendedKeyUsage, KeyUsage, Profile, Validity};
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Utc};
use rcgen::string::Ia5String;
use rcgen::{
    CertificateParams, CrlDistributionPoint, CustomExtension, DnType, DnValue,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyUsagePurpose, SanType,
};
use time::OffsetDateTime;

use super::prepare::PrepareError;
use crate::signer::PublicKey;

/// Everything that goes into one certificate besides its key.
#[derive(Debug, Clone)]
pub struct Draft<'a> {
    /// The frozen profile.
    pub profile: &'a Profile,
    /// The holder.
    pub subject: DistinguishedName,
    /// Host names and addresses; empty but for servers.
    pub alternative_names: &'a [AlternativeName],
    /// The serial number, already drawn.
    pub serial: SerialNumber,
    /// From when to when.
    pub validity: Validity,
}

/// A name of a TLS server (RFC 5280 §4.2.1.6).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlternativeName {
    /// A host name in lower-case ASCII.
    Dns(String),
    /// An address.
    Ip(IpAddr),
}

/// A name that no TLS client would accept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is neither a host name (letters, digits, hyphens, dots; Japanese ones as xn--…) nor an IP address"
)]
pub struct AlternativeNameError(String);

impl AlternativeName {
    /// Reads a host name or an address as a person types it.
    pub fn parse(typed: &str) -> Result<Self, AlternativeNameError> {
        if let Ok(address) = typed.parse() {
            return Ok(Self::Ip(address));
        }
        let host = typed.to_ascii_lowercase();
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        };
        let numeric = host
            .split('.')
            .all(|label| label.bytes().all(|b| b.is_ascii_digit()));
        if host.len() <= 253 && host.split('.').all(label) && !numeric {
            return Ok(Self::Dns(host));
        }
        Err(AlternativeNameError(typed.chars().take(80).collect()))
    }
}

impl std::fmt::Display for AlternativeName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(host) => f.write_str(host),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

/// The encoder's parameters for a certificate of `key` under root generation `generation`.
pub(super) fn parameters(
    draft: &Draft<'_>,
    key: &PublicKey,
    generation: i64,
) -> Result<CertificateParams, PrepareError> {
    let mut parameters = CertificateParams::default();
    parameters.serial_number = Some(rcgen::SerialNumber::from_slice(draft.serial.as_bytes()));
    parameters.distinguished_name = encoded_name(&draft.subject)?;
    parameters.not_before = encoded_time(draft.validity.not_before)?;
    parameters.not_after = encoded_time(draft.validity.not_after)?;
    // ExplicitNoCa, not NoCa: only this one writes basicConstraints and the subject key identifier.
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.use_authority_key_identifier_extension = true;
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(key.identifier());
    parameters.key_usages = draft
        .profile
        .key_usage()
        .iter()
        .map(encoded_usage)
        .collect();
    parameters.extended_key_usages = draft
        .profile
        .extended_key_usage()
        .iter()
        .map(encoded_extended_usage)
        .collect();
    parameters.subject_alt_names = draft
        .alternative_names
        .iter()
        .map(encoded_alternative)
        .collect::<Result<_, _>>()?;
    if let Some(url) = draft.profile.crl_url(generation) {
        parameters.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![url] }];
    }
    let places = [
        (CA_ISSUERS, draft.profile.ca_url(generation)),
        (OCSP, draft.profile.ocsp_url(generation)),
    ];
    let places: Vec<_> = places
        .into_iter()
        .filter_map(|(method, url)| url.map(|url| (method, url)))
        .collect();
    if !places.is_empty() {
        let access = authority_information_access(&places);
        parameters.custom_extensions.push(access);
    }
    if draft.profile.is_not_checked() {
        let null = yasna::construct_der(|writer| writer.write_null());
        let extension = CustomExtension::from_oid_content(&OCSP_NOCHECK, null);
        parameters.custom_extensions.push(extension);
    }
    Ok(parameters)
}

/// A name as the encoder takes it: C is PrintableString, the rest UTF8String (RFC 5280 §4.1.2.4).
pub(super) fn encoded_name(
    name: &DistinguishedName,
) -> Result<rcgen::DistinguishedName, PrepareError> {
    let mut encoded = rcgen::DistinguishedName::new();
    for Attribute { kind, value } in name.attributes() {
        let text = match kind {
            AttributeType::Country => DnValue::PrintableString(value.as_str().try_into()?),
            _ => DnValue::Utf8String(value.clone()),
        };
        encoded.push(DnType::from_oid(kind.oid()), text);
    }
    Ok(encoded)
}

/// Whole seconds; UTCTime or GeneralizedTime is the encoder's choice by year (RFC 5280 §4.1.2.5).
pub(super) fn encoded_time(at: DateTime<Utc>) -> Result<OffsetDateTime, PrepareError> {
    OffsetDateTime::from_unix_timestamp(at.timestamp()).map_err(|_| PrepareError::Date(at))
}

pub(super) fn encoded_usage(usage: &KeyUsage) -> KeyUsagePurpose {
    match usage {
        KeyUsage::DigitalSignature => KeyUsagePurpose::DigitalSignature,
        KeyUsage::KeyCertSign => KeyUsagePurpose::KeyCertSign,
        KeyUsage::CrlSign => KeyUsagePurpose::CrlSign,
    }
}

fn encoded_extended_usage(usage: &ExtendedKeyUsage) -> ExtendedKeyUsagePurpose {
    match usage {
        ExtendedKeyUsage::ClientAuth => ExtendedKeyUsagePurpose::ClientAuth,
        ExtendedKeyUsage::ServerAuth => ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsage::OcspSigning => ExtendedKeyUsagePurpose::OcspSigning,
        ExtendedKeyUsage::DocumentSigning => {
            ExtendedKeyUsagePurpose::Other(DOCUMENT_SIGNING.to_vec())
        }
    }
}

fn encoded_alternative(name: &AlternativeName) -> Result<SanType, PrepareError> {
    Ok(match name {
        AlternativeName::Dns(host) => SanType::DnsName(Ia5String::try_from(host.as_str())?),
        AlternativeName::Ip(address) => SanType::IpAddress(*address),
    })
}

/// An access method (RFC 5280 §4.2.2.1).
type Method = [u64; 9];
const CA_ISSUERS: Method = [1, 3, 6, 1, 5, 5, 7, 48, 2];
const OCSP: Method = [1, 3, 6, 1, 5, 5, 7, 48, 1];
/// id-kp-documentSigning (RFC 9336 §3.1).
const DOCUMENT_SIGNING: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 3, 36];
/// `id-pkix-ocsp-nocheck` (RFC 6960 §4.2.2.2.1).
const OCSP_NOCHECK: [u64; 10] = [1, 3, 6, 1, 5, 5, 7, 48, 1, 5];

/// Authority Information Access (RFC 5280 §4.2.2.1); the encoder has no field for it.
fn authority_information_access(places: &[(Method, String)]) -> CustomExtension {
    const AUTHORITY_INFORMATION_ACCESS: [u64; 9] = [1, 3, 6, 1, 5, 5, 7, 1, 1];
    /// GeneralName's `uniformResourceIdentifier [6]`.
    const URI: u64 = 6;
    let content = yasna::construct_der(|writer| {
        writer.write_sequence_of(|writer| {
            for (method, url) in places {
                writer.next().write_sequence(|writer| {
                    let method = yasna::models::ObjectIdentifier::from_slice(method);
                    writer.next().write_oid(&method);
                    let tag = yasna::Tag::context(URI);
                    writer
                        .next()
                        .write_tagged_implicit(tag, |writer| writer.write_ia5_string(url));
                });
            }
        });
    });
    CustomExtension::from_oid_content(&AUTHORITY_INFORMATION_ACCESS, content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_names_and_addresses_are_told_apart() {
        assert_eq!(
            AlternativeName::parse("Localhost"),
            Ok(AlternativeName::Dns("localhost".into()))
        );
        assert_eq!(
            AlternativeName::parse("ca.example.jp"),
            Ok(AlternativeName::Dns("ca.example.jp".into()))
        );
        assert_eq!(
            AlternativeName::parse("127.0.0.1"),
            Ok(AlternativeName::Ip([127, 0, 0, 1].into()))
        );
        assert!(matches!(
            AlternativeName::parse("::1"),
            Ok(AlternativeName::Ip(_))
        ));
        for bad in [
            "",
            ".",
            "a..b",
            "-a.jp",
            "a_b.jp",
            "日本.jp",
            "*.example.jp",
            "300.1.1.1",
            "a b",
            "a/b",
        ] {
            assert!(AlternativeName::parse(bad).is_err(), "{bad}");
        }
        assert!(AlternativeName::parse(&"a".repeat(64)).is_err());
    }
}
