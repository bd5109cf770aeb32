//! `[audit]`: the signed checkpoints of the audit that leave the database.
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, mail_addresses, within};

/// Signed checkpoints of the audit, written outside the database.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct AuditConfig {
    /// Folder of the checkpoints; `checkpoints` in the data folder when absent. Another disk than the database's is
    /// better, one that whoever owns the database cannot write is best.
    pub checkpoint_folder: Option<PathBuf>,
    /// Minutes from one checkpoint to the next. While one is overdue and cannot be written, nothing is signed.
    pub checkpoint_minutes: u32,
    /// Mail addresses that get the first checkpoint of each day, such as an auditor's.
    pub mail_to: Vec<String>,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self {
            checkpoint_folder: None,
            checkpoint_minutes: 60,
            mail_to: Vec::new(),
        }
    }
}

impl AuditConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        mail_addresses("audit.mail_to", &self.mail_to)?;
        within(
            "audit.checkpoint_minutes",
            self.checkpoint_minutes,
            5..=1_440,
            "allowed are 5 to 1440, a day",
        )
    }
}
