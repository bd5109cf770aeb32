//! A service whose web tier runs in parts, does not start at all, or is measured.

use super::Service;
use crate::process::Process;
use crate::program::{self, Answer};
use std::collections::BTreeMap;

impl Service {
    /// Starts a web process without the listeners in `off`, with further lines of configuration. Without the console it
    /// logs in to the database as the offices' web tier.
    pub fn start_part(&self, name: &str, off: &[&str], more: &str) -> Process {
        let whole = std::fs::read_to_string(self.folder.join("inkan.toml")).expect("inkan.toml");
        let is_off = |line: &&str| {
            off.iter()
                .any(|door| line.starts_with(&format!("listen.{door} ")))
        };
        let mut text: String = whole
            .lines()
            .filter(|line| !is_off(line))
            .map(|line| format!("{line}\n"))
            .collect();
        for door in off {
            text += &format!("listen.{door} = \"off\"\n");
        }
        text += &format!("service.portal_url = \"{}/\"\n{more}\n", self.portal());
        let file = self.folder.write(&format!("{name}.toml"), text);
        let role = if off.contains(&"console") {
            "web"
        } else {
            "console"
        };
        let mut command = program::command("ca-api");
        command
            .arg("--config")
            .arg(file)
            .env("INKAN__DATABASE__URL", self.url_for(role));
        let mut part = Process::start(&mut command, self.folder.join(&format!("{name}.log")));
        for (door, port) in ["http", "https", "console", "portal"]
            .iter()
            .zip(self.ports)
        {
            if !off.contains(door) {
                part.until_it_listens(port);
            }
        }
        part.until_it_says("serving");
        part
    }

    /// Runs the web tier to its end: one that does not start.
    pub fn serve_to_the_end(&self) -> Answer {
        let mut command = program::command("ca-api");
        command.arg("--config").arg(self.folder.join("inkan.toml"));
        program::run(&mut command)
    }

    /// What monitoring reads at a port: samples by name and labels.
    pub fn measured(&self, port: u16) -> BTreeMap<String, f64> {
        let address = format!("http://localhost:{port}/metrics");
        let page = self.visitor().open(&address);
        assert_eq!(page.status, 200);
        let text = String::from_utf8(page.body).expect("UTF-8");
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        let sample = |line: &str| {
            let (name, value) = line.rsplit_once(' ').expect("name and value");
            (name.to_owned(), value.parse().expect("a number"))
        };
        samples.map(sample).collect()
    }
}
