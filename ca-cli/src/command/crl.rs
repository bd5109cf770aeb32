//! `ca-cli crl`: revocation lists are published and shown.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use ca_core::config::Profiles;
use ca_core::domain::time::iso_datetime;
use ca_core::store::crl::{self, Crl};
use ca_core::store::revocation;
use ca_worker::crl::{Publisher, read};
use clap::{Args, Subcommand};
use serde::Serialize;

use crate::desk::Desk;
use crate::table::write_json;

/// What can be done with revocation lists.
#[derive(Debug, Subcommand)]
pub enum CrlCommand {
    /// Make and publish a new list of every generation now, from every event. The worker does so by itself when one
    /// is due and at once when something is revoked.
    Publish(Publish),
    /// Show the newest list: its dates, what it covers, how many it names.
    Show {
        /// The generation of the root; the newest one when absent.
        #[arg(long)]
        generation: Option<i64>,
        /// Every serial in it as well, with date and reason.
        #[arg(long)]
        entries: bool,
        /// Also write it (DER) into this file, which must not exist yet.
        #[arg(long, value_name = "FILE")]
        der: Option<PathBuf>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

/// With which key, and by whom.
#[derive(Debug, Args)]
pub struct Publish {
    /// File whose first line is the passphrase of the CA key.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// A list as it is shown.
#[derive(Serialize)]
struct Row {
    generation: i64,
    number: i64,
    this_update: String,
    next_update: String,
    entries: i64,
    events_covered: i64,
    /// Events that the next list will bring.
    events_waiting: i64,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    listed: Option<Vec<Listed>>,
}

/// One serial of a list.
#[derive(Serialize)]
struct Listed {
    serial: String,
    since: String,
    reason: &'static str,
}

impl Row {
    fn of(list: &Crl, last_event: i64) -> Self {
        Self {
            generation: list.generation,
            number: list.number,
            this_update: iso_datetime(list.this_update),
            next_update: iso_datetime(list.next_update),
            entries: list.entries,
            events_covered: list.covered,
            events_waiting: (last_event - list.covered).max(0),
            sha256: list.sha256.clone(),
            listed: None,
        }
    }
}

pub(super) fn run(command: &CrlCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        CrlCommand::Publish(command) => publish(command, desk, out),
        CrlCommand::Show {
            generation,
            entries,
            der,
            json,
        } => show(desk, *generation, *entries, der.as_ref(), *json, out),
    }
}

fn publish(command: &Publish, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let authority = desk.any_authority(&store, command.passphrase_file.as_deref())?;
    let act = desk.act(command.person.as_deref());
    let profiles = Profiles::load(&desk.config)?;
    let closure = desk.calendar()?.longest_closure();
    let mut rows = Vec::new();
    for generation in authority.generations() {
        let publisher = Publisher {
            store: &store,
            issuer: &generation.issuer,
            signer: generation.signer.as_ref(),
            journal: authority.journal(),
            validity: desk.config.crl.validity(closure),
            longest_life: profiles.longest_life(),
        };
        match publisher.publish_now(&act)? {
            Some(made) => rows.push(Row::of(&made.list, made.list.covered)),
            None => bail!("a worker published a newer list meanwhile; `ca-cli crl show` shows it"),
        }
    }
    write(out, &rows, command.json)?;
    let missing = authority.missing_keys();
    anyhow::ensure!(
        missing.is_empty(),
        "no list was made by a root whose key cannot be used here: {missing}"
    );
    Ok(())
}

fn show(
    desk: &Desk,
    generation: Option<i64>,
    entries: bool,
    file: Option<&PathBuf>,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let store = desk.store()?;
    let generation = match generation {
        Some(generation) => generation,
        None => super::ca::current(&store)?.generation,
    };
    let (list, der) = store
        .read(|db| crl::newest_with_bytes(db, generation))?
        .ok_or_else(|| {
            anyhow!(
                "there is no revocation list of generation {generation} yet; a worker that runs makes it, \
                 or `ca-cli crl publish`"
            )
        })?;
    let last = store.read(|db| revocation::last_sequence(db, generation))?;
    let mut row = Row::of(&list, last);
    if entries {
        row.listed = Some(listed(&der)?);
    }
    if let Some(file) = file {
        crate::file::write_public(file, &der)?;
    }
    write(out, &[row], json)
}

fn listed(der: &[u8]) -> anyhow::Result<Vec<Listed>> {
    let list = read(der)?;
    let entries = list.said.entries().map(|entry| {
        let entry = entry?;
        Ok(Listed {
            serial: entry.serial.to_hex(),
            since: iso_datetime(entry.at),
            reason: entry.reason.as_str(),
        })
    });
    entries.collect()
}

fn write(out: &mut dyn Write, rows: &[Row], json: bool) -> anyhow::Result<()> {
    if json {
        return write_json(out, &rows);
    }
    for row in rows {
        let facts = Row {
            listed: None,
            sha256: row.sha256.clone(),
            this_update: row.this_update.clone(),
            next_update: row.next_update.clone(),
            ..*row
        };
        super::write_facts(out, &facts)?;
        for one in row.listed.iter().flatten() {
            writeln!(out, "{}  {}  {}", one.serial, one.since, one.reason)?;
        }
    }
    Ok(())
}
