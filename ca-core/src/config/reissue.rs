//! `[reissue]`: the public form for new passwords.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, within};

/// The public form for new passwords. Days are days in Tokyo.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ReissueConfig {
    /// Applications taken from one address a day; for IPv6 from one network of 64 bits.
    pub per_source_a_day: u32,
    /// Applications taken for one user ID a day, whether or not it exists.
    pub per_id_a_day: u32,
    /// Applications that may wait for an operator; further ones are sent away to the telephone.
    pub most_waiting: u32,
}

impl Default for ReissueConfig {
    fn default() -> Self {
        Self {
            per_source_a_day: 20,
            per_id_a_day: 3,
            most_waiting: 1_000,
        }
    }
}

impl ReissueConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within(
            "reissue.per_source_a_day",
            self.per_source_a_day,
            1..=100_000,
            "allowed are 1 to 100000",
        )?;
        within(
            "reissue.per_id_a_day",
            self.per_id_a_day,
            1..=1_000,
            "allowed are 1 to 1000",
        )?;
        within(
            "reissue.most_waiting",
            self.most_waiting,
            1..=1_000_000,
            "allowed are 1 to 1000000",
        )
    }
}
