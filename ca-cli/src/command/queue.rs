//! `ca-cli queue`: look at the queue, order the worker to sign now.
//!
//! Nothing is decided here: approving, rejecting and retrying are an operator's acts, at the console.

use std::io::Write;

use anyhow::{Context, anyhow};
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::domain::text::EnteredText;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::override_calendar::override_calendar;
use ca_core::store::account::Account;
use ca_core::store::request::{Request, RequestFilter};
use ca_core::store::{StoreResult, account, request};
use chrono::TimeDelta;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

/// The longest reason, in characters.
const LONGEST_REASON: usize = 200;

/// What can be done with the queue.
#[derive(Debug, Subcommand)]
pub enum QueueCommand {
    /// List requests, oldest first.
    List(List),
    /// Show one request.
    Show {
        /// Its id, as `queue list` shows it.
        id: String,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Let the worker sign outside business hours for a while; audited with the reason.
    SignNow {
        /// Why.
        #[arg(long)]
        reason: String,
        /// For how many minutes.
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=1440))]
        minutes: u16,
        /// Your name in the audit log, when it is not the machine's account name.
        #[arg(long = "as", value_name = "NAME")]
        name: Option<String>,
    },
}

/// Which requests are listed.
#[derive(Debug, Args)]
pub struct List {
    /// Only this state: pending, approved, signing, issued, rejected, withdrawn or failed.
    #[arg(long)]
    state: Option<String>,
    /// At most so many.
    #[arg(long, default_value_t = 1000)]
    limit: u32,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &QueueCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        QueueCommand::List(list) => list_requests(list, desk, out),
        QueueCommand::Show { id, json } => show(id, *json, desk, out),
        QueueCommand::SignNow {
            reason,
            minutes,
            name,
        } => sign_now(reason, *minutes, name.as_deref(), desk, out),
    }
}

/// A request as listings show it; never its sealed password.
#[derive(Serialize)]
struct Row {
    id: String,
    user_id: String,
    name: String,
    kind: &'static str,
    state: &'static str,
    subject: String,
    profile: String,
    submitted_at: String,
    promised_at: Option<String>,
    decided_at: Option<String>,
    rejection_reason: Option<String>,
    attempts: i64,
    failure: Option<String>,
    lease_owner: Option<String>,
}

impl Row {
    fn of(request: Request, account: Account) -> Self {
        Self {
            id: request.id.to_string(),
            user_id: account.user_id.to_string(),
            name: account.name,
            kind: request.kind.as_str(),
            state: request.state.as_str(),
            subject: request.subject,
            profile: request.profile,
            submitted_at: iso_datetime(request.submitted_at),
            promised_at: request.promised_at.map(iso_datetime),
            decided_at: request.decided_at.map(iso_datetime),
            rejection_reason: request.rejection_reason,
            attempts: request.attempts,
            failure: request.failure,
            lease_owner: request.lease_owner,
        }
    }
}

fn list_requests(list: &List, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let filter = RequestFilter {
        state: list.state.as_deref().map(state_of).transpose()?,
        ..RequestFilter::default()
    };
    let limit = i64::from(list.limit);
    let store = desk.store()?;
    let found = store.read(|db| request::list(db, &filter, 0, limit))?;
    found.tell();
    let rows: Vec<Row> = found
        .rows
        .into_iter()
        .map(|(request, account)| Row::of(request, account))
        .collect();
    if list.json {
        return write_json(out, &rows);
    }
    let mut table = Table::new(["ID", "USER ID", "STATE", "KIND", "SUBMITTED", "NAME"]);
    for row in &rows {
        let [state, kind] = [row.state, row.kind].map(str::to_owned);
        table.row([
            row.id.clone(),
            row.user_id.clone(),
            state,
            kind,
            row.submitted_at.clone(),
            row.name.clone(),
        ]);
    }
    table.write(out)?;
    writeln!(out, "{} of {} requests", rows.len(), found.total)?;
    Ok(())
}

fn state_of(word: &str) -> anyhow::Result<RequestState> {
    let known = || {
        RequestState::ALL
            .iter()
            .map(|state| state.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    let found = RequestState::ALL
        .iter()
        .find(|state| state.as_str() == word)
        .copied();
    found.ok_or_else(|| anyhow!("there is no state {word}; the states are {}", known()))
}

fn show(id: &str, json: bool, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let id = RequestId::parse(id)
        .with_context(|| format!("{id} is no request id; `ca-cli queue list` shows them"))?;
    let found: StoreResult<_> = desk.store()?.read(|db| {
        let Some(request) = request::find(db, &id)? else {
            return Ok(None);
        };
        let account = account::load(db, request.account_id)?;
        Ok(Some(Row::of(request, account)))
    });
    let row = found?
        .ok_or_else(|| anyhow!("there is no request {id}; `ca-cli queue list` shows them"))?;
    if json {
        return write_json(out, &row);
    }
    super::write_facts(out, &row)
}

fn sign_now(
    reason: &str,
    minutes: u16,
    name: Option<&str>,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let reason = EnteredText::parse(reason, LONGEST_REASON).context("--reason")?;
    let act = desk.act(name);
    let until = act.at + TimeDelta::minutes(i64::from(minutes));
    override_calendar(&desk.store()?, &act, reason.as_str(), until)?;
    writeln!(
        out,
        "The worker signs until {}, whatever the hour.",
        iso_datetime(until)
    )?;
    Ok(())
}
