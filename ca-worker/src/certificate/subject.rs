//! The subject that a certificate itself names.
use ca_core::domain::distinguished_name::{AttributeType, DistinguishedName, RawAttribute};
use x509_parser::certificate::X509Certificate;
use x509_parser::x509::AttributeTypeAndValue;

/// The subject, if it consists of what ours consist of: one value for each of C, ST, L, O, OU and CN at most.
pub(crate) fn subject_of(parsed: &X509Certificate<'_>) -> Option<DistinguishedName> {
    let attribute = |found: &AttributeTypeAndValue<'_>| {
        let mut kinds = AttributeType::ALL.into_iter();
        let oid: Vec<u64> = found.attr_type().iter()?.collect();
        let kind = kinds.find(|kind| kind.oid() == oid)?;
        let value = found.as_str().ok()?.to_owned();
        Some(RawAttribute::from([(kind.key().to_owned(), value)]))
    };
    let attributes = parsed.subject().iter_attributes().map(attribute);
    let attributes: Option<Vec<RawAttribute>> = attributes.collect();
    DistinguishedName::parse(&attributes?).ok()
}

/// The subject of a certificate in DER, as rows have it.
pub(crate) fn subject_in(der: &[u8]) -> Option<String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(der).ok()?;
    Some(subject_of(&parsed)?.to_string())
}
