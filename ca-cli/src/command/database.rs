//! `ca-cli database`: is the schema this program's, and make it so; roles for the programs.

mod roles;

use std::io::Write;

use anyhow::bail;
use ca_core::store::{SchemaState, Store};
use clap::Subcommand;

use crate::desk::Desk;
use crate::table::write_json;

/// What can be done with the database.
#[derive(Debug, Subcommand)]
pub enum DatabaseCommand {
    /// Bring the schema up to this program; makes a new database where there is none. Make a backup first.
    Migrate,
    /// Make a role for each program on PostgreSQL, with the verbs that it needs and no other.
    Roles(roles::Roles),
    /// Say whether the database is new, or its schema older than, equal to or newer than this program; status 1 unless equal.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(
    command: &DatabaseCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        DatabaseCommand::Migrate => migrate(desk, out),
        DatabaseCommand::Roles(command) => roles::run(command, desk, out),
        DatabaseCommand::Status { json } => status(desk, *json, out),
    }
}

fn migrate(desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    crate::desk::make_data_folder(desk.data())?;
    Store::migrate(&desk.config.database, desk.data())?;
    writeln!(out, "The database is up to date.")?;
    Ok(())
}

fn status(desk: &Desk, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    desk.expect_database()?;
    let state = Store::connect(&desk.config.database, desk.data())?.schema_state()?;
    let (word, advice) = match &state {
        SchemaState::Current => ("current", "nothing to do".to_owned()),
        SchemaState::Empty => (
            "new",
            "nothing is in it yet; `ca-cli ca init` sets it up, `ca-cli backup restore` fills it from an archive"
                .to_owned(),
        ),
        SchemaState::Older(missing) => (
            "older",
            format!("steps missing: {missing}; make a backup, then run `ca-cli database migrate`"),
        ),
        SchemaState::Newer(step) => (
            "newer",
            format!("it has step {step}: install the program version that made it, or newer"),
        ),
    };
    if json {
        write_json(
            out,
            &serde_json::json!({ "schema": word, "advice": advice }),
        )?;
    } else {
        writeln!(out, "schema: {word}; {advice}")?;
    }
    match state {
        SchemaState::Current => Ok(()),
        SchemaState::Empty => bail!("the database is new"),
        SchemaState::Older(_) | SchemaState::Newer(_) => {
            bail!("the database's schema is {word} than this program")
        }
    }
}
