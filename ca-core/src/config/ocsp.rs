//! `[ocsp]`: the answers about the state of certificates that the worker signs ahead.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, within};

/// Answers about the state of certificates (OCSP).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OcspConfig {
    /// How long an answer holds, in hours. The worker signs it anew at half of that, so half of it is how long the
    /// worker may be away before answers run out.
    pub validity_hours: u32,
}

impl Default for OcspConfig {
    fn default() -> Self {
        Self {
            validity_hours: 168,
        }
    }
}

impl OcspConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within(
            "ocsp.validity_hours",
            self.validity_hours,
            1..=240,
            "allowed are 1 to 240: an answer cannot outlive the responder's certificate, which lasts a month",
        )
    }
}
