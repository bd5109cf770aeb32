//! A further machine of a service: the same database and keys, other ports, processes of its own.

use crate::port;
use crate::process::Process;
use crate::program;
use crate::service::Service;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One machine.
pub struct Node {
    config: PathBuf,
    ports: [u16; 4],
    /// What each program logs in to the database with: the console's role and the worker's.
    urls: [String; 2],
    starts: AtomicUsize,
}

impl Service {
    /// A machine with addresses of its own; the configuration is the service's otherwise.
    pub fn node(&self) -> Node {
        let ports = port::free();
        let own = std::fs::read_to_string(self.folder().join("inkan.toml"));
        let own = own.expect("the service's configuration");
        let keys = ["http", "https", "console", "portal"].map(|key| format!("listen.{key} = "));
        let others = own
            .lines()
            .filter(|line| !keys.iter().any(|key| line.starts_with(key)));
        let mut text: String = others.map(|line| format!("{line}\n")).collect();
        for (key, port) in keys.iter().zip(ports) {
            text.push_str(&format!("{key}\"127.0.0.1:{port}\"\n"));
        }
        let name = format!("node-{}.toml", ports[0]);
        Node {
            config: self.folder().write(&name, text),
            ports,
            urls: ["console", "worker"].map(|role| self.url_for(role)),
            starts: AtomicUsize::new(0),
        }
    }
}

impl Node {
    /// Starts its web tier and waits until it answers.
    pub fn start_site(&self) -> Process {
        let mut site = self.start("ca-api", &self.urls[0]);
        for port in self.ports {
            site.until_it_listens(port);
        }
        site
    }

    /// Starts its worker and waits until it works.
    pub fn start_worker(&self) -> Process {
        let mut worker = self.start("ca-worker", &self.urls[1]);
        worker.until_it_says("the worker begins");
        worker
    }

    /// The address of its applicants' pages.
    pub fn site(&self) -> String {
        format!("https://localhost:{}", self.ports[1])
    }

    /// The address of its console.
    pub fn console(&self) -> String {
        format!("https://localhost:{}", self.ports[2])
    }

    fn start(&self, name: &str, database: &str) -> Process {
        let number = self.starts.fetch_add(1, Ordering::SeqCst);
        let mut command = program::command(name);
        command
            .arg("--config")
            .arg(&self.config)
            .env("INKAN__DATABASE__URL", database);
        let log = self.config.with_extension(format!("{name}-{number}.log"));
        Process::start(&mut command, log)
    }
}
