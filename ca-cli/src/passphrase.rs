//! Passphrases and passwords: from a file or a terminal, never from the command line.

use std::io::{self, IsTerminal};
use std::path::Path;

use anyhow::{Context, bail};
use ca_worker::authority::read_passphrase;
use secrecy::{ExposeSecret, SecretString};

/// One that exists already: from `file`, or asked for once.
pub fn existing(file: Option<&Path>, what: &str) -> anyhow::Result<SecretString> {
    match file {
        Some(file) => Ok(read_passphrase(file)?),
        None => ask(&format!("{what}: "), what),
    }
}

/// A new one: from `file`, or asked for twice.
pub fn fresh(file: Option<&Path>, what: &str) -> anyhow::Result<SecretString> {
    if let Some(file) = file {
        return Ok(read_passphrase(file)?);
    }
    let first = ask(&format!("New {what}: "), what)?;
    let again = ask("The same again: ", what)?;
    if first.expose_secret() != again.expose_secret() {
        bail!("the two entries of the {what} differ; nothing was done, try again");
    }
    Ok(first)
}

fn ask(prompt: &str, what: &str) -> anyhow::Result<SecretString> {
    if !io::stdin().is_terminal() {
        bail!("there is no terminal to ask for the {what}; give a file with its first line");
    }
    let typed =
        rpassword::prompt_password(prompt).with_context(|| format!("reading the {what}"))?;
    if typed.is_empty() {
        bail!("the {what} is empty; nothing was done, try again");
    }
    Ok(SecretString::from(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_a_file_is_asked_for() {
        // Tests have no terminal at their standard input.
        let said = existing(None, "passphrase").unwrap_err().to_string();
        assert!(
            said.contains("no terminal") && said.contains("file"),
            "{said}"
        );
    }

    #[test]
    fn the_first_line_counts() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("passphrase");
        std::fs::write(&file, "correct horse\nsecond line\n").unwrap();
        assert_eq!(
            fresh(Some(&file), "passphrase").unwrap().expose_secret(),
            "correct horse"
        );
    }
}
