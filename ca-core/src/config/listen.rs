//! `[listen]`: which doors a web process opens, and where.
use std::fmt;
use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, ServiceConfig};

/// The word for a door that is not opened.
const OFF: &str = "off";

/// Where one listener listens, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub enum Listen {
    /// Nowhere: this process has no such listener.
    Off,
    /// At this address.
    At(SocketAddr),
}

/// A text that is neither an address nor `off`.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is no place to listen: write an address with a port, such as 127.0.0.1:8443, or \"off\""
)]
pub struct ListenForm(String);

impl Listen {
    /// The address, unless it is off.
    pub fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Off => None,
            Self::At(address) => Some(address),
        }
    }

    /// The port, unless it is off.
    pub fn port(self) -> Option<u16> {
        self.address().map(|address| address.port())
    }

    /// Whether there is no such listener.
    pub fn is_off(self) -> bool {
        self == Self::Off
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str(OFF),
            Self::At(address) => address.fmt(f),
        }
    }
}

impl From<SocketAddr> for Listen {
    fn from(address: SocketAddr) -> Self {
        Self::At(address)
    }
}

impl From<Option<SocketAddr>> for Listen {
    fn from(address: Option<SocketAddr>) -> Self {
        address.map_or(Self::Off, Self::At)
    }
}

impl From<Listen> for String {
    fn from(listen: Listen) -> Self {
        listen.to_string()
    }
}

impl TryFrom<String> for Listen {
    type Error = ListenForm;

    fn try_from(text: String) -> Result<Self, ListenForm> {
        if text == OFF {
            return Ok(Self::Off);
        }
        text.parse().map(Self::At).map_err(|_| ListenForm(text))
    }
}

/// The addresses that ca-api listens on. Each may be `"off"`, so that offices and operators can be served by processes
/// of their own (docs/setting-up.md).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ListenConfig {
    /// Plain http: root certificate, CRL, OCSP, and a redirect to https.
    pub http: Listen,
    /// https for applicants.
    pub https: Listen,
    /// https for the protected site; asks for an applicant's client certificate.
    pub portal: Listen,
    /// https for operators; demands an operator's client certificate. The process that serves it reads the approval
    /// key.
    pub console: Listen,
    /// Plain http for monitoring: `/metrics` for Prometheus. Keep it on the loopback or in a network that only
    /// monitoring reaches.
    pub metrics: Listen,
}

impl Default for ListenConfig {
    fn default() -> Self {
        let local = |port| Listen::At(SocketAddr::from(([127, 0, 0, 1], port)));
        Self {
            http: local(8080),
            https: local(8443),
            portal: local(8444),
            console: local(8445),
            metrics: Listen::Off,
        }
    }
}

impl ListenConfig {
    /// The portal's address is made of its port: without one it has to be named.
    pub(super) fn check(&self, service: &ServiceConfig) -> Result<(), ConfigError> {
        if self.portal.is_off() && service.portal_url.is_empty() {
            return Err(ConfigError::Value {
                key: "service.portal_url",
                value: "empty".to_owned(),
                rule: "name the portal's address, since listen.portal is off here",
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_or_off_and_nothing_else() {
        let read = |text: &str| Listen::try_from(text.to_owned());
        for text in ["off", "127.0.0.1:8443", "[::1]:0"] {
            assert_eq!(read(text).unwrap().to_string(), text);
        }
        assert!(read("off").unwrap().port().is_none());
        for bad in [
            "",
            "Off",
            "no",
            "8443",
            "localhost:8443",
            "127.0.0.1",
            "127.0.0.1:99999",
        ] {
            let said = read(bad).unwrap_err().to_string();
            assert!(said.contains("\"off\"") && said.contains(bad), "{said}");
        }
    }
}
