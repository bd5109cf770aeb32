//! A profile as its file says it, and the way to a checked one.
use serde::{Deserialize, Serialize};

use super::{ExtendedKeyUsage, KeyAlgorithm, KeyUsage, Profile, ProfileName, fill_values};
use crate::domain::distinguished_name::{DistinguishedNameError, RawAttribute};

/// A profile's file. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawProfile {
    /// `client`, `server`, `operator`, `ocsp`, `audit` or `root`.
    pub name: String,
    /// The subject with the places `{name}` and `{organisation}`; none for the root.
    #[serde(default)]
    pub subject: Vec<RawAttribute>,
    /// `p256`, `p384`, `rsa3072` or `rsa4096`.
    pub key_algorithm: String,
    /// Calendar months.
    pub validity_months: u32,
    /// Minutes between the first valid second and the moment of signing.
    pub backdate_minutes: u32,
    /// `digitalSignature`, `keyCertSign`, `cRLSign`.
    pub key_usage: Vec<String>,
    /// `clientAuth`, `serverAuth`, `OCSPSigning`, `documentSigning`.
    pub extended_key_usage: Vec<String>,
    /// Address of the revocation list, with the places `{plain_url}` and `{generation}`.
    #[serde(default)]
    pub crl_url: Option<String>,
    /// Address of the issuer's certificate, with the same places.
    #[serde(default)]
    pub ca_url: Option<String>,
    /// Address where the certificate's state is told, with the same places.
    #[serde(default)]
    pub ocsp_url: Option<String>,
}

/// What the configuration puts into a profile's places.
#[derive(Debug, Clone, Copy)]
pub struct ProfilePlaces<'a> {
    /// `service.plain_url`: begins with `http://`, ends with a slash.
    pub plain_url: &'a str,
    /// `authority.client_organisation`.
    pub organisation: &'a str,
}

/// Why a profile is refused; each names the profile and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// A word of the file is not known.
    #[error("profile {profile}: {message}")]
    Word {
        /// The profile's name as written.
        profile: String,
        /// Which word, and what it should be.
        message: String,
    },
    /// A value is out of its range or contradicts another.
    #[error("profile {profile}: {rule}")]
    Rule {
        /// The profile.
        profile: ProfileName,
        /// What is allowed.
        rule: &'static str,
    },
    /// The subject is not one.
    #[error("profile {profile}: {source}")]
    Subject {
        /// The profile.
        profile: ProfileName,
        /// What is wrong with it.
        source: DistinguishedNameError,
    },
}

impl RawProfile {
    /// Fills the configuration's places and checks the profile.
    pub fn validate(&self, places: ProfilePlaces<'_>) -> Result<Profile, ProfileError> {
        let fill = |url: &Option<String>| {
            url.as_ref()
                .map(|url| url.replace("{plain_url}", places.plain_url))
        };
        let organisation = |braces| fill_values(braces, "{organisation}", places.organisation);
        let profile = Profile {
            name: self.word(&self.name)?,
            subject: self.subject.iter().map(organisation).collect(),
            key_algorithm: self.word(&self.key_algorithm)?,
            validity_months: self.validity_months,
            backdate_minutes: self.backdate_minutes,
            key_usage: self.words(&self.key_usage)?,
            extended_key_usage: self.words(&self.extended_key_usage)?,
            crl_url: fill(&self.crl_url),
            ca_url: fill(&self.ca_url),
            ocsp_url: fill(&self.ocsp_url),
        };
        profile.checked()
    }

    fn words<T: TryFrom<String>>(&self, words: &[String]) -> Result<Vec<T>, ProfileError>
    where
        T::Error: ToString,
    {
        words.iter().map(|word| self.word(word)).collect()
    }

    fn word<T: TryFrom<String>>(&self, word: &str) -> Result<T, ProfileError>
    where
        T::Error: ToString,
    {
        T::try_from(word.to_owned()).map_err(|error| ProfileError::Word {
            profile: self.name.clone(),
            message: error.to_string(),
        })
    }
}

