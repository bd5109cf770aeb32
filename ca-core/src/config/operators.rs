//! `[operators]`: those who run the service.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, mail_addresses};

/// Those who run the service.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct OperatorsConfig {
    /// Mail addresses that are told what of the service ends, 90, 30, 14, 7 days and 1 day before and when it has ended:
    /// the site's certificate, operators' certificates, the root, the calendar.
    pub mail: Vec<String>,
}

impl OperatorsConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        mail_addresses("operators.mail", &self.mail)
    }
}
