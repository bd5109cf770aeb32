//! `[portal]`: what stands behind the portal, and who may open it.
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Config;
use crate::domain::access::{AccessFileError, AccessMatrix, BUILT_IN};
use crate::domain::user_id::Classes;

/// The portal behind client certificates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PortalConfig {
    /// The functions and who may open them; the built-in matrix (config/access-matrix.toml) when absent.
    pub access_matrix: Option<PathBuf>,
}

/// Why the access matrix cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AccessMatrixError {
    /// The file is not there or not readable.
    #[error("access matrix {0} ([portal] access_matrix) cannot be read: {1}")]
    File(PathBuf, std::io::Error),
    /// Its text is not a matrix.
    #[error("{0}: {1}; docs/agents.md explains the keys")]
    Content(String, AccessFileError),
}

impl Config {
    /// The access matrix: the configured file, or the built-in one.
    ///
    /// # Errors
    /// When the file cannot be read, or what it says is no matrix of the configured classes.
    pub fn access_matrix(&self) -> Result<AccessMatrix, AccessMatrixError> {
        let Some(path) = self.portal.access_matrix.as_deref() else {
            // It speaks of the default classes; where others are configured, its rules about them fit nobody.
            return read("the built-in matrix".into(), BUILT_IN, &Classes::default());
        };
        let text = super::text_file::read(path)
            .map_err(|error| AccessMatrixError::File(Path::to_owned(path), error))?;
        read(path.display().to_string(), &text, &self.classes())
    }
}

fn read(name: String, text: &str, classes: &Classes) -> Result<AccessMatrix, AccessMatrixError> {
    AccessMatrix::from_toml(text, classes).map_err(|error| AccessMatrixError::Content(name, error))
}
