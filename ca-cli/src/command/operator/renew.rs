//! `ca-cli operator renew`: another certificate for somebody who decides already, from the root in use.

use std::io::Write;
use std::path::PathBuf;

use ca_core::domain::revocation::RevocationReason;
use ca_core::flow::renew_operator::{check_operator, renew_operator};
use ca_worker::authority::{issue_operator_certificate, note_operator};
use clap::Args;

use super::password::PasswordSource;
use crate::desk::Desk;
use crate::file::{called, refuse_existing, refuse_terminal, take_back, words, write_private};

/// Whose, and where the certificate goes.
#[derive(Debug, Args)]
#[command(
    after_help = "The certificate before is revoked (superseded, or keyCompromise with --lost), so the operator is out until the new one is \
    imported. The password opens the PKCS#12; the one of the console stays as it is."
)]
pub struct Renew {
    /// Login name of the operator.
    operator: String,
    /// The PKCS#12 to make; it must not exist yet. `-` is standard output.
    #[arg(long, value_name = "FILE.p12")]
    out: PathBuf,
    #[command(flatten)]
    password: PasswordSource,
    /// File whose first line is the passphrase of the CA key.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// The PC or the file of the one before was lost or seen by somebody: it is revoked as keyCompromise.
    #[arg(long)]
    lost: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

pub(super) fn run(command: &Renew, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let name = &command.operator;
    check_operator(&store, name)?;
    refuse_existing(&command.out)?;
    refuse_terminal(&command.out)?;
    let authority = desk.authority(&store, command.passphrase_file.as_deref())?;
    let password = command.password.obtain(desk)?;
    let act = desk.act(command.person.as_deref());
    let random = desk.random.as_ref();
    let config = &desk.config;
    let issued =
        issue_operator_certificate(&store, &act, &authority, config, name, &password, random)?;
    write_private(&command.out, &issued.pkcs12)?;
    let reason = match command.lost {
        true => RevocationReason::KeyCompromise,
        false => RevocationReason::Superseded,
    };
    if let Err(error) = renew_operator(&store, &act, name, &issued.certificate, reason) {
        take_back(&command.out)?;
        return Err(error.into());
    }
    note_operator(&authority, &act, &issued);
    let mut out = words(&command.out, out);
    writeln!(
        out,
        "Operator {name} has a new certificate, in {}; the one before is revoked.",
        called(&command.out)
    )?;
    command.password.say(&mut out)?;
    writeln!(
        out,
        "Next: import the file into the operator's browser, close all its windows, then open the console."
    )?;
    Ok(())
}
