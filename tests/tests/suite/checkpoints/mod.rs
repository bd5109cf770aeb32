//! Checkpoints of the audit: whoever owns the database and computes the chain anew is found, and nothing is signed while
//! nobody vouches for what would be recorded.

mod chain;
mod folder;
mod rewrapped;
mod strangers;
mod tampering;

use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::audit_act::AuditAct;
use ca_core::domain::time::Clock;
use ca_core::store::audit;
use ca_worker::checkpoint::list;
use ca_worker::run::{Report, run_once};
use ca_worker::worker::Worker;
use inkan_tests::database::Engine;
use inkan_tests::foundry::Foundry;
use inkan_tests::program::{self, Answer};
use std::path::PathBuf;

/// A foundry with a worker that makes checkpoints.
pub struct Place {
    pub foundry: Foundry,
    pub worker: Worker,
    number: u32,
}

impl Place {
    pub fn new(engine: Engine) -> Self {
        Self::of(Foundry::new(engine))
    }

    pub fn of(foundry: Foundry) -> Self {
        let mut worker = foundry.worker();
        worker.checkpoints = foundry.checkpoints();
        let url = foundry.database.url();
        let text = format!("data.folder = \".\"\ndatabase.url = \"{url}\"\n");
        foundry.folder.write("inkan.toml", text);
        Self {
            foundry,
            worker,
            number: 0,
        }
    }

    /// Enough time passes for the next checkpoint, then the worker works once.
    pub fn later(&self) -> Report {
        self.foundry.wait(301);
        run_once(&self.worker)
    }

    /// So many entries more.
    pub fn entries(&mut self, count: u32) {
        for _ in 0..count {
            self.number += 1;
            let act = Act::new(Actor::Staff("sato".into()), self.foundry.clock.now());
            let record =
                audit::Record::new(AuditAct::CalendarOverride, format!("entry:{}", self.number));
            let append = self
                .foundry
                .store
                .transaction(|db| audit::append(db, &act, &[record]));
            append.expect("an entry");
        }
    }

    /// The names of the checkpoints, oldest first.
    pub fn files(&self) -> Vec<String> {
        let files = list(&self.foundry.checkpoint_folder()).expect("a folder");
        files.into_iter().map(|filed| filed.name).collect()
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.foundry.checkpoint_folder().join(file)
    }

    /// How many entries each checkpoint saw.
    pub fn seen(&self) -> Vec<i64> {
        let number = |name: &String| name[..12].parse().expect("a number");
        self.files().iter().map(number).collect()
    }

    pub fn verify(&self, more: &[&str]) -> Answer {
        let mut command = program::command("ca-cli");
        command
            .arg("--config")
            .arg(self.foundry.folder.join("inkan.toml"))
            .args(["audit", "verify"])
            .args(more);
        program::run(&mut command)
    }

    /// What the verification found, each with the first entry that it is about.
    pub fn found(&self) -> Vec<(String, Option<i64>)> {
        let answer = self.verify(&["--json"]);
        let facts: serde_json::Value = serde_json::from_str(&answer.out).expect("JSON");
        let findings = facts["findings"].as_array().expect("a list");
        let found: Vec<_> = findings
            .iter()
            .map(|one| {
                let said = one["finding"].as_str().expect("words").to_owned();
                (said, one["entry"].as_i64())
            })
            .collect();
        assert_eq!(facts["verified"], found.is_empty(), "{facts}");
        assert_eq!(answer.status, Some(i32::from(!found.is_empty())), "{facts}");
        found
    }
}
