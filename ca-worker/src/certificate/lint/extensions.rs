//! Rules over the extensions (RFC 5280 §4.2).
use std::net::IpAddr;

use ca_core::domain::profile::{ExtendedKeyUsage, KeyUsage};
use x509_parser::extensions::{
    DistributionPointName, ExtendedKeyUsage as FoundPurposes, GeneralName, ParsedExtension,
    X509Extension,
};

use super::Candidate;
use crate::certificate::AlternativeName;

/// caIssuers (§4.2.2.1).
const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";
/// ocsp (§4.2.2.1).
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
/// RFC 6960 §4.2.2.2.1.
const OCSP_NOCHECK: &str = "1.3.6.1.5.5.7.48.1.5";
/// id-kp-documentSigning (RFC 9336 §3.1).
const DOCUMENT_SIGNING: &str = "1.3.6.1.5.5.7.3.36";
/// Every extension a certificate of ours may have.
const KNOWN: [&str; 9] = [
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.31",
    "2.5.29.35",
    "2.5.29.37",
    "1.3.6.1.5.5.7.1.1",
    OCSP_NOCHECK,
];

/// §4.2: no extension twice.
pub(super) fn none_twice(candidate: &Candidate<'_>) -> Result<(), String> {
    let all = candidate.certificate.extensions();
    let twice = all.iter().enumerate().find(|(index, extension)| {
        all.iter()
            .take(*index)
            .any(|earlier| earlier.oid == extension.oid)
    });
    match twice {
        Some((_, extension)) => Err(format!("{} stands twice", extension.oid)),
        None => Ok(()),
    }
}

/// Nothing but what the profile can ask for: an unknown extension is a mistake or an attack.
pub(super) fn known(candidate: &Candidate<'_>) -> Result<(), String> {
    let all = candidate.certificate.extensions();
    match all
        .iter()
        .find(|extension| !KNOWN.contains(&extension.oid.to_id_string().as_str()))
    {
        Some(extension) => Err(format!("{} does not belong here", extension.oid)),
        None => Ok(()),
    }
}

/// §4.2.1.9: there, critical, CA:FALSE, no path length.
pub(super) fn basic_constraints(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = find(candidate, |extension| match extension.parsed_extension() {
        ParsedExtension::BasicConstraints(value) => Some((extension.critical, value.clone())),
        _ => None,
    });
    match found {
        Some((true, value)) if !value.ca && value.path_len_constraint.is_none() => Ok(()),
        Some(_) => Err("it is not critical, says CA:TRUE or has a path length".into()),
        None => Err("it is missing".into()),
    }
}

/// §4.2.1.3: there, critical, exactly the profile's.
pub(super) fn key_usage(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = find(candidate, |extension| match extension.parsed_extension() {
        ParsedExtension::KeyUsage(value) => Some((extension.critical, value.flags)),
        _ => None,
    });
    let bit = |usage: &KeyUsage| match usage {
        KeyUsage::DigitalSignature => 1 << 0,
        KeyUsage::KeyCertSign => 1 << 5,
        KeyUsage::CrlSign => 1 << 6,
    };
    let expected = candidate
        .draft
        .profile
        .key_usage()
        .iter()
        .map(bit)
        .fold(0, |all, bit| all | bit);
    match found {
        Some((true, flags)) if flags == expected => Ok(()),
        Some((critical, flags)) => Err(format!("bits {flags:#b}, critical {critical}")),
        None => Err("it is missing".into()),
    }
}

/// §4.2.1.12: exactly the profile's purposes.
pub(super) fn extended_key_usage(candidate: &Candidate<'_>) -> Result<(), String> {
    let purposes = candidate.draft.profile.extended_key_usage();
    let found = find(candidate, |extension| match extension.parsed_extension() {
        ParsedExtension::ExtendedKeyUsage(value) => Some(are_exactly(value, purposes)),
        _ => None,
    });
    match found {
        Some(true) => Ok(()),
        Some(false) => Err("its purposes are not the profile's".into()),
        None => Err("it is missing".into()),
    }
}

fn are_exactly(found: &FoundPurposes<'_>, expected: &[ExtendedKeyUsage]) -> bool {
    let others = found.any || found.code_signing || found.email_protection || found.time_stamping;
    let further: Vec<String> = found.other.iter().map(|oid| oid.to_id_string()).collect();
    let documents = expected.contains(&ExtendedKeyUsage::DocumentSigning);
    let meant: &[&str] = if documents { &[DOCUMENT_SIGNING] } else { &[] };
    !others
        && further == meant
        && found.client_auth == expected.contains(&ExtendedKeyUsage::ClientAuth)
        && found.server_auth == expected.contains(&ExtendedKeyUsage::ServerAuth)
        && found.ocsp_signing == expected.contains(&ExtendedKeyUsage::OcspSigning)
}

/// §4.2.1.2: there and the key's.
pub(super) fn subject_key_identifier(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = find(candidate, |extension| match extension.parsed_extension() {
        ParsedExtension::SubjectKeyIdentifier(value) => Some(value.0.to_vec()),
        _ => None,
    });
    match found {
        Some(identifier) if identifier == candidate.key.identifier() => Ok(()),
        Some(_) => Err("it is not the key's".into()),
        None => Err("it is missing".into()),
    }
}

