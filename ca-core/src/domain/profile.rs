//! Certificate profiles: data in `config/profiles/*.toml`, checked before anything is issued by them.
//!
//! A profile is frozen by its hash: the hash is stored with the intent (step 5 of the issuance
//! cycle), so that what was signed can always be held against what was meant.
mod raw;
#[cfg(test)]
mod tests;
mod validity;

use sha2::{Digest, Sha256};

use super::certificate::Purpose;
use super::distinguished_name::{
    AttributeType, DistinguishedName, DistinguishedNameError, RawAttribute,
};
use super::request::words;

pub use raw::{ProfileError, ProfilePlaces, RawProfile};
pub use validity::{Validity, ValidityError};

/// Which profile; each has one file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ProfileName {
    /// An applicant's client certificate.
    Client,
    /// The site's own TLS certificate.
    Server,
    /// An operator's client certificate.
    Operator,
    /// The delegated key that signs OCSP answers (RFC 6960 §4.2.2.2).
    Ocsp,
    /// The key that signs checkpoints of the audit (RFC 9336).
    Audit,
    /// The self-signed root.
    Root,
}
words!(
    ProfileName,
    "certificate profile",
    Client = "client",
    Server = "server",
    Operator = "operator",
    Ocsp = "ocsp",
    Audit = "audit",
    Root = "root",
);

impl From<Purpose> for ProfileName {
    fn from(purpose: Purpose) -> Self {
        match purpose {
            Purpose::Client => Self::Client,
            Purpose::Server => Self::Server,
            Purpose::Operator => Self::Operator,
            Purpose::Ocsp => Self::Ocsp,
            Purpose::Audit => Self::Audit,
        }
    }
}

/// Kind and size of a key pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyAlgorithm {
    /// ECDSA on NIST P-256 with SHA-256.
    P256,
    /// ECDSA on NIST P-384 with SHA-384.
    P384,
    /// RSA, 3,072 bits, PKCS#1 v1.5 with SHA-256.
    Rsa3072,
    /// RSA, 4,096 bits, PKCS#1 v1.5 with SHA-256.
    Rsa4096,
}
words!(
    KeyAlgorithm,
    "key algorithm",
    P256 = "p256",
    P384 = "p384",
    Rsa3072 = "rsa3072",
    Rsa4096 = "rsa4096",
);

/// What the key may do (RFC 5280 §4.2.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyUsage {
    /// Sign in a TLS handshake, an OCSP answer or a checkpoint.
    DigitalSignature,
    /// Sign certificates.
    KeyCertSign,
    /// Sign revocation lists.
    CrlSign,
}
words!(
    KeyUsage,
    "key usage",
    DigitalSignature = "digitalSignature",
    KeyCertSign = "keyCertSign",
    CrlSign = "cRLSign",
);

/// What the certificate is for (RFC 5280 §4.2.1.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ExtendedKeyUsage {
    /// TLS client.
    ClientAuth,
    /// TLS server.
    ServerAuth,
    /// Signs OCSP answers in the issuer's stead.
    OcspSigning,
    /// Signs documents that people or programs read (RFC 9336).
    DocumentSigning,
}
words!(
    ExtendedKeyUsage,
    "extended key usage",
    ClientAuth = "clientAuth",
    ServerAuth = "serverAuth",
    OcspSigning = "OCSPSigning",
    DocumentSigning = "documentSigning",
);

/// A checked profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    name: ProfileName,
    subject: Vec<RawAttribute>,
    key_algorithm: KeyAlgorithm,
    validity_months: u32,
    backdate_minutes: u32,
    key_usage: Vec<KeyUsage>,
    extended_key_usage: Vec<ExtendedKeyUsage>,
    crl_url: Option<String>,
    ca_url: Option<String>,
    ocsp_url: Option<String>,
}

impl Profile {
    /// Which profile this is.
    pub fn name(&self) -> ProfileName {
        self.name
    }

    /// Kind and size of the subject's key.
    pub fn key_algorithm(&self) -> KeyAlgorithm {
        self.key_algorithm
    }

