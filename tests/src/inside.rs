//! A service seen from inside: its worker in this process, and what its database must never hold.

use crate::database::Database;
use crate::process::Process;
use crate::service::Service;
use ca_core::config::Config;
use ca_core::domain::random::OsRandom;
use ca_core::domain::time::SystemClock;
use ca_core::flow::check_invariants::check_invariants;
use ca_core::store::Store;
use ca_worker::authority::read_passphrase;
use ca_worker::worker::Worker;
use std::process::Command;
use std::sync::Arc;

impl Service {
    /// A service that is set up on a database of the test's, by its owner alone.
    pub fn set_up_in(database: Database) -> Self {
        let service = Self::configured_on(0, database, "");
        service.cli(&["ca", "init"]).ok();
        service.cli(&["certificate", "issue-server"]).ok();
        service
    }

    /// The web tier, told by `FAILPOINTS` where to fail.
    pub fn start_failing_site(&self, points: &str) -> Process {
        let told = [("FAILPOINTS".to_owned(), points.to_owned())];
        let mut site = self.start_with("ca-api", "console", &told);
        for port in self.ports {
            site.until_it_listens(port);
        }
        site
    }

    /// The signer's command for one unit of work.
    pub fn worker_command(&self) -> Command {
        let mut command = crate::program::command("ca-worker");
        command
            .arg("--config")
            .arg(self.folder().join("inkan.toml"))
            .arg("--once")
            .env("INKAN__DATABASE__URL", self.url_for("worker"));
        command
    }

    /// A worker of this service that runs in this process, as the owner of the database, where no fault reaches it
    /// unless the test wants one.
    pub fn worker_in_this_process(&self) -> Worker {
        let file = self.folder().join("inkan.toml");
        let mut config = Config::load(Some(&file)).expect("the configuration");
        config.database.url = self.database.url().to_owned();
        let passphrase = read_passphrase(&self.folder().join("passphrase"));
        let store = Store::open(&config.database, &config.data.folder).expect("the database");
        Worker::open(
            &config,
            store,
            &passphrase.expect("the passphrase"),
            Arc::new(SystemClock),
            Arc::new(OsRandom),
        )
        .expect("a worker")
    }

    /// Every invariant of docs/issuance-cycle.md that rows can tell.
    ///
    /// # Panics
    /// With what is wrong.
    pub fn assert_whole(&self, store: &Store, when: &str) {
        let breaches = check_invariants(store).expect("the database");
        assert!(breaches.is_empty(), "{when}: {breaches:#?}");
    }

    /// The same, on a connection of its own.
    ///
    /// # Panics
    /// With what is wrong.
    pub fn assert_nothing_breaks(&self, when: &str) {
        let file = self.folder().join("inkan.toml");
        let mut config = Config::load(Some(&file)).expect("the configuration");
        config.database.url = self.database.url().to_owned();
        let store = Store::open(&config.database, &config.data.folder).expect("the database");
        self.assert_whole(&store, when);
    }
}