/// §4.2.1.1: there and the root's subject key identifier.
pub(super) fn authority_key_identifier(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = find(candidate, |extension| match extension.parsed_extension() {
        ParsedExtension::AuthorityKeyIdentifier(value) => {
            value.key_identifier.clone().map(|id| id.0.to_vec())
        }
        _ => None,
    });
    match found {
        Some(identifier) if identifier == candidate.issuer.key_identifier() => Ok(()),
        Some(_) => Err("it is not the root's".into()),
        None => Err("it is missing".into()),
    }
}

/// §4.2.1.6: exactly the names meant; none means no extension.
pub(super) fn alternative_names(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = find(candidate, |extension| match extension.parsed_extension() {
        ParsedExtension::SubjectAlternativeName(value) => Some(
            value
                .general_names
                .iter()
                .map(alternative_name)
                .collect::<Option<Vec<_>>>(),
        ),
        _ => None,
    });
    let found = match found {
        None => Vec::new(),
        Some(names) => names.ok_or("it holds a name that is neither host nor address")?,
    };
    if found == candidate.draft.alternative_names {
        Ok(())
    } else {
        Err(format!("{found:?} was not meant"))
    }
}

fn alternative_name(name: &GeneralName<'_>) -> Option<AlternativeName> {
    match name {
        GeneralName::DNSName(host) => Some(AlternativeName::Dns((*host).to_owned())),
        GeneralName::IPAddress(octets) => {
            let four = <[u8; 4]>::try_from(*octets).map(IpAddr::from);
            four.or_else(|_| <[u8; 16]>::try_from(*octets).map(IpAddr::from))
                .ok()
                .map(AlternativeName::Ip)
        }
        _ => None,
    }
}

/// §4.2.1.13 and §4.2.2.1: exactly the profile's addresses, each plain http.
pub(super) fn http_addresses(candidate: &Candidate<'_>) -> Result<(), String> {
    let generation = candidate.issuer.generation();
    let lists = find(candidate, crl_addresses).unwrap_or_default();
    let access = find(candidate, access_addresses).unwrap_or_default();
    let profile = candidate.draft.profile;
    let meant = |method, url: Option<String>| url.map(|url| (String::from(method), url));
    let expected: Vec<_> = meant(CA_ISSUERS, profile.ca_url(generation))
        .into_iter()
        .chain(meant(OCSP, profile.ocsp_url(generation)))
        .collect();
    if lists != profile.crl_url(generation).into_iter().collect::<Vec<_>>() || access != expected {
        return Err(format!("{lists:?} and {access:?} are not the profile's"));
    }
    let mut all = lists.iter().chain(access.iter().map(|(_, url)| url));
    match all.find(|url| !url.starts_with("http://")) {
        Some(url) => Err(format!("{url} is not plain http")),
        None => Ok(()),
    }
}

/// RFC 6960 §4.2.2.2.1: in a responder's certificate and in no other, NULL, not critical.
pub(super) fn ocsp_nocheck(candidate: &Candidate<'_>) -> Result<(), String> {
    let found = find(candidate, |extension| {
        let is_it = extension.oid.to_id_string() == OCSP_NOCHECK;
        is_it.then(|| (extension.critical, extension.value.to_vec()))
    });
    match (candidate.draft.profile.is_not_checked(), found) {
        (false, None) => Ok(()),
        (true, Some((false, value))) if value == [5, 0] => Ok(()),
        (true, None) => Err("it is missing".into()),
        (true, Some(_)) => Err("it is critical or not NULL".into()),
        (false, Some(_)) => Err("it does not belong here".into()),
    }
}

fn crl_addresses(extension: &X509Extension<'_>) -> Option<Vec<String>> {
    let ParsedExtension::CRLDistributionPoints(points) = extension.parsed_extension() else {
        return None;
    };
    let names = points
        .points
        .iter()
        .filter_map(|point| match &point.distribution_point {
            Some(DistributionPointName::FullName(names)) => Some(names),
            _ => None,
        });
    Some(names.flatten().map(address).collect())
}

/// Methods and addresses.
fn access_addresses(extension: &X509Extension<'_>) -> Option<Vec<(String, String)>> {
    let ParsedExtension::AuthorityInfoAccess(access) = extension.parsed_extension() else {
        return None;
    };
    let described = access.accessdescs.iter().map(|description| {
        (
            description.access_method.to_id_string(),
            address(&description.access_location),
        )
    });
    Some(described.collect())
}

fn address(name: &GeneralName<'_>) -> String {
    match name {
        GeneralName::URI(url) => (*url).to_owned(),
        other => format!("{other:?}"),
    }
}

fn find<T>(candidate: &Candidate<'_>, pick: impl Fn(&X509Extension<'_>) -> Option<T>) -> Option<T> {
    candidate.certificate.iter_extensions().find_map(pick)
}
