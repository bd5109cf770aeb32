//! Rules over the fields of the certificate (RFC 5280 §4.1).
use ca_core::domain::distinguished_name::{Attribute, AttributeType};
use ca_core::domain::profile::KeyAlgorithm;
use x509_parser::asn1_rs::Tag;
use x509_parser::x509::{AttributeTypeAndValue, X509Version};

use super::Candidate;

/// §4.1.2.1: extensions need version 3.
pub(super) fn version(candidate: &Candidate<'_>) -> Result<(), String> {
    match candidate.certificate.version() {
        X509Version::V3 => Ok(()),
        other => Err(format!("it is version {other}")),
    }
}

/// §4.1.2.2: positive, at most 20 octets; CA/Browser Forum: at least 64 bits from a generator.
pub(super) fn serial(candidate: &Candidate<'_>) -> Result<(), String> {
    let octets = candidate.certificate.raw_serial();
    let negative = octets.first().is_some_and(|first| first & 0x80 != 0);
    if negative || !(8..=20).contains(&octets.len()) {
        return Err(format!(
            "{} is negative, too short or too long",
            hex::encode(octets)
        ));
    }
    if octets == candidate.draft.serial.as_bytes() {
        return Ok(());
    }
    Err(format!("{} is not the one drawn", hex::encode(octets)))
}

/// §4.1.1.2 and §4.1.2.3: the same in both places, that of the root's key; so never SHA-1.
pub(super) fn signature_algorithm(candidate: &Candidate<'_>) -> Result<(), String> {
    let outside = &candidate.certificate.signature_algorithm;
    let inside = &candidate.certificate.tbs_certificate.signature;
    if outside != inside {
        return Err("inside and outside differ".into());
    }
    let expected = match candidate.issuer.public_key().algorithm() {
        KeyAlgorithm::P256 => "1.2.840.10045.4.3.2",
        KeyAlgorithm::P384 => "1.2.840.10045.4.3.3",
        KeyAlgorithm::Rsa3072 | KeyAlgorithm::Rsa4096 => "1.2.840.113549.1.1.11",
    };
    let found = inside.algorithm.to_id_string();
    if found == expected {
        Ok(())
    } else {
        Err(format!("{found} instead of {expected}"))
    }
}

/// §4.1.2.4: byte by byte the root's subject, or no chain is built.
pub(super) fn issuer_name(candidate: &Candidate<'_>) -> Result<(), String> {
    if candidate.certificate.issuer().as_raw() == candidate.issuer.subject() {
        return Ok(());
    }
    Err(format!(
        "`{}` is not the root's subject",
        candidate.certificate.issuer()
    ))
}

/// §4.1.2.5: to the second what the profile gives.
pub(super) fn validity(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = candidate.certificate.validity();
    let expected = candidate.draft.validity;
    let same = found.not_before.timestamp() == expected.not_before.timestamp()
        && found.not_after.timestamp() == expected.not_after.timestamp();
    if same {
        Ok(())
    } else {
        Err(format!(
            "{} to {} was not meant",
            found.not_before, found.not_after
        ))
    }
}

/// A certificate that outlives its root is worth nothing in its last years, and nobody knows.
pub(super) fn within_issuers_life(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = candidate.certificate.validity();
    let issuer = candidate.issuer.validity();
    let within = found.not_before.timestamp() >= issuer.not_before.timestamp()
        && found.not_after.timestamp() <= issuer.not_after.timestamp();
    if within {
        Ok(())
    } else {
        Err("it begins before or ends after the root".into())
    }
}

/// §4.1.2.6: the attributes meant, in order, the common name first; C printable, the rest UTF-8.
pub(super) fn subject(candidate: &Candidate<'_>) -> Result<(), String> {
    let expected = candidate.draft.subject.attributes();
    let found: Vec<_> = candidate.certificate.subject().iter_attributes().collect();
    let begins = expected
        .first()
        .is_some_and(|first| first.kind == AttributeType::CommonName);
    let same = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|(found, expected)| is_attribute(found, expected));
    if begins && same {
        return Ok(());
    }
    Err(format!(
        "`{}` instead of `{}`",
        candidate.certificate.subject(),
        candidate.draft.subject
    ))
}

fn is_attribute(found: &AttributeTypeAndValue<'_>, expected: &Attribute) -> bool {
    let tag = match expected.kind {
        AttributeType::Country => Tag::PrintableString,
        _ => Tag::Utf8String,
    };
    let same_type = found
        .attr_type()
        .iter()
        .is_some_and(|oid| oid.eq(expected.kind.oid().iter().copied()));
    same_type
        && found.attr_value().tag() == tag
        && found.as_str().is_ok_and(|text| text == expected.value)
}

/// §4.1.2.7: the key that was made for it, of the profile's kind and size.
pub(super) fn public_key(candidate: &Candidate<'_>) -> Result<(), String> {
    if candidate.key.algorithm() != candidate.draft.profile.key_algorithm() {
        return Err(format!(
            "{} is not the profile's kind of key",
            candidate.key.algorithm()
        ));
    }
    if candidate.certificate.public_key().raw == candidate.key.spki() {
        return Ok(());
    }
    Err("it is not the key that was made for it".into())
}
