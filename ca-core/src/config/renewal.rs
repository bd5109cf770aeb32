//! `[renewal]`: how one certificate follows another.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, within};

/// When the certificate of a renewal begins to be valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RenewalStart {
    /// At once: for up to a month the old and the new one are both valid.
    #[default]
    Overlap,
    /// One second after the end of the old one, its life counted from there. Where that would outlive the root,
    /// at once.
    AtEndOfOld,
}

/// How one certificate follows another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RenewalConfig {
    /// When the certificate of a renewal begins to be valid: `overlap` or `at-end-of-old`.
    pub start: RenewalStart,
    /// Days before the end on which offices without a newer certificate are reminded by mail.
    pub reminder_days: Vec<u32>,
}

impl Default for RenewalConfig {
    fn default() -> Self {
        Self {
            start: RenewalStart::Overlap,
            reminder_days: vec![30, 14, 7, 1],
        }
    }
}

impl RenewalConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let rule = "allowed are up to 20 numbers from 1 to 365";
        within(
            "renewal.reminder_days",
            self.reminder_days.len(),
            0..=20,
            rule,
        )?;
        for days in &self.reminder_days {
            within("renewal.reminder_days", *days, 1..=365, rule)?;
        }
        Ok(())
    }
}