    /// What the key may do, in the order of the file.
    pub fn key_usage(&self) -> &[KeyUsage] {
        &self.key_usage
    }

    /// What the certificate is for, in the order of the file.
    pub fn extended_key_usage(&self) -> &[ExtendedKeyUsage] {
        &self.extended_key_usage
    }

    /// Calendar months from the first to the last second.
    pub fn validity_months(&self) -> u32 {
        self.validity_months
    }

    /// The subject of the holder called `name`: a user ID, an operator's name, a host name.
    pub fn subject_of(&self, name: &str) -> Result<DistinguishedName, DistinguishedNameError> {
        let filled: Vec<RawAttribute> = self
            .subject
            .iter()
            .map(|braces| fill_values(braces, "{name}", name))
            .collect();
        DistinguishedName::parse(&filled)
    }

    /// Where the revocation list of root generation `generation` is (RFC 5280 §4.2.1.13).
    pub fn crl_url(&self, generation: i64) -> Option<String> {
        self.crl_url
            .as_deref()
            .map(|url| fill_generation(url, generation))
    }

    /// Where the issuer's certificate is (RFC 5280 §4.2.2.1, caIssuers).
    pub fn ca_url(&self, generation: i64) -> Option<String> {
        self.ca_url
            .as_deref()
            .map(|url| fill_generation(url, generation))
    }

    /// Where the state of a certificate is told (RFC 5280 §4.2.2.1, ocsp).
    pub fn ocsp_url(&self, generation: i64) -> Option<String> {
        self.ocsp_url
            .as_deref()
            .map(|url| fill_generation(url, generation))
    }

    /// Whether nobody needs to ask if the certificate is revoked (ocsp-nocheck, RFC 6960 §4.2.2.2.1): the
    /// responder's own, which is short-lived instead.
    pub fn is_not_checked(&self) -> bool {
        self.name == ProfileName::Ocsp
    }

    /// Whether its holder is a key of the worker's own, short-lived instead of revoked.
    pub fn is_delegate(&self) -> bool {
        matches!(self.name, ProfileName::Ocsp | ProfileName::Audit)
    }

    /// The same profile with another key: what `ca init --key` and `bench --key` ask for.
    pub fn with_key_algorithm(&self, key_algorithm: KeyAlgorithm) -> Result<Self, ProfileError> {
        let changed = Self {
            key_algorithm,
            ..self.clone()
        };
        changed.checked()
    }

    /// SHA-256 over everything in the profile, as 64 lower-case hex digits.
    pub fn sha256(&self) -> String {
        hex::encode(Sha256::digest(self.canonical()))
    }

    /// A JSON array, so that no two profiles share this text and no map's order matters.
    fn canonical(&self) -> String {
        serde_json::json!([
            "inkan/profile/v2",
            self.name.as_str(),
            self.subject.iter().flatten().collect::<Vec<_>>(),
            self.key_algorithm.as_str(),
            self.validity_months,
            self.backdate_minutes,
            self.key_usage
                .iter()
                .map(|usage| usage.as_str())
                .collect::<Vec<_>>(),
            self.extended_key_usage
                .iter()
                .map(|usage| usage.as_str())
                .collect::<Vec<_>>(),
            self.crl_url,
            self.ca_url,
            self.ocsp_url,
        ])
        .to_string()
    }

    fn is_root(&self) -> bool {
        self.name == ProfileName::Root
    }

    fn names_its_holder(&self) -> bool {
        let common_name = AttributeType::CommonName.key();
        self.subject.iter().any(|braces| {
            braces
                .get(common_name)
                .is_some_and(|value| value == "{name}")
        })
    }
}

fn fill_values(braces: &RawAttribute, place: &str, text: &str) -> RawAttribute {
    braces
        .iter()
        .map(|(key, value)| (key.clone(), value.replace(place, text)))
        .collect()
}

fn fill_generation(url: &str, generation: i64) -> String {
    url.replace("{generation}", &generation.to_string())
}
