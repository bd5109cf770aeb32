//! `ca-cli account`: the register of offices and agents.

use std::io::Write;

use anyhow::anyhow;
use ca_core::domain::account::AccountStatus;
use ca_core::domain::session::TryScope;
use ca_core::domain::time::iso_datetime;
use ca_core::domain::user_id::UserId;
use ca_core::flow::set_account_status::set_account_status;
use ca_core::flow::unlock_account::unlock_account;
use ca_core::store::account::Account;
use ca_core::store::{StoreResult, account, try_counter};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

pub(crate) mod import;

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// Register accounts from a CSV file (UTF-8 or Shift_JIS): all lines, or none. Safe to run again.
    Import(import::Import),
    /// List accounts by user ID.
    List {
        /// Only those that wait for a letter.
        #[arg(long)]
        letter_due: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show one account, with its locks.
    Show {
        /// The user ID.
        user_id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lift the locks that wrong passwords set.
    Unlock(Whom),
    /// Switch an account off: no login, no approval.
    Disable(Whom),
    /// Switch an account on again.
    Enable(Whom),
}

/// Whose account, and who says so.
#[derive(Debug, Args)]
pub struct Whom {
    /// The user ID.
    user_id: String,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(
    command: &AccountCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        AccountCommand::Import(command) => import::run(command, desk, out),
        AccountCommand::List { letter_due, json } => list(desk, *letter_due, *json, out),
        AccountCommand::Show { user_id, json } => show(desk, user_id, *json, out),
        AccountCommand::Unlock(whom) => unlock(desk, whom, out),
        AccountCommand::Disable(whom) => set_status(desk, whom, AccountStatus::Disabled, out),
        AccountCommand::Enable(whom) => set_status(desk, whom, AccountStatus::Active, out),
    }
}

/// An account as listings show it; never its hashes.
#[derive(Serialize)]
struct Row {
    user_id: String,
    name: String,
    recipient: Option<String>,
    postal_code: String,
    address: Vec<String>,
    mail_address: Option<String>,
    community_support: bool,
    status: &'static str,
    letter_due: bool,
    temporary_password: bool,
    registered_by: String,
    registered_at: String,
    updated_at: String,
}

impl Row {
    fn of(account: &Account) -> Self {
        Self {
            user_id: account.user_id.to_string(),
            name: account.name.clone(),
            recipient: account.recipient.clone(),
            postal_code: account.postal_code.clone(),
            address: account.address_lines().map(str::to_owned).collect(),
            mail_address: account.mail_address.clone(),
            community_support: account.community_support,
            status: account.status.as_str(),
            letter_due: account.letter_due,
            temporary_password: account.login_password_temporary,
            registered_by: account.registered_by.clone(),
            registered_at: iso_datetime(account.created_at),
            updated_at: iso_datetime(account.updated_at),
        }
    }
}

/// One account in full: the row and its locks.
#[derive(Serialize)]
struct Full {
    #[serde(flatten)]
    row: Row,
    login_locked_until: Option<String>,
    issuance_locked_until: Option<String>,
}

fn list(desk: &Desk, letter_due: bool, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let accounts = desk.store()?.read(|db| match letter_due {
        true => account::list_letter_due(db),
        false => account::list(db).map(|all| {
            all.tell();
            all.rows
        }),
    })?;
    let rows: Vec<Row> = accounts.iter().map(Row::of).collect();
    if json {
        return write_json(out, &rows);
    }
    let mut table = Table::new(["USER ID", "STATUS", "LETTER", "MAIL", "NAME"]);
    for row in &rows {
        let letter = if row.letter_due { "due" } else { "printed" };
        let mail = row.mail_address.clone().unwrap_or_else(|| "-".into());
        table.row([
            row.user_id.clone(),
            row.status.into(),
            letter.into(),
            mail,
            row.name.clone(),
        ]);
    }
    table.write(out)?;
    Ok(())
}

fn show(desk: &Desk, typed: &str, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let user_id = desk.user_id(typed)?;
    let now = desk.now();
    let found: StoreResult<_> = desk.store()?.read(|db| {
        let account = account::find(db, &user_id)?;
        let login = try_counter::find(db, TryScope::Login, user_id.as_str())?;
        let issuance = try_counter::find(db, TryScope::Issuance, user_id.as_str())?;
        Ok((account, [login, issuance]))
    });
    let (account, counters) = found?;
    let account = account.ok_or_else(|| unknown(&user_id))?;
    let [login_locked_until, issuance_locked_until] =
        counters.map(|counter| still_locked(counter.and_then(|counter| counter.locked_until), now));
    let full = Full {
        row: Row::of(&account),
        login_locked_until,
        issuance_locked_until,
    };
    if json {
        return write_json(out, &full);
    }
    super::write_facts(out, &full)
}

fn still_locked(until: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<String> {
    until.filter(|until| *until > now).map(iso_datetime)
}

fn unlock(desk: &Desk, whom: &Whom, out: &mut dyn Write) -> anyhow::Result<()> {
    let user_id = known(desk, whom)?;
    unlock_account(&desk.store()?, &desk.act(whom.name.as_deref()), &user_id)?;
    writeln!(out, "{user_id} is not locked any more.")?;
    Ok(())
}

fn set_status(
    desk: &Desk,
    whom: &Whom,
    status: AccountStatus,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let user_id = known(desk, whom)?;
    set_account_status(
        &desk.store()?,
        &desk.act(whom.name.as_deref()),
        &user_id,
        status,
    )?;
    writeln!(out, "{user_id} is {} now.", status.as_str())?;
    Ok(())
}

/// The user ID, if it is registered.
fn known(desk: &Desk, whom: &Whom) -> anyhow::Result<UserId> {
    let user_id = desk.user_id(&whom.user_id)?;
    let found = desk.store()?.read(|db| account::find(db, &user_id))?;
    found
        .map(|_| user_id.clone())
        .ok_or_else(|| unknown(&user_id))
}

fn unknown(user_id: &UserId) -> anyhow::Error {
    anyhow!("{user_id} is not registered; `ca-cli account list` shows who is")
}
