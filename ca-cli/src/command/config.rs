//! `ca-cli config`: check the configuration, print its reference and a commented example.

use std::io::Write;

use anyhow::{Context, bail};
use ca_core::config::{DatabaseUrl, Profiles, Program};
use ca_core::domain::access::table;
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::store::{Store, StoreError, authority};
use ca_worker::mail::Notifier;
use clap::Subcommand;

use crate::desk::Desk;
use crate::letter::{Template, render, specimen_letters, specimen_run};

mod reference;

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Open every file and folder that the configuration names, as the account that runs this, and the database; say what
    /// is wrong.
    Check,
    /// Print docs/configuration.md: every key, its meaning and default.
    Docs,
    /// Print config/inkan.toml: every default as a comment, to begin from.
    Example,
    /// Print the access matrix as text: every who, for whom, function and action with its outcome.
    AccessMatrix,
}

pub(super) fn run(
    command: &ConfigCommand,
    open: impl FnOnce() -> anyhow::Result<Desk>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check => check(&open()?, out),
        ConfigCommand::Docs => Ok(write!(out, "{}", reference::markdown()?)?),
        ConfigCommand::AccessMatrix => {
            let desk = open()?;
            let matrix = desk.config.access_matrix()?;
            Ok(write!(out, "{}", table(&matrix, &desk.config.classes()))?)
        }
        ConfigCommand::Example => Ok(write!(out, "{}", reference::example()?)?),
    }
}

/// Every file and folder that the configuration names, as the account that runs this, and the database. What `ca init`
/// and its kin make is no fault before they were run.
pub(super) fn check(desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let config = &desk.config;
    let mut wrong: Vec<String> = Vec::new();
    let database = is_set_up(desk);
    let is_set_up = *database.as_ref().unwrap_or(&true);
    for unusable in config
        .needs(Program::Cli)
        .iter()
        .filter_map(|need| need.check().err())
    {
        match unusable.is_to_be_made() && !is_set_up {
            true => writeln!(out, "Not there yet: {unusable}")?,
            false => wrong.push(unusable.to_string()),
        }
    }
    wrong.extend(config.check_host().err());
    let contents = [
        database.map(drop),
        Profiles::load(config).map(drop).map_err(Into::into),
        DistinguishedName::parse(&config.authority.subject)
            .map(drop)
            .context("authority.subject"),
        desk.calendar().map(drop),
        config.access_matrix().map(drop).map_err(Into::into),
        Notifier::of(config).map(drop).map_err(Into::into),
        letter(desk),
    ];
    let refused = contents.into_iter().filter_map(Result::err);
    wrong.extend(refused.map(|error| format!("{error:#}")));
    if !wrong.is_empty() {
        bail!("the configuration cannot be used:\n{}", wrong.join("\n"));
    }
    if let Some(warning) = config.password.warning() {
        writeln!(out, "Warning: {warning}.")?;
    }
    writeln!(out, "The configuration is right.")?;
    Ok(())
}

/// Whether there is an authority in the database; an empty or a missing one is no fault.
fn is_set_up(desk: &Desk) -> anyhow::Result<bool> {
    if let DatabaseUrl::Sqlite(file) = desk.config.database.target(desk.data())
        && matches!(file.try_exists(), Ok(false))
    {
        return Ok(false);
    }
    if Store::connect(&desk.config.database, desk.data())?.is_empty()? {
        return Ok(false);
    }
    let roots: Vec<_> = desk.store()?.read::<_, StoreError, _>(authority::list)?;
    Ok(!roots.is_empty())
}

/// The letter's template and fonts print a specimen.
fn letter(desk: &Desk) -> anyhow::Result<()> {
    let letter = &desk.config.letter;
    if let Some(path) = &letter.template {
        let template = Template::read(path)?.with_fonts(letter.fonts.clone());
        render(&specimen_run(desk.now()), &specimen_letters(), &template)?;
    }
    Ok(())
}
