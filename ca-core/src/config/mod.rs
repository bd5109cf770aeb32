//! Configuration: one TOML file, overridden by `INKAN__SECTION__KEY`, unknown keys refused.
//!
//! Every section has defaults, so that the demo needs no file. Secrets are never written
//! here: a key that needs one names the file that holds it.
mod audit;
mod authority;
mod console;
mod crl;
mod database;
mod files;
mod layers;
mod letter;
mod listen;
mod mail;
mod ocsp;
mod operators;
mod portal;
mod profiles;
mod proxy;
mod reissue;
mod renewal;
mod service;
pub mod text_file;
mod web;
mod worker;

use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::domain::account::parse_mail_address;
use crate::domain::lock::LockRule;
use crate::domain::user_id::{Class, Classes, ClassesError};

pub use audit::AuditConfig;
pub use authority::{AuthorityConfig, NameAttribute, Pkcs12Config, key_file_of};
pub use console::{ApprovalKeyError, ConsoleConfig};
pub use crl::CrlConfig;
pub use database::{DataConfig, DatabaseConfig, DatabaseUrl};
pub use files::{Need, Program, Unusable, Use};
pub use layers::Sources;
pub use letter::LetterConfig;
pub use listen::{Listen, ListenConfig, ListenForm};
pub use mail::{MailConfig, MailTransport, SmtpConfig, SmtpSecurity};
pub use ocsp::OcspConfig;
pub use operators::OperatorsConfig;
pub use portal::{AccessMatrixError, PortalConfig};
pub use profiles::{Profiles, ProfilesError};
pub use proxy::{ProxyConfig, SourceHeader};
pub use reissue::ReissueConfig;
pub use renewal::{RenewalConfig, RenewalStart};
pub use service::{CalendarFile, ServiceConfig};
pub use web::{PasswordConfig, SessionConfig, TlsConfig};
pub use worker::WorkerConfig;

/// The whole configuration.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// What the service is called and where people find it.
    pub service: ServiceConfig,
    /// The folder for everything that is not in the database.
    pub data: DataConfig,
    /// The database.
    pub database: DatabaseConfig,
    /// The addresses that ca-api listens on.
    pub listen: ListenConfig,
    /// The site's own certificate.
    pub tls: TlsConfig,
    /// The certificate authority and its key.
    pub authority: AuthorityConfig,
    /// The PKCS#12 that an applicant downloads.
    pub pkcs12: Pkcs12Config,
    /// Business hours and holidays.
    pub calendar: CalendarFile,
    /// The signing worker.
    pub worker: WorkerConfig,
    /// Answers about the state of certificates.
    pub ocsp: OcspConfig,
    /// Signed checkpoints of the audit, written outside the database.
    pub audit: AuditConfig,
    /// Those who run the service.
    pub operators: OperatorsConfig,
    /// The certificate revocation lists.
    pub crl: CrlConfig,
    /// Mail notices.
    pub mail: MailConfig,
    /// Locks after wrong passwords.
    pub lock: LockRule,
    /// Browser sessions.
    pub session: SessionConfig,
    /// The operators' console.
    pub console: ConsoleConfig,
    /// The portal behind client certificates.
    pub portal: PortalConfig,
    /// A proxy in front of the portal.
    pub proxy: ProxyConfig,
    /// Password hashing and ageing.
    pub password: PasswordConfig,
    /// How one certificate follows another.
    pub renewal: RenewalConfig,
    /// The public form for new passwords.
    pub reissue: ReissueConfig,
    /// The posted letter.
    pub letter: LetterConfig,
    /// The classes of user IDs, by their two letters.
    pub class: Vec<Class>,
    /// Where each value came from.
    #[serde(skip)]
    pub sources: Sources,
}

/// Why a configuration is refused; names the key and what it should be.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("configuration file {0} cannot be read: {1}; give its path with --config")]
    File(PathBuf, std::io::Error),
    /// A file that another one includes is not there or not readable.
    #[error("configuration file {file} cannot be read: {error}; correct `include` in {by}")]
    Included {
        /// The file.
        file: PathBuf,
        /// Where it is named.
        by: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// A file includes itself, by way of others or not.
    #[error(
        "configuration file {0} includes {1}, which so includes itself; take one `include` out"
    )]
    Circle(PathBuf, PathBuf),
    /// `include` is no list of files.
    #[error(
        "configuration file {0}: `include` is a list of files, at the top of the file: include = [\"base.toml\"]"
    )]
    Include(PathBuf),
    /// A key of a file is unknown, or of the wrong type, or the file is no TOML.
    #[error("configuration file {0}: {1}; see docs/configuration.md for the keys")]
    InFile(PathBuf, Box<figment::Error>),
    /// A key is unknown, missing or of the wrong type.
    #[error("configuration: {0}; see docs/configuration.md for the keys")]
    Shape(Box<figment::Error>),
    /// What is wrong, and where it was set.
    #[error("{error} (it comes from {place})")]
    From {
        /// The file, or the environment.
        place: String,
        /// What is wrong.
        error: Box<ConfigError>,
    },
    /// The classes of user IDs are not usable.
    #[error("configuration: {0}")]
    Classes(#[from] ClassesError),
    /// A value is out of its range.
    #[error("configuration: {key} is {value}: {rule}")]
    Value {
        /// The key, as `section.key`.
        key: &'static str,
        /// What was written.
        value: String,
        /// What is allowed.
        rule: &'static str,
    },
}

