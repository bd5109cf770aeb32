//! `ca-cli config`: check the configuration, print its reference and a commented example.

use std::io::Write;

use ca_core::config::Profiles;
use clap::Subcommand;

use crate::desk::Desk;
use crate::letter::Template;

mod reference;

/// What can be done with the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Read the configuration, certificate profiles, calendar and letter, and say what is wrong.
    Check,
    /// Print docs/configuration.md: every key, its meaning and default.
    Docs,
    /// Print config/inkan.toml: every default as a comment, to begin from.
    Example,
}

pub(super) fn run(
    command: &ConfigCommand,
    open: impl FnOnce() -> anyhow::Result<Desk>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        ConfigCommand::Check => check(&open()?, out),
        ConfigCommand::Docs => Ok(write!(out, "{}", reference::markdown()?)?),
        ConfigCommand::Example => Ok(write!(out, "{}", reference::example()?)?),
    }
}

/// Everything that `--check-config` of any program looks at.
pub(super) fn check(desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    Profiles::load(&desk.config)?;
    desk.calendar()?;
    if let Some(template) = &desk.config.letter.template {
        Template::read(template)?;
    }
    writeln!(out, "The configuration is right.")?;
    Ok(())
}
