//! A mail server that is not ours, answers by a script and keeps what it took.

use crate::authority::Authority;
use crate::folder::Folder;
use crate::process::{Process, until};
use std::path::PathBuf;
use std::process::Command;

/// How the sink talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// In clear; nothing that matters should be sent.
    None,
    /// Upgraded by STARTTLS, refused without it.
    Starttls,
    /// TLS from the first byte.
    Implicit,
}

/// A running mail server.
pub struct Sink {
    folder: Folder,
    _process: Process,
    port: u16,
}

impl Sink {
    /// Starts one that answers by `answers` in turn (`"250"`, `"451"`, `"550"`, `"rcpt-550"`, `"drop"`, `"slow"`; the last
    /// one stays). Its certificate is of `authority`, for the name `localhost`.
    pub fn start(tls: Tls, authority: &Authority, answers: &[&str]) -> Self {
        let folder = Folder::new("smtp");
        let (certificate, key) = authority.server_certificate("localhost", folder.path());
        let mut command = Command::new("/usr/bin/python3");
        command
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/smtp_sink.py"))
            .args(["--folder", &folder.path().display().to_string()])
            .args(["--answers", &answers.join(",")])
            .args(["--tls", word(tls)])
            .args(["--certificate", &certificate.display().to_string()])
            .args(["--key", &key.display().to_string()]);
        let mut process = Process::start(&mut command, folder.join("server.log"));
        let log = folder.join("server.log");
        let port = process.until("the mail server's port", || {
            let said = std::fs::read_to_string(&log).ok()?;
            said.lines()
                .find_map(|line| line.strip_prefix("port ")?.trim().parse().ok())
        });
        Self {
            folder,
            _process: process,
            port,
        }
    }

    /// The port on the loopback address.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The mails taken so far, raw, in order.
    pub fn mails(&self) -> Vec<String> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.folder.path())
            .expect("the sink's folder")
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect();
        paths.sort();
        let read = |path: &PathBuf| {
            String::from_utf8_lossy(&std::fs::read(path).expect("a mail")).into_owned()
        };
        paths.iter().map(read).collect()
    }

    /// Waits until `count` mails were taken.
    pub fn until_mails(&self, count: usize) -> Vec<String> {
        until(&format!("{count} mails"), || {
            Some(self.mails()).filter(|mails| mails.len() >= count)
        })
    }

    /// One line for every answer given: the answer, whether TLS was on, envelope addresses.
    pub fn events(&self) -> Vec<String> {
        let log = std::fs::read_to_string(self.folder.join("events.log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    /// Waits until `count` answers were given.
    pub fn until_events(&self, count: usize) -> Vec<String> {
        until(&format!("{count} answers"), || {
            Some(self.events()).filter(|events| events.len() >= count)
        })
    }
}

fn word(tls: Tls) -> &'static str {
    match tls {
        Tls::None => "none",
        Tls::Starttls => "starttls",
        Tls::Implicit => "implicit",
    }
}
