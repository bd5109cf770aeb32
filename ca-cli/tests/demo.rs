//! `ca-cli demo` as a program: it serves, says where, ends on a signal, goes on at the next start.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on ends there")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Generous: a loaded machine is no failure.
const PATIENCE: Duration = Duration::from_secs(120);

struct Demo {
    child: Child,
    log: std::path::PathBuf,
}

impl Demo {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let log = folder.join("said.log");
        let child = command(folder, arguments)
            .stdout(std::fs::File::create(&log).unwrap())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    fn said(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// All that it says before it waits for Ctrl-C.
    fn greeting(&mut self) -> String {
        let start = Instant::now();
        while !self.said().contains("Ctrl-C") {
            let ended = self.child.try_wait().unwrap();
            assert!(
                ended.is_none() && start.elapsed() < PATIENCE,
                "{ended:?}: {}",
                self.said()
            );
            thread::sleep(Duration::from_millis(50));
        }
        self.said()
    }

    fn end_by(mut self, signal: &str) -> Option<i32> {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", signal, &id])
                .status()
                .unwrap()
                .success()
        );
        self.child.wait().unwrap().code()
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ca-cli"));
    for (key, _) in
        std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("INKAN"))
    {
        command.env_remove(key);
    }
    command
        .arg("--data")
        .arg(folder.join("data"))
        .arg("demo")
        .args(arguments);
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// The port in the address that ends with `path`.
fn port_before(text: &str, path: &str) -> u16 {
    let line = text
        .lines()
        .find(|line| line.contains("http://") && line.ends_with(path))
        .unwrap();
    let port = line
        .trim()
        .trim_end_matches(path)
        .rsplit(':')
        .next()
        .unwrap();
    port.parse().unwrap()
}

fn get(port: u16, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    answer
}

/// The thumbprint as printed: forty hex digits on a line of their own.
fn thumbprint(text: &str) -> &str {
    let is = |line: &&str| line.len() == 40 && line.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.lines().map(str::trim).find(is).unwrap()
}

#[test]
fn it_serves_ends_on_a_signal_and_goes_on_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let mut first = Demo::start(folder.path(), &["--port-base", "0"]);
    let greeting = first.greeting();
    for word in [
        "KJ2700000001",
        "Issuance password",
        "letters.pdf",
        "operator.p12",
        "issuance",
    ] {
        assert!(
            greeting.to_lowercase().contains(&word.to_lowercase()),
            "{word} in\n{greeting}"
        );
    }
    let port = port_before(&greeting, "/ca.crt");
    assert!(get(port, "/ca.crt").starts_with(b"HTTP/1.1 200"));

    // The same ports again: refused with the way out, and nothing is set up.
    let other = tempfile::tempdir().unwrap();
    let refused = run(other.path(), &["--port-base", &port.to_string()]);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("--port-base") && !other.path().join("data").exists(),
        "{said}"
    );

    assert_eq!(first.end_by("INT"), Some(0));
    let mut second = Demo::start(folder.path(), &["--port-base", "0"]);
    let again = second.greeting();
    assert_eq!(thumbprint(&again), thumbprint(&greeting));
    assert!(again.contains("They are on the letters"), "{again}");
    assert_eq!(second.end_by("TERM"), Some(0));
}
