//! What the documents tell people to run does what they say, as the account and the role that they name.

mod backups;
mod bases;
mod checks;
mod commands;
mod owners;

use inkan_tests::program::{Answer, command, run};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The account that may do nothing: root reads everything, so whoever asks for rights is this one.
const NOBODY: &str = "65534";

/// One of our programs as it runs under [`NOBODY`]; a copy, if ours lies where that account may not go.
fn as_nobody(program: &str, folder: &Path) -> Command {
    let ours = inkan_tests::program::path(program);
    let may_pass = |folder: &Path| {
        let facts = std::fs::metadata(folder).expect("it is there");
        facts.permissions().mode() & 0o001 != 0
    };
    let copy = match ours.ancestors().all(may_pass) {
        true => ours,
        false => folder.join(program),
    };
    if !copy.exists() {
        std::fs::copy(inkan_tests::program::path(program), &copy).expect("a copy of the program");
    }
    let mut nobody = Command::new("setpriv");
    nobody.args(["--reuid", NOBODY, "--regid", NOBODY, "--clear-groups"]);
    nobody.arg(copy).env("NO_COLOR", "1");
    for (key, _) in std::env::vars_os() {
        if key.to_string_lossy().starts_with("INKAN") {
            nobody.env_remove(key);
        }
    }
    nobody
}

/// Runs `ca-cli` against an address where nobody listens: it needs no database.
fn without_database(folder: &Path, arguments: &[String]) -> Answer {
    let mut command = command("ca-cli");
    command.arg("--config").arg(folder.join("inkan.toml"));
    command.args(arguments);
    command.env("INKAN__DATABASE__URL", "postgres://nobody@127.0.0.1:1/none");
    run(&mut command)
}
