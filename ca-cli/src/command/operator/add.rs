//! `ca-cli operator add`: a certificate, a password, and the right to decide.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use ca_core::domain::password::PasswordHash;
use ca_core::domain::text::EnteredText;
use ca_core::domain::user_id::UserId;
use ca_core::flow::add_operator::{add_operator, check_name};
use ca_core::store::Store;
use ca_core::store::operator::NewOperator;
use ca_worker::authority::{OpenAuthority, issue_operator_certificate, note_operator};
use clap::Args;
use secrecy::SecretString;

use super::password::PasswordSource;
use crate::desk::Desk;
use crate::file::{called, refuse_existing, refuse_terminal, take_back, words, write_private};

/// The longest login and display names, in characters: the bound that X.520 sets on a name in a certificate.
const LONGEST_NAME: usize = 64;

/// Who, and where the certificate goes.
#[derive(Debug, Args)]
#[command(
    after_help = "One password opens the PKCS#12 and logs in at the console. It is asked for twice at the \
    terminal, read from --password-file, or made and written to --new-password-file (mode 0600)."
)]
pub struct Add {
    /// Login name: small letters, digits, dots, hyphens.
    operator: String,
    /// Name as people write it; the audit log and the console show it.
    #[arg(long, value_name = "NAME")]
    display_name: String,
    /// The operator's own user ID, if there is one: nobody decides for their own account.
    #[arg(long, value_name = "USER ID")]
    user_id: Option<String>,
    /// The PKCS#12 to make; it must not exist yet. `-` is standard output.
    #[arg(long, value_name = "FILE.p12")]
    out: PathBuf,
    #[command(flatten)]
    password: PasswordSource,
    /// File whose first line is the passphrase of the CA key.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

/// A new operator, everything decided.
pub(crate) struct NewcomerAtConsole<'a> {
    /// Login name.
    pub name: &'a str,
    /// Name as people write it.
    pub display_name: &'a str,
    /// Own account.
    pub own_user_id: Option<&'a UserId>,
    /// Password of the console and of the PKCS#12.
    pub password: &'a SecretString,
    /// The PKCS#12 to make.
    pub out: &'a Path,
}

pub(super) fn run(command: &Add, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    check_login_name(&command.operator)?;
    check_name(&store, &command.operator)?;
    refuse_existing(&command.out)?;
    refuse_terminal(&command.out)?;
    let own = command
        .user_id
        .as_deref()
        .map(|typed| desk.user_id(typed))
        .transpose()?;
    let authority = desk.authority(&store, command.passphrase_file.as_deref())?;
    let password = command.password.obtain(desk)?;
    let newcomer = NewcomerAtConsole {
        name: &command.operator,
        display_name: &command.display_name,
        own_user_id: own.as_ref(),
        password: &password,
        out: &command.out,
    };
    add(
        desk,
        &store,
        &authority,
        &newcomer,
        command.person.as_deref(),
    )?;
    let mut out = words(&command.out, out);
    writeln!(
        out,
        "Operator {} is added; the certificate is in {}.",
        command.operator,
        called(&command.out)
    )?;
    command.password.say(&mut out)?;
    writeln!(
        out,
        "Next: import the file into the operator's browser, then open the console."
    )?;
    Ok(())
}

/// Issues the certificate, writes the file, records the operator; a file whose operator could not be recorded goes.
pub(crate) fn add(
    desk: &Desk,
    store: &Store,
    authority: &OpenAuthority,
    newcomer: &NewcomerAtConsole<'_>,
    person: Option<&str>,
) -> anyhow::Result<()> {
    let display_name = EnteredText::parse(newcomer.display_name, LONGEST_NAME)?;
    let random = desk.random.as_ref();
    let hash = PasswordHash::of(newcomer.password, desk.password_cost(), random)?;
    let act = desk.act(person);
    let (config, password) = (&desk.config, newcomer.password);
    let issued = issue_operator_certificate(
        store,
        &act,
        authority,
        config,
        newcomer.name,
        password,
        random,
    )?;
    write_private(newcomer.out, &issued.pkcs12)?;
    let row = NewOperator {
        name: newcomer.name,
        display_name: display_name.as_str(),
        password_hash: hash.as_str(),
        own_user_id: newcomer.own_user_id,
        certificate_serial: issued.certificate.serial,
        certificate_spki_sha256: &issued.certificate.spki_sha256,
    };
    if let Err(error) = add_operator(store, &act, &row, &issued.certificate) {
        take_back(newcomer.out)?;
        return Err(error.into());
    }
    note_operator(authority, &act, &issued);
    Ok(())
}

/// A name that stands in certificates, log lines and URLs without being mistaken.
fn check_login_name(name: &str) -> anyhow::Result<()> {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    if name.is_empty() || name.len() > LONGEST_NAME || !name.bytes().all(fits) {
        bail!(
            "the login name {name:?} must be 1 to {LONGEST_NAME} small letters, digits, dots, hyphens or underscores"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_names_are_plain() {
        for bad in ["", "Sato", "佐藤", "a b", "a/b", "a\n"] {
            assert!(check_login_name(bad).is_err(), "{bad:?}");
        }
        check_login_name("sato.hanako-2").unwrap();
    }
}
