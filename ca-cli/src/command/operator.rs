//! `ca-cli operator`: who may decide at the console.

use std::io::Write;

use anyhow::anyhow;
use ca_core::domain::certificate::OperatorStatus;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::set_operator_status::set_operator_status;
use ca_core::store::operator::{self, Operator};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

pub(crate) mod add;
pub(crate) mod approval_key;
mod password;
mod renew;

/// What can be done with operators.
#[derive(Debug, Subcommand)]
pub enum OperatorCommand {
    /// Add an operator: issues a client certificate as PKCS#12 and sets the password.
    Add(add::Add),
    /// Give an operator another certificate, from the root in use; the one before is revoked.
    Renew(renew::Renew),
    /// List operators by name.
    List {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make the key by which the worker knows the console's approvals; never overwrites one.
    ApprovalKey,
    /// Switch an operator off: no login, open sessions end.
    Disable(Whom),
    /// Switch an operator on again.
    Enable(Whom),
}

/// Which operator, and who says so.
#[derive(Debug, Args)]
pub struct Whom {
    /// The operator's login name.
    operator: String,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(
    command: &OperatorCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        OperatorCommand::Add(command) => add::run(command, desk, out),
        OperatorCommand::Renew(command) => renew::run(command, desk, out),
        OperatorCommand::ApprovalKey => approval_key::run(desk, out),
        OperatorCommand::List { json } => list(desk, *json, out),
        OperatorCommand::Disable(whom) => set_status(desk, whom, OperatorStatus::Disabled, out),
        OperatorCommand::Enable(whom) => set_status(desk, whom, OperatorStatus::Active, out),
    }
}

/// An operator as listings show it; never the hash.
#[derive(Serialize)]
struct Row {
    name: String,
    display_name: String,
    status: &'static str,
    own_user_id: Option<String>,
    certificate_serial: Option<String>,
    added_at: String,
}

impl Row {
    fn of(operator: Operator) -> Self {
        Self {
            status: operator.status.as_str(),
            own_user_id: operator.own_user_id.map(|id| id.to_string()),
            certificate_serial: operator.certificate_serial.map(|serial| serial.to_hex()),
            added_at: iso_datetime(operator.created_at),
            name: operator.name,
            display_name: operator.display_name,
        }
    }
}

fn list(desk: &Desk, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let rows: Vec<Row> = desk
        .store()?
        .read(operator::list)?
        .into_iter()
        .map(Row::of)
        .collect();
    if json {
        return write_json(out, &rows);
    }
    let mut table = Table::new(["NAME", "STATUS", "OWN USER ID", "ADDED", "DISPLAY NAME"]);
    for row in &rows {
        let own = row.own_user_id.clone().unwrap_or_else(|| "-".into());
        table.row([
            row.name.clone(),
            row.status.into(),
            own,
            row.added_at.clone(),
            row.display_name.clone(),
        ]);
    }
    table.write(out)?;
    Ok(())
}

fn set_status(
    desk: &Desk,
    whom: &Whom,
    status: OperatorStatus,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let store = desk.store()?;
    let name = &whom.operator;
    store.read(|db| operator::find(db, name))?.ok_or_else(|| {
        anyhow!("there is no operator named {name}; `ca-cli operator list` shows them")
    })?;
    set_operator_status(&store, &desk.act(whom.name.as_deref()), name, status)?;
    writeln!(out, "Operator {name} is {} now.", status.as_str())?;
    Ok(())
}
