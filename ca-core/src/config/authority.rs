//! `[authority]` and `[pkcs12]`: the CA, its key, and what it packs.
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, within};
use crate::domain::token_uri::SignerPlace;

/// A root lasts for decades: nobody has more generations.
const MOST_GENERATIONS: i64 = 99;

/// One attribute of a distinguished name, written `{ CN = "…" }`.
pub type NameAttribute = BTreeMap<String, String>;

/// The certificate authority and its key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuthorityConfig {
    /// The root's subject, in order; Japanese or ASCII.
    pub subject: Vec<NameAttribute>,
    /// The organisation that stands in applicants' subjects after the user ID.
    pub client_organisation: String,
    /// Folder with certificate profiles; the built-in ones when absent.
    pub profiles: Option<PathBuf>,
    /// Where CA keys are made and lie: `file`, or a token by its PKCS#11 URI
    /// (`pkcs11:token=inkan;object=inkan-root?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=file:/etc/inkan/pin`).
    #[schemars(with = "String")]
    pub signer: SignerPlace,
    /// Seconds that the token's module is waited for, 1 to 600. One that takes longer is taken to hang: signing pauses
    /// until it answers.
    pub signer_patience_seconds: u32,
    /// The CA's encrypted private key (PEM); `keys/ca.key` in the data folder when absent.
    pub key_file: Option<PathBuf>,
    /// The worker's encrypted sealing key; `keys/sealing.key` in the data folder when absent.
    pub sealing_key_file: Option<PathBuf>,
    /// File whose first line is the passphrase of both; asked for at a terminal when absent.
    pub passphrase_file: Option<PathBuf>,
}

/// The file of a generation's key beside the `first` one's: `ca.key`, `ca-2.key`, `ca-3.key`.
pub fn key_file_of(first: &Path, generation: i64) -> PathBuf {
    if generation <= 1 {
        return first.to_owned();
    }
    let text = |part: Option<&OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let mut name = format!("{}-{generation}", text(first.file_stem()));
    if let Some(extension) = first.extension() {
        name = format!("{name}.{}", text(Some(extension)));
    }
    first.with_file_name(name)
}

/// The key file of the earliest generation that has one; the `first` one's if there is none at all.
pub(super) fn first_key_file(first: &Path) -> PathBuf {
    let mut each = (1..=MOST_GENERATIONS).map(|generation| key_file_of(first, generation));
    let there = each.find(|file| file.exists());
    there.unwrap_or_else(|| first.to_owned())
}

impl Default for AuthorityConfig {
    fn default() -> Self {
        let attribute =
            |key: &str, value: &str| BTreeMap::from([(key.to_owned(), value.to_owned())]);
        Self {
            subject: vec![
                attribute("C", "JP"),
                attribute("O", "電子請求受付センター"),
                attribute("CN", "電子請求受付センター 認証局 G1"),
            ],
            client_organisation: "電子請求受付センター".into(),
            profiles: None,
            signer: SignerPlace::default(),
            signer_patience_seconds: 30,
            key_file: None,
            sealing_key_file: None,
            passphrase_file: None,
        }
    }
}

impl AuthorityConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within(
            "authority.signer_patience_seconds",
            self.signer_patience_seconds,
            1..=600,
            "allowed are 1 to 600",
        )
    }

    /// How long the token's module is waited for.
    pub fn signer_patience(&self) -> Duration {
        Duration::from_secs(self.signer_patience_seconds.into())
    }
}

/// The PKCS#12 that an applicant downloads (RFC 7292).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Pkcs12Config {
    /// PBKDF2 and MAC iterations, 10,000 to 600,000 (Windows refuses more).
    pub iterations: u32,
    /// How many days after the first login at the portal an applicant's file is deleted, 1 to 3,650; when absent it is
    /// kept until its certificate ends or is revoked, for an office that changes its PC.
    pub days_after_first_login: Option<u32>,
}

impl Default for Pkcs12Config {
    fn default() -> Self {
        Self {
            iterations: 100_000,
            days_after_first_login: None,
        }
    }
}

impl Pkcs12Config {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let rule = "allowed are 10000 to 600000; Windows refuses more";
        within("pkcs12.iterations", self.iterations, 10_000..=600_000, rule)?;
        let Some(days) = self.days_after_first_login else {
            return Ok(());
        };
        let rule =
            "allowed are 1 to 3650; leave it out to keep the file until its certificate ends";
        within("pkcs12.days_after_first_login", days, 1..=3650, rule)
    }

    /// How long a PKCS#12 is kept after the first login at the portal; none keeps it until its certificate ends.
    pub fn kept_after_first_login(&self) -> Option<TimeDelta> {
        self.days_after_first_login
            .map(|days| TimeDelta::days(days.into()))
    }
}
