//! A PostgreSQL cluster of one test's own, which it may stop as a power cut does.

use crate::program::tool;
use crate::repository::root;
use std::process::Command;

/// A running cluster, as tests/postgres makes it; it ends with this process.
pub struct Cluster {
    url: String,
    home: String,
    programs: String,
}

impl Cluster {
    /// Starts one.
    ///
    /// # Panics
    /// When PostgreSQL is not installed.
    pub fn start() -> Self {
        let script = root().join("tests/postgres");
        let mut command = Command::new("bash");
        let us = std::process::id().to_string();
        command.arg(script).arg(us).env_remove("NEXTEST_ENV");
        let url = crate::program::run(&mut command).ok().out.trim().to_owned();
        let mut sql = crate::database::Sql::connect(crate::database::Engine::Postgres, &url);
        let mut one = |query: &str| sql.lines(query).remove(0);
        // The run's clusters need not reach the disk; what this one answers has to outlive a stop.
        one("SELECT set_config('application_name', 'inkan tests', false) AS line");
        let home = one("SELECT current_setting('data_directory') AS line");
        let programs = one("SELECT setting AS line FROM pg_config WHERE name = 'BINDIR'");
        sql.run("ALTER ROLE inkan SET synchronous_commit = on");
        Self {
            url,
            home,
            programs,
        }
    }

    /// The address of its first database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Stops it at once, without a word to anybody, and starts it again: it recovers from its log.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn crash_and_restart(&self) {
        // With the options that it had; one that was stopped is started.
        self.control("restart");
    }

    /// Stops it at once; it stays away until [`Cluster::crash_and_restart`].
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self) {
        self.control("stop");
    }

    fn control(&self, what: &str) {
        let control = format!("{}/pg_ctl", self.programs);
        let place = ["-D", &self.home, "-m", "immediate", "-w", "-t", "60"];
        let words = ["-l", "/dev/null", what];
        let quiet = if what == "stop" { &words[2..] } else { &words };
        let arguments = place.into_iter().chain(quiet.iter().copied());
        let answer = if owner_is_root() {
            let as_owner = ["-u", "postgres", "--", &control];
            tool("runuser", as_owner.into_iter().chain(arguments))
        } else {
            tool(&control, arguments)
        };
        answer.ok();
    }
}

/// PostgreSQL refuses to run as root; tests/postgres uses the user `postgres` then.
fn owner_is_root() -> bool {
    tool("id", ["-u"]).ok().out.trim() == "0"
}
