//! `[database]` and `[data]`: where things are kept.
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    /// `postgres://USER@HOST/NAME` (libpq reads the password from its own pass file) or
    /// `sqlite:PATH`. When empty: SQLite in the data folder.
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
