//! `ca-cli demo`: everything on one machine with one command, and the walkthrough that proves it.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ca_core::config::DataConfig;
use clap::Args;

use crate::desk::Desk;

pub(crate) mod accounts;
mod place;
mod port;
mod running;
pub(crate) mod set_up;
mod walkthrough;

pub(crate) use place::Place;
pub(crate) use port::Ports;
pub(crate) use running::Running;
pub(crate) use set_up::House;

/// Where the demo lives when nobody says otherwise.
const USUAL_FOLDER: &str = "demo-data";

/// Set everything up in a folder, then serve pages, console and worker until Ctrl-C; or walk through it all.
#[derive(Debug, Args)]
#[command(
    after_help = "The folder is --data DIR, ./demo-data when absent; a second start goes on with it."
)]
pub struct Demo {
    /// Play the main journey through the real pages, write what came of it into DIR and DIR/result.json, and
    /// end with status 0 only if every step held.
    #[arg(long, value_name = "DIR")]
    walkthrough: Option<PathBuf>,
    /// Accounts to register instead of the built-in ones.
    #[arg(long, value_name = "FILE.csv")]
    accounts: Option<PathBuf>,
    /// Walk through with so many accounts.
    #[arg(long, default_value_t = 1, requires = "walkthrough", value_parser = clap::value_parser!(u16).range(1..=2000))]
    count: u16,
    /// Database to use instead of SQLite in the folder: postgres://USER@HOST/NAME or sqlite:PATH.
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Listen on N (http), N+1 (https), N+2 (console) and N+3 (portal); 0 takes free ports.
    #[arg(long, value_name = "N")]
    port_base: Option<u16>,
}

/// Runs the demo, or walks through it.
pub(crate) fn run(
    command: &Demo,
    desk: Desk,
    data: Option<&Path>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let mut config = desk.config;
    if let Some(url) = &command.database {
        config.database.url.clone_from(url);
    }
    let csv = match &command.accounts {
        Some(file) => fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => accounts::built_in(command.count),
    };
    let ports = Ports::take(
        &config.listen,
        command.port_base,
        command.walkthrough.is_some(),
    )?;
    config.listen = ports.listen.clone();
    if let Some(folder) = &command.walkthrough {
        let place = Place::new(config, folder);
        return walkthrough::run(&place, ports, &csv, command.count.into(), out);
    }
    let configured =
        Some(&config.data.folder).filter(|folder| **folder != DataConfig::default().folder);
    let folder = data
        .or(configured.map(PathBuf::as_path))
        .unwrap_or(Path::new(USUAL_FOLDER))
        .to_owned();
    let place = Place::new(config, &folder);
    serve(&place, ports, &csv, out)
}

/// Sets up what is missing, serves until a signal comes.
fn serve(place: &Place, ports: Ports, csv: &[u8], out: &mut dyn Write) -> anyhow::Result<()> {
    let accounts = set_up::read_accounts(place, csv)?;
    let house = set_up::open(place, &accounts)?;
    place.write_config()?;
    let letters = house.print_first_letters(place)?;
    let running = Running::start(place, &house, ports)?;
    place.tell(&house, letters.as_deref(), out)?;
    out.flush()?;
    running.until_signal()?;
    writeln!(out, "終了しました。 Ended.")?;
    Ok(())
}
