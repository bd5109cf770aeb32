//! `ca-cli operator`: who may decide at the console.

use std::io::Write;

use ca_core::domain::certificate::{CertificateStatus, OperatorStatus};
use ca_core::domain::revocation::RevocationReason;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::end_operator::end_operator;
use ca_core::flow::renew_operator::check_operator;
use ca_core::flow::set_operator_status::set_operator_status;
use ca_core::store::certificate::Certificate;
use ca_core::store::operator::{self, Operator};
use ca_core::store::{Db, Store, StoreResult, certificate};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

pub(crate) mod add;
pub(crate) mod approval_key;
mod console_password;
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
    /// Give an operator another console password; open sessions end.
    Password(console_password::Password),
    /// Switch an operator off: no login, open sessions end. The certificate ends with --revoke only.
    Disable(Disable),
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

/// Which operator, and whether the certificate ends, too.
#[derive(Debug, Args)]
pub struct Disable {
    #[command(flatten)]
    whom: Whom,
    /// Revoke the operator's certificate for good; --revoke=keyCompromise when the PC or the file was lost.
    #[arg(
        long,
        value_name = "REASON",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "cessationOfOperation",
        value_parser = ["cessationOfOperation", "keyCompromise", "superseded", "privilegeWithdrawn", "unspecified"],
    )]
    revoke: Option<String>,
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
        OperatorCommand::Password(command) => console_password::run(command, desk, out),
        OperatorCommand::Disable(command) => disable(desk, command, out),
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

fn disable(desk: &Desk, command: &Disable, out: &mut dyn Write) -> anyhow::Result<()> {
    let Some(reason) = &command.revoke else {
        return set_status(desk, &command.whom, OperatorStatus::Disabled, out);
    };
    let store = desk.store()?;
    let name = &command.whom.operator;
    check_operator(&store, name)?;
    let reason = RevocationReason::try_from(reason.clone())?;
    let act = desk.act(command.whom.name.as_deref());
    let revoked = end_operator(&store, &act, name, reason)?;
    let what = match revoked {
        true => "and the certificate is revoked for good",
        false => "there was no valid certificate to revoke",
    };
    writeln!(out, "Operator {name} is disabled now; {what}.")?;
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
    check_operator(&store, name)?;
    set_operator_status(&store, &desk.act(whom.name.as_deref()), name, status)?;
    writeln!(out, "Operator {name} is {} now.", status.as_str())?;
    let living = living_certificate(&store, name, desk.now())?;
    match (status, living) {
        (OperatorStatus::Disabled, Some(certificate)) => writeln!(
            out,
            "The certificate {} is not revoked: it stays valid until {} and opens nothing while {name} is disabled. \
             `ca-cli operator disable {name} --revoke` ends it for good.",
            certificate.serial,
            iso_datetime(certificate.not_after)
        )?,
        (OperatorStatus::Active, None) => writeln!(
            out,
            "{name} has no valid certificate and cannot log in: `ca-cli operator renew {name} --out {name}.p12` makes one."
        )?,
        _ => {}
    }
    Ok(())
}

/// The operator's certificate, if it is neither revoked nor over.
fn living_certificate(
    store: &Store,
    name: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<Option<Certificate>> {
    let living = |db: &mut Db| -> StoreResult<_> {
        let serial = operator::find(db, name)?.and_then(|found| found.certificate_serial);
        let Some(serial) = serial else {
            return Ok(None);
        };
        certificate::find(db, serial)
    };
    let found = store.read(living)?;
    Ok(found.filter(|one| one.status != CertificateStatus::Revoked && one.not_after >= now))
}
