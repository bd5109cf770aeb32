//! `ca-cli delegation`: which agent acts for which office, from day to day.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use ca_core::domain::delegation::{Phase, parse_day};
use ca_core::domain::delegation_csv;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::end_delegation::end_delegation;
use ca_core::flow::import_delegations::{
    DelegationReport, ImportDelegationsError, import_delegations,
};
use ca_core::store::account::Account;
use ca_core::store::delegation::{self, Delegation};
use ca_core::store::{StoreError, account};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_change, write_json};

/// Lines of trouble that are shown; the rest is counted.
const SHOWN: usize = 100;

/// What can be done with delegations.
#[derive(Debug, Subcommand)]
pub enum DelegationCommand {
    /// Enter delegations from a CSV file (UTF-8 or Shift_JIS): all lines, or none. Safe to run again.
    Import(Import),
    /// List delegations, the latest to begin first.
    List {
        /// Only those that hold at this moment.
        #[arg(long)]
        current: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// End a delegation, at once or after a last day; acts on the agent's next request.
    End(End),
}

/// Which file, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Columns, in any order, in the first line (English or Japanese names):\n  \
    office (事業所), agent (代理人), from (開始日): required\n  \
    to (終了日), the last day: may be empty, which is without end\n\
    Without this column the last days that are known stay.\nDays: 2026-04-01, 2026/4/1 or 2026年4月1日, days of Japan."
)]
pub struct Import {
    /// The CSV file.
    file: PathBuf,
    /// Do everything but keep nothing.
    #[arg(long)]
    dry_run: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

/// Which one, and when.
#[derive(Debug, Args)]
pub struct End {
    /// Its number, as `delegation list` shows it.
    id: i64,
    /// The last day on which it holds; at once when absent.
    #[arg(long, value_name = "DAY")]
    last_day: Option<String>,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(
    command: &DelegationCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        DelegationCommand::Import(command) => import(command, desk, out),
        DelegationCommand::List { current, json } => list(desk, *current, *json, out),
        DelegationCommand::End(command) => end(command, desk, out),
    }
}

fn import(command: &Import, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let file = command.file.display().to_string();
    let bytes = fs::read(&command.file).with_context(|| format!("cannot read {file}"))?;
    let lines = delegation_csv::read(&bytes, &desk.config.classes()).map_err(|errors| {
        let errors = errors.iter();
        let said = errors.map(|error| (error.japanese(), error.to_string()));
        anyhow!(refusal(&file, said.collect()))
    })?;
    let act = desk.act(command.name.as_deref());
    let report = import_delegations(&desk.store()?, &act, &lines, command.dry_run);
    let report = report.map_err(|error| match error {
        ImportDelegationsError::Faults(faults) => {
            let faults = faults.iter();
            let said = faults.map(|fault| (fault.japanese(), fault.to_string()));
            anyhow!(refusal(&file, said.collect()))
        }
        other => other.into(),
    })?;
    if command.json {
        return write_json(out, &report);
    }
    tell(&report, command.dry_run, out)
}

/// Every bad line with its number, column and reason, Japanese and English.
fn refusal(file: &str, said: Vec<(String, String)>) -> String {
    let mut text = format!(
        "{file}: 取り込みませんでした。 Nothing was imported; correct these and try again:"
    );
    for (japanese, english) in said.iter().take(SHOWN) {
        text.push_str(&format!("\n  {japanese}\n    {english}"));
    }
    if let Some(more) = said.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        text.push_str(&format!("\n  … ほか{more}件 and {more} more"));
    }
    text
}

fn tell(report: &DelegationReport, rehearsed: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let (added, changed) = (&report.added, &report.changed);
    writeln!(
        out,
        "{} added, {} changed, {} unchanged",
        added.len(),
        changed.len(),
        report.unchanged.len()
    )?;
    for pair in added {
        writeln!(out, "  + {pair}")?;
    }
    for own in &report.changes {
        writeln!(out, "  ~ {}", own.delegation)?;
        write_change(out, &own.change, "(without end)")?;
    }
    if rehearsed {
        writeln!(out, "A rehearsal: nothing was kept.")?;
    }
    Ok(())
}

/// A delegation as listings show it.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    office: String,
    office_name: String,
    agent: String,
    agent_name: String,
    from: String,
    to: Option<String>,
    state: &'static str,
    entered_by: String,
    entered_at: String,
    ended_by: Option<String>,
    ended_at: Option<String>,
}

impl Row {
    fn of(held: &Delegation, accounts: &HashMap<i64, Account>, now: DateTime<Utc>) -> Self {
        let account = |id: i64| {
            let found = accounts.get(&id);
            found.map_or_else(Default::default, |found| {
                (found.user_id.to_string(), found.name.clone())
            })
        };
        let (office, office_name) = account(held.office_id);
        let (agent, agent_name) = account(held.agent_id);
        let period = held.period();
        Self {
            id: held.id,
            office,
            office_name,
            agent,
            agent_name,
            from: period.first_day().to_string(),
            to: period.last_day().map(|day| day.to_string()),
            state: match period.phase_at(now) {
                Phase::Planned => "future",
                Phase::InForce => "current",
                Phase::Over if period.is_void() => "void",
                Phase::Over => "ended",
            },
            entered_by: held.created_by.clone(),
            entered_at: iso_datetime(held.created_at),
            ended_by: held.ended_by.clone(),
            ended_at: held.ended_at.map(iso_datetime),
        }
    }
}

fn list(desk: &Desk, current: bool, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let now = desk.now();
    let (held, accounts) = desk.store()?.read(|db| {
        let accounts = account::list(db)?.rows.into_iter();
        let accounts: HashMap<i64, Account> = accounts.map(|own| (own.id, own)).collect();
        Ok::<_, StoreError>((delegation::list(db)?, accounts))
    })?;
    let rows = held.iter().map(|held| Row::of(held, &accounts, now));
    let rows: Vec<Row> = rows
        .filter(|row| !current || row.state == "current")
        .collect();
    if json {
        return write_json(out, &rows);
    }
    let mut table = Table::new([
        "NO",
        "OFFICE",
        "AGENT",
        "FROM",
        "TO",
        "STATE",
        "OFFICE NAME",
    ]);
    for row in rows {
        table.row([
            row.id.to_string(),
            row.office,
            row.agent,
            row.from,
            row.to.unwrap_or_else(|| "-".to_owned()),
            row.state.to_owned(),
            row.office_name,
        ]);
    }
    table.write(out)?;
    Ok(())
}

fn end(command: &End, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let day = command.last_day.as_deref().map(parse_day).transpose();
    let day = day.map_err(|error| anyhow!("--last-day {error}"))?;
    let act = desk.act(command.name.as_deref());
    end_delegation(&desk.store()?, &act, command.id, day)?;
    match day {
        None => writeln!(out, "Delegation {} has ended.", command.id)?,
        Some(day) => writeln!(out, "Delegation {} holds until {day}.", command.id)?,
    }
    Ok(())
}