impl Profile {
    /// Refuses a profile that contradicts itself, RFC 5280 or CRYPTREC's key sizes.
    pub(super) fn checked(self) -> Result<Self, ProfileError> {
        let rule = if self.is_root() {
            self.broken_root_rule()
        } else {
            self.broken_leaf_rule()
        };
        if let Some(rule) = rule.or_else(|| self.broken_common_rule()) {
            return Err(ProfileError::Rule {
                profile: self.name,
                rule,
            });
        }
        if !self.is_root() {
            let profile = self.name;
            self.subject_of("KJ0000000000")
                .map_err(|source| ProfileError::Subject { profile, source })?;
        }
        Ok(self)
    }

    fn broken_common_rule(&self) -> Option<&'static str> {
        let usages = &self.key_usage;
        let repeats =
            |index: usize, usage: &KeyUsage| usages.iter().take(index).any(|u| u == usage);
        if usages
            .iter()
            .enumerate()
            .any(|(index, usage)| repeats(index, usage))
        {
            return Some("key_usage names the same use twice");
        }
        if !(1..=480).contains(&self.validity_months) {
            return Some("validity_months is 1 to 480");
        }
        if self.backdate_minutes > 2_880 {
            return Some("backdate_minutes is at most 2880, two days");
        }
        let urls = [&self.crl_url, &self.ca_url, &self.ocsp_url];
        let https = |url: &&Option<String>| url.as_ref().is_some_and(|url| !is_plain_http(url));
        urls.iter().any(https).then_some(
            "crl_url, ca_url and ocsp_url are http:// addresses without spaces: clients fetch them before they trust us",
        )
    }

    fn broken_root_rule(&self) -> Option<&'static str> {
        let usages = &self.key_usage;
        if !(usages.contains(&KeyUsage::KeyCertSign) && usages.contains(&KeyUsage::CrlSign)) {
            return Some("a root needs key_usage keyCertSign and cRLSign (RFC 5280 §4.2.1.3)");
        }
        if !self.extended_key_usage.is_empty() {
            return Some("a root has no extended_key_usage");
        }
        if !self.subject.is_empty() {
            return Some(
                "the root's subject is authority.subject; leave subject out of the profile",
            );
        }
        if self.crl_url.is_some() || self.ca_url.is_some() || self.ocsp_url.is_some() {
            return Some(
                "a root is not revoked by a list of its own: leave crl_url, ca_url and ocsp_url out",
            );
        }
        let strong = matches!(
            self.key_algorithm,
            KeyAlgorithm::P384 | KeyAlgorithm::Rsa4096
        );
        (!strong).then_some("a root's key_algorithm is p384 or rsa4096")
    }

    fn broken_leaf_rule(&self) -> Option<&'static str> {
        if self.key_usage.as_slice() != [KeyUsage::DigitalSignature] {
            return Some(
                "key_usage is [\"digitalSignature\"]: keys here sign TLS handshakes, OCSP answers or checkpoints and nothing else",
            );
        }
        let expected = match self.name {
            ProfileName::Server => ExtendedKeyUsage::ServerAuth,
            ProfileName::Ocsp => ExtendedKeyUsage::OcspSigning,
            ProfileName::Audit => ExtendedKeyUsage::DocumentSigning,
            _ => ExtendedKeyUsage::ClientAuth,
        };
        if self.extended_key_usage.as_slice() != [expected] {
            return Some(
                "extended_key_usage is [\"serverAuth\"] for server, [\"OCSPSigning\"] for ocsp, [\"documentSigning\"] for audit and [\"clientAuth\"] for the others",
            );
        }
        if self.key_algorithm == KeyAlgorithm::Rsa4096 {
            return Some("key_algorithm is p256, p384 or rsa3072");
        }
        if self.is_delegate() && self.validity_months != 1 {
            return Some(
                "validity_months is 1: nobody asks whether a certificate of the worker's own is revoked, so it ends soon",
            );
        }
        (!self.names_its_holder()).then_some("subject holds { CN = \"{name}\" }")
    }
}

fn is_plain_http(url: &str) -> bool {
    url.starts_with("http://") && url.bytes().all(|byte| byte.is_ascii_graphic())
}
