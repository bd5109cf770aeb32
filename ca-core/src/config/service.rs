//! `[service]` and `[calendar]`: what people see.
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// What the service is called and where people find it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ServiceConfig {
    /// Name of the organisation in Japanese, on pages, mails and letters.
    pub name: String,
    /// Name of the organisation in English.
    pub name_en: String,
    /// Host name of the site, as in the certificate and in every link.
    pub host: String,
    /// Address of the top page, as printed on letters and in mails.
    pub public_url: String,
    /// Address of the protected site (portal); when empty, the host of `public_url` with the port of `listen.portal`.
    pub portal_url: String,
    /// Address of the plain http listener as clients reach it; CRL and AIA addresses begin with it.
    pub plain_url: String,
    /// Whom to call, one line in Japanese.
    pub contact: String,
    /// Whom to call, one line in English.
    pub contact_en: String,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            name: "電子請求受付センター".into(),
            name_en: "Electronic Claims Center".into(),
            host: "localhost".into(),
            public_url: "https://localhost:8443/".into(),
            portal_url: String::new(),
            plain_url: "http://localhost:8080/".into(),
            contact: "ヘルプデスク 0570-000-000（平日 9:00～17:00）".into(),
            contact_en: "Help desk 0570-000-000 (weekdays 9:00-17:00 JST)".into(),
        }
    }
}

impl ServiceConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let ends = |text: &str, scheme: &str| text.starts_with(scheme) && text.ends_with('/');
        if !ends(&self.public_url, "https://") {
            return Err(ConfigError::Value {
                key: "service.public_url",
                value: self.public_url.clone(),
                rule: "write https://HOST[:PORT]/ with the slash at the end",
            });
        }
        if !self.portal_url.is_empty() && !ends(&self.portal_url, "https://") {
            return Err(ConfigError::Value {
                key: "service.portal_url",
                value: self.portal_url.clone(),
                rule: "write https://HOST[:PORT]/ with the slash at the end, or leave it empty",
            });
        }
        if !ends(&self.plain_url, "http://") {
            return Err(ConfigError::Value {
                key: "service.plain_url",
                value: self.plain_url.clone(),
                rule: "write http://HOST[:PORT]/ with the slash at the end: CRL and AIA are fetched without TLS",
            });
        }
        Ok(())
    }
}

/// Where business hours and holidays are written.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CalendarFile {
    /// The calendar file; the built-in one (national holidays 2026 to 2028) when absent.
    pub file: Option<PathBuf>,
}
