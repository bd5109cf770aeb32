//! `ca-cli operator password`: another password for the console.

use std::io::Write;

use ca_core::domain::password::PasswordHash;
use ca_core::flow::renew_operator::check_operator;
use ca_core::flow::set_operator_password::set_operator_password;
use clap::Args;

use super::password::PasswordSource;
use crate::desk::Desk;

/// Whose, and where the new password comes from.
#[derive(Debug, Args)]
#[command(
    after_help = "Open sessions of the operator end, and a lock after wrong passwords is lifted. The PKCS#12 file keeps the \
    password that it was made with; `ca-cli operator renew` makes another file."
)]
pub struct Password {
    /// Login name of the operator.
    operator: String,
    #[command(flatten)]
    password: PasswordSource,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
}

pub(super) fn run(command: &Password, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let name = &command.operator;
    check_operator(&store, name)?;
    let password = command.password.obtain(desk)?;
    let hash = PasswordHash::of(&password, desk.password_cost(), desk.random.as_ref())?;
    let act = desk.act(command.person.as_deref());
    set_operator_password(&store, &act, name, &hash)?;
    writeln!(
        out,
        "Operator {name} has a new console password; open sessions have ended."
    )?;
    command.password.say(out)?;
    Ok(())
}
