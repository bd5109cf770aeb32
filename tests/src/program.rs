//! Our own programs: where they lie and one run of them with its answer.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output};

/// The path of `ca-cli`, `ca-api` or `ca-worker`: beside the test program, where cargo puts them.
///
/// # Panics
/// When it has not been built.
pub fn path(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("the path of this test program");
    let folder = test.ancestors().nth(2).expect("target/<profile>");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is missing; build it by `cargo build --workspace --bins` (tests/run does)",
        program.display()
    );
    program
}

/// A command of one of our programs with an environment in which nothing of the machine's leaks in.
pub fn command(name: &str) -> Command {
    let mut command = Command::new(path(name));
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("INKAN") {
            command.env_remove(key);
        }
    }
    command.env("NO_COLOR", "1");
    command
}

/// The same command with a clock so many days from today; its timers go on as they are. `faketime` runs a
/// program as its child, where signals do not reach it, so its library is asked for directly.
pub fn command_at(name: &str, days: i64) -> Command {
    let mut command = command(name);
    if days != 0 {
        command
            .env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1")
            .env("FAKETIME", format!("{days:+}d"))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    command
}

/// What a finished program left behind.
#[derive(Debug)]
pub struct Answer {
    /// Its exit status; `None` when a signal ended it.
    pub status: Option<i32>,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Answer {
    /// The answer of a finished child.
    pub fn of(output: &Output) -> Self {
        Self {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Itself, if the program ended well.
    ///
    /// # Panics
    /// Otherwise, with all that it said.
    pub fn ok(self) -> Self {
        assert_eq!(
            self.status,
            Some(0),
            "it should have ended well:\n{}\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Itself, if the program refused: not by a panic, and with every one of `words` in its message.
    ///
    /// # Panics
    /// Otherwise, with all that it said.
    pub fn refused(self, words: &[&str]) -> Self {
        let all = format!("{}\n{}", self.out, self.err);
        assert!(
            self.status.is_some_and(|code| code != 0),
            "it should have refused:\n{all}"
        );
        assert!(
            !all.contains("panicked at"),
            "a refusal is not a panic:\n{all}"
        );
        for word in words {
            assert!(
                self.err.contains(word),
                "the message should name {word:?}:\n{all}"
            );
        }
        self
    }
}

/// Runs a command to its end.
pub fn run(command: &mut Command) -> Answer {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Answer::of(&output)
}

/// Runs a foreign tool (`openssl`, `pdftotext` …) with its arguments.
pub fn tool<S: AsRef<OsStr>>(name: &str, arguments: impl IntoIterator<Item = S>) -> Answer {
    let output = Command::new(name).args(arguments).output();
    Answer::of(&output.unwrap_or_else(|error| {
        panic!("{name}: {error}; `bash tests/run` installs what is missing")
    }))
}