impl Config {
    /// Reads `file` (or only the defaults) with the files that it includes, then the environment, and checks every
    /// value.
    ///
    /// Relative paths inside a file are taken from the folder of that file.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        let (figment, sources) = layers::read(file)?;
        let config: Self = figment
            .extract()
            .map_err(|error| ConfigError::Shape(Box::new(error)))?;
        let config = Self { sources, ..config }.with_defaults();
        match config.validate() {
            Ok(()) => Ok(config),
            Err(error) => Err(config.placed(error)),
        }
    }

    /// The error with the place where the value was set.
    fn placed(&self, error: ConfigError) -> ConfigError {
        let key = match &error {
            ConfigError::Value { key, .. } => *key,
            _ => "class",
        };
        ConfigError::From {
            place: self.sources.place(key),
            error: Box::new(error),
        }
    }

    /// The classes of user IDs.
    pub fn classes(&self) -> Classes {
        // Checked when the configuration was loaded.
        Classes::try_from(self.class.clone()).unwrap_or_default()
    }

    /// Address of the portal: as configured, or the applicants' host with the portal's own port.
    pub fn portal_url(&self) -> String {
        if !self.service.portal_url.is_empty() {
            return self.service.portal_url.clone();
        }
        let address = self.service.public_url.trim_start_matches("https://");
        let authority = address.split('/').next().unwrap_or_default();
        // An IPv6 address has colons of its own, inside brackets.
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority,
        };
        match self.listen.portal.port() {
            Some(port) => format!("https://{host}:{port}/"),
            // Refused when the configuration was read.
            None => self.service.public_url.clone(),
        }
    }

    /// The folder of the journal: as configured, or `journal` in the data folder.
    pub fn journal_folder(&self) -> PathBuf {
        let configured = self.worker.journal_folder.clone();
        configured.unwrap_or_else(|| self.data.folder.join("journal"))
    }

    /// The folder of the checkpoints: as configured, or `checkpoints` in the data folder.
    pub fn checkpoint_folder(&self) -> PathBuf {
        let configured = self.audit.checkpoint_folder.clone();
        configured.unwrap_or_else(|| self.data.folder.join("checkpoints"))
    }

    fn with_defaults(mut self) -> Self {
        if self.class.is_empty() {
            self.class = Classes::default().iter().cloned().collect();
        }
        self
    }

    fn validate(&self) -> Result<(), ConfigError> {
        self.service.check()?;
        self.database.check()?;
        self.listen.check(&self.service)?;
        self.authority.check()?;
        self.pkcs12.check()?;
        self.worker.check()?;
        self.ocsp.check()?;
        self.audit.check()?;
        self.operators.check()?;
        self.crl.check()?;
        self.session.check()?;
        self.password.check()?;
        self.mail.check()?;
        self.proxy.check()?;
        self.renewal.check()?;
        self.reissue.check()?;
        Classes::try_from(self.class.clone())?;
        Ok(())
    }
}

/// Refuses `value` unless it lies within `range`.
/// Whether each of them is a mail address.
fn mail_addresses(key: &'static str, addresses: &[String]) -> Result<(), ConfigError> {
    let wrong = { addresses.iter() }.find(|address| parse_mail_address(address).is_err());
    wrong.map_or(Ok(()), |address| {
        Err(ConfigError::Value {
            key,
            value: address.clone(),
            rule: "each is a mail address, such as somebody@example.jp",
        })
    })
}

fn within<T: PartialOrd + ToString>(
    key: &'static str,
    value: T,
    range: std::ops::RangeInclusive<T>,
    rule: &'static str,
) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(ConfigError::Value {
        key,
        value: value.to_string(),
        rule,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("inkan.toml");
        std::fs::write(&path, text).unwrap();
        Config::load(Some(&path))
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let config = load("").unwrap();
        assert_eq!(config.lock.tries.get(), 3);
        assert_eq!(config.class.len(), 3);
        assert!(config.data.folder.is_absolute());
    }

    #[test]
    fn the_portals_address_follows_the_applicants_host_unless_it_is_named() {
        let portal = |text| load(text).unwrap().portal_url();
        assert_eq!(portal(""), "https://localhost:8444/");
        let named = "[service]\npublic_url = \"https://ca.example/\"\n";
        assert_eq!(portal(named), "https://ca.example:8444/");
        let six =
            "[service]\npublic_url = \"https://[::1]:8443/\"\n[listen]\nportal = \"[::1]:9000\"\n";
        assert_eq!(portal(six), "https://[::1]:9000/");
        let own = "[service]\nportal_url = \"https://site.example/\"\n";
        assert_eq!(portal(own), "https://site.example/");
        let error = load("[listen]\nportal = \"off\"\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("service.portal_url"), "{error}");
        let elsewhere =
            "[service]\nportal_url = \"https://site.example/\"\n[listen]\nportal = \"off\"\n";
        assert_eq!(portal(elsewhere), "https://site.example/");
        assert!(load("[service]\nportal_url = \"http://site.example/\"\n").is_err());
        assert!(load("[password]\nvalid_months = 2\nwarn_months = 3\n").is_err());
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = load("[lock]\ntrys = 3\n").unwrap_err().to_string();
        assert!(error.contains("trys"), "{error}");
    }

    #[test]
    fn a_value_out_of_range_names_key_value_and_rule() {
        let error = load("[pkcs12]\niterations = 1000000\n")
            .unwrap_err()
            .to_string();
        assert!(error.contains("pkcs12.iterations is 1000000"), "{error}");
        assert!(error.contains("600000"), "{error}");
    }

    #[test]
    fn a_missing_file_says_how_to_name_one() {
        let error = Config::load(Some(Path::new("/nonexistent/inkan.toml"))).unwrap_err();
        assert!(error.to_string().contains("--config"));
    }
}
