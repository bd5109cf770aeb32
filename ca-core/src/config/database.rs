//! `[database]` and `[data]`: where things are kept.
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ConfigError;

/// The folder for keys, mails and the embedded database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DataConfig {
    /// The folder; made with mode 0700 by `ca-cli ca init`.
    pub folder: PathBuf,
}

impl Default for DataConfig {
    fn default() -> Self {
        Self {
            folder: "inkan-data".into(),
        }
    }
}

/// The database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `postgres://USER@HOST/NAME?passfile=FILE&sslmode=verify-full&sslrootcert=FILE` (libpq's own address: it reads the
    /// password from the pass file) or `sqlite:PATH`. When empty: SQLite in the data folder. A server on another
    /// machine is asked for its certificate: without `sslmode=verify-full` the address is refused.
    pub url: String,
    /// Connections that one program keeps.
    pub connections: u32,
}

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: String::new(),
            connections: 8,
        }
    }
}

/// Which database an address names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file.
    Sqlite(PathBuf),
    /// A libpq connection address.
    Postgres(String),
}

impl DatabaseConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if self.url.starts_with("postgres") && !is_local(&self.url) && !verifies(&self.url) {
            return Err(ConfigError::Value {
                key: "database.url",
                value: "an address of another machine without sslmode=verify-full".into(),
                rule: "what travels to a database on another machine is encrypted and the server shows a certificate: \
                       add ?sslmode=verify-full&sslrootcert=FILE",
            });
        }
        Ok(())
    }

    /// The database to open, given the data folder.
    pub fn target(&self, data: &Path) -> DatabaseUrl {
        if self.url.is_empty() {
            return DatabaseUrl::Sqlite(data.join("inkan.sqlite"));
        }
        match self.url.strip_prefix("sqlite:") {
            Some(path) => DatabaseUrl::Sqlite(path.strip_prefix("//").unwrap_or(path).into()),
            None => DatabaseUrl::Postgres(self.url.clone()),
        }
    }
}

impl DatabaseUrl {
    /// A parameter of a libpq address, percent signs taken back (RFC 3986 §2.1); the last one counts.
    pub fn parameter(&self, name: &str) -> Option<String> {
        let Self::Postgres(url) = self else {
            return None;
        };
        let (_, query) = url.split_once('?')?;
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.rfind(|(key, _)| *key == name)?;
        let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
        Some(value.into_owned()).filter(|value| !value.is_empty())
    }
}

/// Whether every server that a libpq address names is reached without leaving this machine.
fn is_local(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = place.split('/').next().unwrap_or_default();
    let hosts = authority.rsplit('@').next().unwrap_or_default();
    // `host=` and `hostaddr=` stand above what comes before the path.
    let named = query.split('&').filter_map(|pair| {
        pair.strip_prefix("host=")
            .or(pair.strip_prefix("hostaddr="))
    });
    hosts
        .split(',')
        .map(without_port)
        .chain(named.flat_map(|hosts| hosts.split(',')))
        .all(|host| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let socket = host.is_empty() || host.starts_with('/') || host.starts_with("%2F");
            let address = host.parse::<std::net::IpAddr>();
            socket || host == "localhost" || address.is_ok_and(|address| address.is_loopback())
        })
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => host,
    }
}

fn verifies(url: &str) -> bool {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    query.split('&').any(|pair| pair == "sslmode=verify-full")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(url: &str) -> bool {
        let config = DatabaseConfig {
            url: url.into(),
            ..DatabaseConfig::default()
        };
        config.check().is_ok()
    }

    #[test]
    fn another_machine_has_to_show_its_certificate() {
        for local in [
            "",
            "sqlite:/var/lib/inkan/inkan.sqlite",
            "postgres:///inkan",
            "postgres://inkan@localhost/inkan",
            "postgres://inkan:p%40ss@127.0.0.1:5433/inkan?passfile=/etc/pass",
            "postgres://[::1]:5432/inkan",
            "postgres://inkan@%2Frun%2Fpostgresql/inkan",
            "postgres:///inkan?host=/run/postgresql",
        ] {
            assert!(accepts(local), "{local}");
        }
        for open in [
            "postgres://inkan@db.example.jp/inkan",
            "postgres://inkan@db.example.jp:5432/inkan?sslmode=require",
            "postgres://inkan@db.example.jp/inkan?sslmode=verify-ca",
            "postgresql://localhost,db.example.jp/inkan",
            "postgres:///inkan?host=db.example.jp",
            "postgres:///inkan?hostaddr=192.0.2.1",
            "postgres://a@b:x@192.0.2.1/inkan",
        ] {
            assert!(!accepts(open), "{open}");
            let join = if open.contains('?') { '&' } else { '?' };
            let verified = format!("{open}{join}sslmode=verify-full");
            if !open.contains("sslmode") {
                assert!(accepts(&verified), "{verified}");
            }
        }
    }
}
