//! `[worker]`: the signing worker.
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ConfigError, within};

/// The signing worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WorkerConfig {
    /// Requests that each job takes at once, with a commit for their intents and one for their certificates. What
    /// waits is shared out evenly, so that few requests are few for each.
    pub batch: u32,
    /// How long a claim holds, in seconds; a worker that dies gives its batch back after that.
    pub lease_seconds: u32,
    /// Threads that prepare, sign and pack; 0 means one for each core.
    pub jobs: u32,
    /// Seconds between looks at an empty queue.
    pub poll_seconds: u32,
    /// Times that a request may fail by itself before an operator has to look at it.
    pub attempts: u32,
    /// Folder of the journal, what was signed and revoked outside the database; `journal` in the data folder when
    /// absent. Another disk than the database's is better.
    pub journal_folder: Option<PathBuf>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        Self {
            batch: 100,
            lease_seconds: 300,
            jobs: 0,
            poll_seconds: 5,
            attempts: 3,
            journal_folder: None,
        }
    }
}

impl WorkerConfig {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within(
            "worker.batch",
            self.batch,
            1..=1_000,
            "allowed are 1 to 1000",
        )?;
        within(
            "worker.lease_seconds",
            self.lease_seconds,
            5..=86_400,
            "allowed are 5 to 86400",
        )?;
        within("worker.jobs", self.jobs, 0..=256, "allowed are 0 to 256")?;
        within(
            "worker.poll_seconds",
            self.poll_seconds,
            1..=3_600,
            "allowed are 1 to 3600",
        )?;
        within(
            "worker.attempts",
            self.attempts,
            1..=100,
            "allowed are 1 to 100",
        )
    }
}
