//! `ca-cli mail`: mails that did not leave: list, send again, drop.

use std::io::Write;

use anyhow::bail;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::drop_mail::drop_mail;
use ca_core::flow::retry_mail::{StuckMail, retry_mail};
use ca_core::store::mail_trouble;
use ca_core::store::outbox::Mail;
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

/// What can be done with mails that did not leave.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// List mails that were refused for good (parked), or whose last try failed (waiting), oldest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 1000)]
        limit: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Send one again, to the address that its account has now.
    Retry(Which),
    /// Give one up: it is not sent, and counts as stuck no longer.
    Drop(Which),
}

/// Which mail, and who says so.
#[derive(Debug, Args)]
pub struct Which {
    /// Its number, as `mail list` shows it.
    id: i64,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(command: &MailCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        MailCommand::List { limit, json } => list(*limit, *json, desk, out),
        MailCommand::Retry(which) => {
            let done = retry_mail(&desk.store()?, &desk.act(which.name.as_deref()), which.id)?;
            report(which, done, "waiting", "is sent again by the worker", out)
        }
        MailCommand::Drop(which) => {
            let done = drop_mail(&desk.store()?, &desk.act(which.name.as_deref()), which.id)?;
            report(which, done, "dropped", "is dropped", out)
        }
    }
}

/// A mail as listings show it; never its facts.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    state: &'static str,
    kind: &'static str,
    to_address: String,
    user_id: Option<String>,
    attempts: i64,
    created_at: String,
    next_try_at: String,
    error: Option<String>,
}

impl Row {
    fn of(mail: &Mail) -> Self {
        let user_id = mail.facts().ok().map(|facts| facts.user_id);
        Self {
            id: mail.id,
            state: mail.state.as_str(),
            kind: mail.kind.as_str(),
            to_address: mail.to_address.clone(),
            user_id: user_id.filter(|id| !id.is_empty()),
            attempts: mail.attempts,
            created_at: iso_datetime(mail.created_at),
            next_try_at: iso_datetime(mail.next_try_at),
            error: mail.last_error.clone(),
        }
    }
}

/// What became of a mail.
#[derive(Serialize)]
struct Outcome {
    id: i64,
    state: &'static str,
}

fn list(limit: u32, json: bool, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let found = desk
        .store()?
        .read(|db| mail_trouble::stuck(db, 0, i64::from(limit)))?;
    let rows: Vec<Row> = found.rows.iter().map(Row::of).collect();
    if json {
        found.tell();
        return write_json(out, &rows);
    }
    let mut table = Table::new(["NO", "STATE", "KIND", "TO", "OWED", "ERROR"]);
    for row in rows {
        table.row([
            row.id.to_string(),
            row.state.to_owned(),
            row.kind.to_owned(),
            row.to_address,
            row.created_at,
            row.error.unwrap_or_else(|| "-".to_owned()),
        ]);
    }
    table.write(out)?;
    for name in &found.unreadable {
        let id = name.trim_start_matches("outbox:");
        writeln!(
            out,
            "mail {id} cannot be read; `ca-cli mail drop {id}` gives it up"
        )?;
    }
    let shown = found.rows.len() + found.unreadable.len();
    Ok(writeln!(out, "{shown} of {} mails", found.total)?)
}

fn report(
    which: &Which,
    done: StuckMail,
    state: &'static str,
    words: &str,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let id = which.id;
    match done {
        StuckMail::Done if which.json => write_json(out, &Outcome { id, state }),
        StuckMail::Done => Ok(writeln!(out, "Mail {id} {words}.")?),
        StuckMail::NotStuck => bail!(
            "mail {id} does not wait for anybody: there is no such mail, it has left, was dropped, or is being sent \
             now; `ca-cli mail list` shows those that do"
        ),
        StuckMail::NeedsCode => bail!(
            "mail {id} held a code that is gone: the holder requests the change of the mail address again; \
             `ca-cli mail drop {id}` gives this mail up"
        ),
        StuckMail::Unreadable => bail!(
            "mail {id} cannot be read, so it cannot be written again; `ca-cli mail drop {id}` gives it up"
        ),
        StuckMail::NoAddress => bail!(
            "the account of mail {id} has no mail address now; `ca-cli mail drop {id}` gives this mail up"
        ),
    }
}
