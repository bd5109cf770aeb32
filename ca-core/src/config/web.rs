//! `[tls]`, `[session]`, `[password]`: the web tier.
use std::path::PathBuf;

use chrono::TimeDelta;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, within};
use crate::domain::password::{PasswordAgeing, PasswordCost};

/// The site's own certificate, as `ca-cli certificate issue-server` writes it, or of a public CA.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TlsConfig {
    /// PEM certificate chain; `tls/server.crt` in the data folder when absent.
    pub certificate: Option<PathBuf>,
    /// PEM private key; `tls/server.key` in the data folder when absent.
    pub key: Option<PathBuf>,
    /// Whether browsers trust the site's certificate without our root, since a public CA issued it. Pages then carry
    /// HTTP Strict Transport Security (RFC 6797) for a year. Under our own root they must not: after a change of roots
    /// nobody could pass the browser's warning to fetch the new one.
    pub publicly_trusted: bool,
}

/// Browser sessions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SessionConfig {
    /// A session ends after so many minutes without a request.
    pub idle_minutes: u32,
    /// A session ends after so many minutes in any case.
    pub absolute_minutes: u32,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            idle_minutes: 20,
            absolute_minutes: 480,
        }
    }
}

impl SessionConfig {
    /// How long a session lasts without a request.
    pub fn idle(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.idle_minutes))
    }

    /// How long a session lasts at most.
    pub fn absolute(&self) -> TimeDelta {
        TimeDelta::minutes(i64::from(self.absolute_minutes))
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within(
            "session.idle_minutes",
            self.idle_minutes,
            1..=1440,
            "allowed are 1 to 1440",
        )?;
        within(
            "session.absolute_minutes",
            self.absolute_minutes,
            1..=1440,
            "allowed are 1 to 1440",
        )
    }
}

/// Password hashing (Argon2id), and how long a login password may be used.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PasswordConfig {
    /// Memory of one hash in KiB. `ca-cli password tune` measures what this machine can bear. A hash that has another cost
    /// is made anew when its password is next typed.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Hashes that one program computes at the same time; further logins wait their turn. 0 stands for one fewer than
    /// the machine has cores, and at least one, so that lists, OCSP answers and pages always find a core.
    pub concurrent: u32,
    /// Calendar months after which a login password has to be changed.
    pub valid_months: u32,
    /// Calendar months before that from which a login warns.
    pub warn_months: u32,
}

impl Default for PasswordConfig {
    fn default() -> Self {
        Self {
            memory_kib: PasswordCost::default().memory_kib,
            iterations: PasswordCost::default().iterations,
            concurrent: 0,
            valid_months: PasswordAgeing::DEFAULT.valid_months,
            warn_months: PasswordAgeing::DEFAULT.warn_months,
        }
    }
}

impl PasswordConfig {
    /// What one hash costs.
    pub fn cost(&self) -> PasswordCost {
        PasswordCost {
            memory_kib: self.memory_kib,
            iterations: self.iterations,
        }
    }

    /// What to tell whoever checks the configuration: that the cost is less than is recommended.
    pub fn warning(&self) -> Option<String> {
        let recommended = PasswordCost::RECOMMENDED.map(|least| {
            let PasswordCost {
                memory_kib,
                iterations,
            } = least;
            format!("{memory_kib} with {iterations}")
        });
        self.cost().is_below_recommendation().then(|| {
            format!(
                "password.memory_kib = {} with password.iterations = {} is less than OWASP recommends for Argon2id ({}): \
                 whoever copies the database guesses faster; raise them, `ca-cli password tune` measures what this machine \
                 can bear",
                self.memory_kib,
                self.iterations,
                recommended.join(", ")
            )
        })
    }

    /// Hashes at the same time.
    pub fn at_once(&self) -> u32 {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        match self.concurrent {
            0 => u32::try_from(cores()).unwrap_or(1).saturating_sub(1).max(1),
            concurrent => concurrent,
        }
    }

    /// How long a login password may be used.
    pub fn ageing(&self) -> PasswordAgeing {
        PasswordAgeing {
            valid_months: self.valid_months,
            warn_months: self.warn_months,
        }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within(
            "password.valid_months",
            self.valid_months,
            1..=120,
            "allowed are 1 to 120",
        )?;
        within(
            "password.warn_months",
            self.warn_months,
            0..=self.valid_months,
            "allowed are 0 to password.valid_months",
        )?;
        within(
            "password.memory_kib",
            self.memory_kib,
            7_168..=1_048_576,
            "allowed are 7168 to 1048576",
        )?;
        within(
            "password.iterations",
            self.iterations,
            1..=100,
            "allowed are 1 to 100",
        )?;
        within(
            "password.concurrent",
            self.concurrent,
            0..=256,
            "allowed are 0 to 256",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nought_leaves_a_core_to_everything_else_and_a_number_is_taken_as_it_is() {
        let config = |concurrent| PasswordConfig {
            concurrent,
            ..PasswordConfig::default()
        };
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let usual = usize::try_from(config(0).at_once()).unwrap();
        assert!(
            usual >= 1 && (usual < cores || cores == 1),
            "{usual} of {cores}"
        );
        assert_eq!(config(5).at_once(), 5);
    }

    #[test]
    fn a_cost_below_the_recommendation_is_warned_of_with_what_to_do() {
        assert_eq!(PasswordConfig::default().warning(), None);
        let cheap = PasswordConfig {
            memory_kib: 19_456,
            iterations: 1,
            ..PasswordConfig::default()
        };
        let said = cheap.warning().unwrap();
        for words in ["memory_kib = 19456", "47104 with 1", "ca-cli password tune"] {
            assert!(said.contains(words), "{said}");
        }
    }
}
