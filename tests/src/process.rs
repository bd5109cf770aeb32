//! Programs that go on running, ended by their process id when the test ends.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take to come up. Generous: a slow machine is no failure.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// A running program with its output in a file.
pub struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; both its outputs go to `log`.
    pub fn start(command: &mut Command, log: PathBuf) -> Self {
        let out = File::create(&log).unwrap_or_else(|error| panic!("{}: {error}", log.display()));
        let err = out.try_clone().expect("a second handle of the log");
        let child = command
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(err)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, log }
    }

    /// What it has said so far.
    pub fn said(&self) -> String {
        std::fs::read(&self.log)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until `done` returns something.
    ///
    /// # Panics
    /// When the program ends first or patience does, with all that it said.
    pub fn until<T>(&mut self, what: &str, mut done: impl FnMut() -> Option<T>) -> T {
        let start = Instant::now();
        loop {
            if let Some(value) = done() {
                return value;
            }
            if let Some(status) = self.ended() {
                panic!(
                    "waiting for {what}: the program ended ({status}):\n{}",
                    self.said()
                );
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waiting for {what}:\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until its output contains `text`.
    pub fn until_it_says(&mut self, text: &str) {
        let log = self.log.clone();
        self.until(&format!("{text:?} in its output"), || {
            let bytes = std::fs::read(&log).unwrap_or_default();
            String::from_utf8_lossy(&bytes).contains(text).then_some(())
        });
    }

    /// Waits until something listens on a port of the loopback address.
    pub fn until_it_listens(&mut self, port: u16) {
        self.until(&format!("port {port}"), || {
            std::net::TcpStream::connect(("127.0.0.1", port))
                .ok()
                .map(drop)
        });
    }

    /// Its exit status, if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of a child")
    }

    /// Sends it a signal by name (`TERM`, `STOP`, `CONT`).
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.expect("kill").success(), "signal {name} to {id}");
    }

    /// Asks it to end and waits for its status.
    ///
    /// # Panics
    /// When it has not ended after [`PATIENCE`].
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        let start = Instant::now();
        loop {
            if let Some(status) = self.ended() {
                return status;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "it does not stop:\n{}",
                self.said()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- {} said:\n{}", self.log.display(), self.said());
        }
        let offspring = descendants(self.child.id());
        let _ = self.child.kill();
        let _ = self.child.wait();
        for id in offspring {
            let _ = Command::new("kill")
                .args(["-s", "KILL", &id.to_string()])
                .stderr(Stdio::null())
                .status();
        }
    }
}

/// The processes that a process started, and theirs: a browser's driver leaves its browser behind when
/// it is killed.
fn descendants(parent: u32) -> Vec<u32> {
    let mut found = vec![parent];
    let all = parents();
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        found.extend(
            all.iter()
                .filter(|(_, of)| *of == parent)
                .map(|(id, _)| *id),
        );
        next += 1;
    }
    found.remove(0);
    found
}

/// Every process of the machine with its parent.
fn parents() -> Vec<(u32, u32)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // The name in brackets may hold spaces; the state and the parent follow it.
            let parent = stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()?;
            Some((id, parent))
        })
        .collect()
}

/// Waits until `done` returns something, for things that are not one program's doing.
///
/// # Panics
/// When [`PATIENCE`] ends.
pub fn until<T>(what: &str, mut done: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(value) = done() {
            return value;
        }
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
