//! The password of an operator's PKCS#12: asked for, read from a file, or made.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use ca_core::domain::password::IssuancePassword;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};

use crate::desk::Desk;
use crate::file::{is_standard_output, write_private};
use crate::passphrase;

/// Twelve characters: operators decide what is signed.
const SHORTEST_PASSWORD: usize = 12;
/// What the login page takes, and every PKCS#12 reader.
const LONGEST_PASSWORD: usize = 128;

/// Where it comes from; asked for twice at the terminal when nothing is said.
#[derive(Debug, Args)]
pub(super) struct PasswordSource {
    /// File whose first line is the operator's password.
    #[arg(long, value_name = "FILE", conflicts_with = "new_password_file")]
    password_file: Option<PathBuf>,
    /// Make a password and write it into this new file.
    #[arg(long, value_name = "FILE")]
    new_password_file: Option<PathBuf>,
}

impl PasswordSource {
    /// The password.
    pub(super) fn obtain(&self, desk: &Desk) -> anyhow::Result<SecretString> {
        if let Some(file) = &self.new_password_file {
            if is_standard_output(file) {
                bail!(
                    "--new-password-file: the password goes into a file of its own, apart from the PKCS#12; name one"
                );
            }
            let made = IssuancePassword::generate(desk.random.as_ref());
            let text = made.secret().expose_secret();
            write_private(file, format!("{text}\n").as_bytes())?;
            return Ok(made.secret().clone());
        }
        let file = self.password_file.as_deref();
        let password = passphrase::fresh(file, "password of the operator")?;
        check_password(&password)?;
        Ok(password)
    }

    /// Says where a password that was made lies.
    pub(super) fn say(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        if let Some(file) = &self.new_password_file {
            writeln!(
                out,
                "The password is in {}; hand it over apart from the file, then delete it.",
                file.display()
            )?;
        }
        Ok(())
    }
}

fn check_password(password: &SecretString) -> anyhow::Result<()> {
    let text = password.expose_secret();
    if !text.bytes().all(|byte| (0x20..=0x7e).contains(&byte)) {
        bail!(
            "the password has characters beyond printable half-width ASCII, which PKCS#12 readers disagree on; choose another"
        );
    }
    if !(SHORTEST_PASSWORD..=LONGEST_PASSWORD).contains(&text.len()) {
        bail!(
            "an operator's password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters, this one has {}; choose another",
            text.len()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_and_wide_passwords_are_refused_without_being_repeated() {
        for (bad, word) in [
            ("short", "12 to 128"),
            ("パスワードパスワードパスワード", "half-width"),
        ] {
            let said = check_password(&SecretString::from(bad))
                .unwrap_err()
                .to_string();
            assert!(said.contains(word) && !said.contains(bad), "{said}");
        }
        check_password(&SecretString::from("correct horse battery")).unwrap();
    }
}
