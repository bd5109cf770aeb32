//! `[crl]`: the certificate revocation lists.
use chrono::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, within};

/// The certificate revocation lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CrlConfig {
    /// Days for which a list may be relied on. It is made anew after half of them, and at once when something is
    /// revoked. A calendar with a long closure stretches them: half of them is always a day longer than that.
    pub validity_days: u32,
}

impl Default for CrlConfig {
    fn default() -> Self {
        Self { validity_days: 14 }
    }
}

impl CrlConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        let rule = "allowed are 2 to 366";
        within("crl.validity_days", self.validity_days, 2..=366, rule)
    }

    /// How long a list holds where the office may be closed for `closure` days on end: a signer that fails on the
    /// first closed day, just before a list is due, can be mended on the first open day.
    #[must_use]
    pub fn validity(&self, closure: u32) -> Duration {
        Duration::days(i64::from(self.validity_days.max(2 * (closure + 1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_validity_outlasts_the_longest_closure() {
        let config = CrlConfig::default();
        assert_eq!(config.validity(0), Duration::days(14));
        assert_eq!(config.validity(6), Duration::days(14));
        assert_eq!(config.validity(9), Duration::days(20));
        assert!(CrlConfig { validity_days: 1 }.check().is_err());
    }
}
