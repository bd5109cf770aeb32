//! `[mail]`: how notices leave.
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// Where mails go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum MailTransport {
    /// One `.eml` file a mail, in a folder.
    #[default]
    Folder,
    /// An SMTP server.
    Smtp,
}

/// How the SMTP connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// STARTTLS is demanded (RFC 3207); a server without it gets nothing.
    #[default]
    Starttls,
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// No protection; only to a loopback address.
    Loopback,
}

/// The SMTP server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SmtpConfig {
    /// Host name, checked against its certificate.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Protection of the connection.
    pub security: SmtpSecurity,
    /// File with user name on the first and password on the second line; none means no login.
    pub credentials_file: Option<PathBuf>,
    /// PEM file with further root certificates to trust for this connection.
    pub root_certificates: Option<PathBuf>,
    /// What EHLO says: a host name or an IP address; the host of `[service]` when absent.
    pub hello: Option<String>,
    /// Seconds to wait for the server.
    pub timeout_seconds: u32,
}

impl Default for SmtpConfig {
    fn default() -> Self {
        Self {
            host: "localhost".into(),
            port: 587,
            security: SmtpSecurity::Starttls,
            credentials_file: None,
            root_certificates: None,
            hello: None,
            timeout_seconds: 30,
        }
    }
}

/// Mail notices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// Folder or SMTP.
    pub transport: MailTransport,
    /// Folder for `.eml` files; `mail` in the data folder when absent.
    pub folder: Option<PathBuf>,
    /// Sender's address.
    pub from: String,
    /// Address that reads answers.
    pub reply_to: String,
    /// Folder with own texts; the built-in ones when absent.
    pub templates: Option<PathBuf>,
    /// The SMTP server.
    pub smtp: SmtpConfig,
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            transport: MailTransport::Folder,
            folder: None,
            from: "no-reply@localhost.localdomain".into(),
            reply_to: "helpdesk@localhost.localdomain".into(),
            templates: None,
            smtp: SmtpConfig::default(),
        }
    }
}

impl MailConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let local = ["localhost", "127.0.0.1", "::1"].contains(&self.smtp.host.as_str());
        if self.smtp.security == SmtpSecurity::Loopback && !local {
            return Err(ConfigError::Value {
                key: "mail.smtp.security",
                value: "loopback".into(),
                rule: "mail leaves the machine only under TLS: write starttls or tls",
            });
        }
        if let Some(hello) = self.smtp.hello.as_deref().filter(|name| !is_name(name)) {
            return Err(ConfigError::Value {
                key: "mail.smtp.hello",
                value: hello.into(),
                rule: "EHLO says a host name of letters, digits, hyphens and dots, or an IP address",
            });
        }
        Ok(())
    }
}

/// Whether EHLO can say it (RFC 5321 §4.1.1.1).
fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && label.len() <= 63 && label.chars().all(plain)
    };
    let literal = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let address = literal.unwrap_or(text).parse::<std::net::IpAddr>().is_ok();
    address || (text.len() <= 255 && text.split('.').all(label))
}
