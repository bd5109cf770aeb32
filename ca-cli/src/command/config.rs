//! `ca-cli config`: check the configuration, print its reference and a commented example.

use std::io::Write;

use anyhow::Context;
use ca_core::config::Profiles;
use ca_core::domain::access::table;
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_worker::mail::Notifier;
use clap::Subcommand;

use crate::desk::Desk;
use crate::letter::{Template, render, specimen_letters, specimen_run};

mod reference;

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the configuration, certificate profiles, calendar, mail and letter texts, and say what is wrong.
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

/// Every file that the configuration names and that can be read without a secret.
pub(super) fn check(desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let config = &desk.config;
    Profiles::load(config)?;
    DistinguishedName::parse(&config.authority.subject).context("authority.subject")?;
    desk.calendar()?;
    config.access_matrix()?;
    Notifier::of(config)?;
    if let Some(path) = &config.letter.template {
        let template = Template::read(path)?.with_fonts(config.letter.fonts.clone());
        render(&specimen_run(desk.now()), &specimen_letters(), &template)?;
    }
    writeln!(out, "The configuration is right.")?;
    Ok(())
}
