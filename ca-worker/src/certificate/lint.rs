//! Our own lint: what a certificate of this product must be, held against what was meant.
//!
//! Every rule has one bad certificate in the tests that only this rule may find.
mod extensions;
mod fields;
#[cfg(test)]
mod tests;

use x509_parser::certificate::X509Certificate;

use super::{Draft, Issuer};
use crate::signer::PublicKey;

/// What the certificate was meant to be.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The draft it was encoded from.
    pub draft: &'a Draft<'a>,
    /// The key it certifies.
    pub key: &'a PublicKey,
    /// The root that will sign it.
    pub issuer: &'a Issuer,
}

/// A rule that a certificate breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The rule's name.
    pub rule: &'static str,
    /// What was found.
    pub finding: String,
}

/// A certificate that must not be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the certificate breaks {}", .0.iter().map(|broken| format!("{}: {}", broken.rule, broken.finding)).collect::<Vec<_>>().join("; "))]
pub struct LintError(pub Vec<Broken>);

/// One certificate under the lint.
struct Candidate<'a> {
    certificate: &'a X509Certificate<'a>,
    draft: &'a Draft<'a>,
    key: &'a PublicKey,
    issuer: &'a Issuer,
}

type Check = fn(&Candidate<'_>) -> Result<(), String>;

/// Rules that ask what the profile says.
const OF_PROFILE: [&str; 4] = [
    "public-key",
    "key-usage",
    "extended-key-usage",
    "http-addresses",
];

/// Every rule: its name, and the check that says what it found.
const RULES: [(&str, Check); 18] = [
    ("version-3", fields::version),
    ("serial", fields::serial),
    ("signature-algorithm", fields::signature_algorithm),
    ("issuer-name", fields::issuer_name),
    ("validity", fields::validity),
    ("within-issuers-life", fields::within_issuers_life),
    ("subject", fields::subject),
    ("public-key", fields::public_key),
    ("no-duplicate-extension", extensions::none_twice),
    ("known-extensions", extensions::known),
    ("basic-constraints", extensions::basic_constraints),
    ("key-usage", extensions::key_usage),
    ("extended-key-usage", extensions::extended_key_usage),
    ("subject-key-identifier", extensions::subject_key_identifier),
    (
        "authority-key-identifier",
        extensions::authority_key_identifier,
    ),
    ("alternative-names", extensions::alternative_names),
    ("http-addresses", extensions::http_addresses),
    ("ocsp-nocheck", extensions::ocsp_nocheck),
];

/// Holds the certificate `der` against `expected` and names every rule it breaks.
pub fn lint(der: &[u8], expected: &Expectation<'_>) -> Result<(), LintError> {
    judge(der, expected, |_| true)
}

/// The same by the rules that hold for every profile of the certificate's purpose: for one whose own profile is no
/// longer known.
pub fn lint_without_profile(der: &[u8], expected: &Expectation<'_>) -> Result<(), LintError> {
    judge(der, expected, |rule| !OF_PROFILE.contains(&rule))
}

fn judge(
    der: &[u8],
    expected: &Expectation<'_>,
    counts: impl Fn(&str) -> bool,
) -> Result<(), LintError> {
    let unreadable = |finding: &str| {
        LintError(vec![Broken {
            rule: "readable",
            finding: finding.to_owned(),
        }])
    };
    let (rest, certificate) =
        x509_parser::parse_x509_certificate(der).map_err(|_| unreadable("it is not X.509"))?;
    if !rest.is_empty() {
        return Err(unreadable("bytes follow after its end"));
    }
    let candidate = Candidate {
        certificate: &certificate,
        draft: expected.draft,
        key: expected.key,
        issuer: expected.issuer,
    };
    let broken: Vec<Broken> = RULES
        .iter()
        .filter(|(rule, _)| counts(rule))
        .filter_map(|(rule, check)| {
            check(&candidate)
                .err()
                .map(|finding| Broken { rule, finding })
        })
        .collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(LintError(broken))
    }
}
