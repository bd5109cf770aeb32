//! `[proxy]`: a proxy in front of the portal that ends TLS and hands the client certificate on.
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// A proxy in front of the portal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ProxyConfig {
    /// Plain http for the proxy alone: the portal's pages and /auth/check, with the client certificate in
    /// `Client-Cert` (RFC 9440). Keep it on the loopback or in a network that only the proxy reaches. No such
    /// listener when absent.
    pub listen: Option<SocketAddr>,
    /// Addresses and networks of the proxies; nobody else is answered there.
    pub trusted: Vec<String>,
    /// Where a visitor's address is read, for the throttle of the public form, the log and refusals in the audit, when
    /// a proxy of `trusted` hands a request on: `connection` (all its visitors are one), `forwarded` (RFC 7239) or
    /// `x-forwarded-for`. Name a header only if every proxy of `trusted` writes it itself.
    pub source: SourceHeader,
}

/// Where a visitor's address is read behind a proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SourceHeader {
    /// Nowhere: the connection's own address.
    #[default]
    Connection,
    /// `Forwarded` (RFC 7239).
    Forwarded,
    /// `X-Forwarded-For`.
    XForwardedFor,
}

impl Default for ProxyConfig {
    fn default() -> Self {
        Self {
            listen: None,
            trusted: vec!["127.0.0.1/32".into(), "::1/128".into()],
            source: SourceHeader::default(),
        }
    }
}

impl ProxyConfig {
    /// Whether `address` is one of the proxies.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let networks = self.trusted.iter().filter_map(|text| text.parse().ok());
        { networks }.any(|network: Network| network.contains(address))
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let wrong = self
            .trusted
            .iter()
            .find(|text| text.parse::<Network>().is_err());
        let wrong = wrong.cloned().or_else(|| {
            let nobody = self.listen.is_some() && self.trusted.is_empty();
            nobody.then(|| "[]".to_owned())
        });
        wrong.map_or(Ok(()), |value| {
            Err(ConfigError::Value {
                key: "proxy.trusted",
                value,
                rule: "write addresses or networks of the proxies, such as \"127.0.0.1/32\" or \"10.0.3.0/24\"; \
                       not everybody's (/0)",
            })
        })
    }
}

/// A network in CIDR notation (RFC 4632), or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    base: IpAddr,
    length: u32,
}

/// Text that is no network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NoNetwork;

impl fmt::Display for NoNetwork {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no network")
    }
}

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (base, length) = match text.split_once('/') {
            Some((base, length)) => (base, Some(length)),
            None => (text, None),
        };
        let base: IpAddr = base.parse().map_err(|_| NoNetwork)?;
        let whole = if base.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => whole,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                digits.parse().map_err(|_| NoNetwork)?
            }
            Some(_) => return Err(NoNetwork),
        };
        // Everybody is nobody's proxy.
        if (1..=whole).contains(&length) {
            Ok(Self { base, length })
        } else {
            Err(NoNetwork)
        }
    }
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address {
            IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
            IpAddr::V6(v6) => v6.to_bits(),
        };
        // An IPv4 address as a listener for both kinds reports it.
        let address = address.to_canonical();
        address.is_ipv4() == self.base.is_ipv4()
            && (bits(address) ^ bits(self.base)) >> (128 - self.length) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusts(network: &str, address: &str) -> bool {
        let config = ProxyConfig {
            trusted: vec![network.to_owned()],
            ..ProxyConfig::default()
        };
        config.check().unwrap();
        config.trusts(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        assert!(trusts("127.0.0.1/32", "127.0.0.1"));
        assert!(!trusts("127.0.0.1/32", "127.0.0.2"));
        assert!(trusts("10.0.3.0/24", "10.0.3.255"));
        assert!(!trusts("10.0.3.0/24", "10.0.4.0"));
        assert!(trusts("192.0.2.7", "::ffff:192.0.2.7"));
        assert!(trusts("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!trusts("2001:db8::/32", "2001:db9::1"));
        assert!(!trusts("0.0.0.1/8", "::1"));
        assert!(ProxyConfig::default().trusts("::1".parse().unwrap()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/0",
            "::/0",
            "10.0.0.0/+8",
            "10.0.0/8",
        ] {
            let config = ProxyConfig {
                trusted: vec![text.to_owned()],
                ..ProxyConfig::default()
            };
            let said = config.check().unwrap_err().to_string();
            assert!(said.contains("proxy.trusted"), "{said}");
        }
        let nobody = ProxyConfig {
            listen: Some(([127, 0, 0, 1], 1).into()),
            trusted: Vec::new(),
            ..ProxyConfig::default()
        };
        assert!(nobody.check().is_err());
    }
}
