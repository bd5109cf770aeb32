//! `pg_dump` and `pg_restore`: PostgreSQL's own programs, the password in the environment and never among the arguments.
use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// Dumps the database as `snapshot` sees it into `file`, in PostgreSQL's custom format.
pub(super) fn dump(url: &str, snapshot: &str, file: File) -> anyhow::Result<()> {
    let mut command = program("pg_dump", url);
    command.args(["--format=custom", "--no-owner", "--no-privileges"]);
    command.arg(format!("--snapshot={snapshot}"));
    run(command.stdout(file))
}

/// Restores a dump into an empty database, in one transaction.
pub(super) fn restore(url: &str, file: &Path) -> anyhow::Result<()> {
    let mut command = program("pg_restore", url);
    command.args(["--no-owner", "--no-privileges", "--single-transaction"]);
    command.arg("--exit-on-error").arg(file);
    run(&mut command)
}

fn program(name: &str, url: &str) -> Command {
    let (address, password) = without_password(url);
    let mut command = Command::new(name);
    command.arg("--dbname").arg(address);
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    command
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().with_context(|| {
        format!("the program `{name}` is needed; on Debian install postgresql-client")
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{name}: {}", said.trim());
    }
    Ok(())
}

/// A connection address without its password, and the password.
fn without_password(url: &str) -> (String, Option<std::ffi::OsString>) {
    let parts = || {
        let (scheme, rest) = url.split_once("://")?;
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (user, host) = authority.rsplit_once('@')?;
        let (name, password) = user.split_once(':')?;
        Some((format!("{scheme}://{name}@{host}{path}"), decoded(password)))
    };
    match parts() {
        Some((address, password)) => (address, Some(password)),
        None => (url.to_owned(), None),
    }
}

/// Percent signs taken back (RFC 3986 §2.1).
fn decoded(text: &str) -> std::ffi::OsString {
    use std::os::unix::ffi::OsStrExt;
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend(before.as_bytes());
        let digits = after
            .get(..2)
            .and_then(|two| u8::from_str_radix(two, 16).ok());
        match digits {
            Some(byte) => {
                bytes.push(byte);
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(b'%');
                rest = after;
            }
        }
    }
    bytes.extend(rest.as_bytes());
    OsStr::from_bytes(&bytes).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_never_stands_among_the_arguments() {
        let command = program(
            "pg_dump",
            "postgres://ca:p%40ss%2Fw@db.example:5432/inkan?sslmode=require",
        );
        let arguments: Vec<_> = command.get_args().collect();
        assert_eq!(
            arguments,
            [
                "--dbname",
                "postgres://ca@db.example:5432/inkan?sslmode=require"
            ]
        );
        let variables: Vec<_> = command.get_envs().collect();
        assert_eq!(
            variables,
            [(OsStr::new("PGPASSWORD"), Some(OsStr::new("p@ss/w")))]
        );
        let plain = program("pg_dump", "postgres:///inkan");
        assert_eq!(
            plain.get_args().last(),
            Some(OsStr::new("postgres:///inkan"))
        );
        assert_eq!(plain.get_envs().count(), 0);
    }
}
