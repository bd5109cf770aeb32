//! The command line: one noun, one file. Every command writes to the `out` it is given and asks flows for the rest.

use std::io::Write;
use std::path::PathBuf;

use clap::{CommandFactory, Parser, Subcommand};

use crate::demo;
use crate::desk::Desk;

pub(crate) mod account;
mod audit;
mod backup;
mod bench;
pub(crate) mod ca;
mod calendar;
pub(crate) mod certificate;
mod config;
mod crl;
mod database;
mod delegation;
mod letter;
mod mail;
mod notice;
pub(crate) mod operator;
mod password;
mod queue;
mod thumbprint;

/// Inkan (印鑑): a private certificate authority with an issuance queue.
#[derive(Debug, Parser)]
#[command(name = "ca-cli", version, arg_required_else_help = true)]
pub struct Cli {
    /// Configuration file (TOML); without it the built-in defaults hold. INKAN__SECTION__KEY overrides a key.
    #[arg(long, global = true, value_name = "FILE", env = "INKAN_CONFIG")]
    pub config: Option<PathBuf>,
    /// Data folder: keys, mails, embedded database. Stands above the configuration.
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Check the configuration, say what is wrong with it, and end.
    #[arg(long)]
    pub check_config: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Accounts of offices and agents: import, list, show, lock and unlock.
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// The audit chain: verify, export.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Backups: make, show, restore, and bring forward what the journals know.
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// What issuing costs on this machine; no installation is touched.
    #[command(subcommand)]
    Bench(bench::BenchCommand),
    /// The root certificate and its key.
    #[command(subcommand)]
    Ca(ca::CaCommand),
    /// Certificates: the site's own is issued here, all are listed.
    #[command(subcommand)]
    Certificate(certificate::CertificateCommand),
    /// Business hours and holidays.
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// The configuration: check, reference, example.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Revocation lists: publish, show.
    #[command(subcommand)]
    Crl(crl::CrlCommand),
    /// The database: migrate, roles, status.
    #[command(subcommand)]
    Database(database::DatabaseCommand),
    /// Which agent acts for which office: import, list, end.
    #[command(subcommand)]
    Delegation(delegation::DelegationCommand),
    /// The posted letter with user ID and passwords: print, recover, template, specimen.
    #[command(subcommand)]
    Letter(letter::LetterCommand),
    /// Mails that did not leave: list, send again, drop.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    Demo(demo::Demo),
    /// Notices that offices read in the portal: publish, list, withdraw.
    #[command(subcommand)]
    Notice(notice::NoticeCommand),
    /// Operators of the console.
    #[command(subcommand)]
    Operator(operator::OperatorCommand),
    /// What a password's hash costs: measure this machine.
    #[command(subcommand)]
    Password(password::PasswordCommand),
    /// The issuance queue: list, show, order to sign now.
    #[command(subcommand)]
    Queue(queue::QueueCommand),
    /// The root's thumbprint, as the letter prints it.
    Thumbprint(thumbprint::ThumbprintCommand),
}

impl Cli {
    /// The log level when nobody asks for another.
    pub fn usual_log(&self) -> &'static str {
        "warn"
    }
}

/// Does what the command line says.
pub fn run(cli: &Cli, out: &mut dyn Write) -> anyhow::Result<()> {
    let open = || Desk::open(cli.config.as_deref(), cli.data.as_deref());
    if cli.check_config {
        return config::check(&open()?, out);
    }
    let Some(command) = &cli.command else {
        return Ok(write!(out, "{}", Cli::command().render_help())?);
    };
    match command {
        Command::Account(command) => account::run(command, &open()?, out),
        Command::Audit(command) => audit::run(command, &open()?, out),
        Command::Backup(command) => backup::run(command, &open()?, out),
        Command::Bench(command) => bench::run(command, out),
        Command::Ca(command) => ca::run(command, &open()?, out),
        Command::Certificate(command) => certificate::run(command, &open()?, out),
        Command::Calendar(command) => calendar::run(command, &open()?, out),
        Command::Config(command) => config::run(command, open, out),
        Command::Crl(command) => crl::run(command, &open()?, out),
        Command::Database(command) => database::run(command, &open()?, out),
        Command::Delegation(command) => delegation::run(command, &open()?, out),
        Command::Letter(command) => letter::run(command, &open()?, out),
        Command::Mail(command) => mail::run(command, &open()?, out),
        Command::Demo(command) => demo::run(command, open()?, cli.data.as_deref(), out),
        Command::Notice(command) => notice::run(command, &open()?, out),
        Command::Operator(command) => operator::run(command, &open()?, out),
        Command::Password(command) => password::run(command, &open()?, out),
        Command::Queue(command) => queue::run(command, &open()?, out),
        Command::Thumbprint(command) => thumbprint::run(command, &open()?, out),
    }
}

/// Writes the facts of one thing, a line each; what is not there is left out.
fn write_facts<T: serde::Serialize>(out: &mut dyn Write, facts: &T) -> anyhow::Result<()> {
    let serde_json::Value::Object(facts) = serde_json::to_value(facts)? else {
        return crate::table::write_json(out, facts);
    };
    for (name, value) in facts {
        let text = match value {
            serde_json::Value::Null => continue,
            serde_json::Value::String(text) => text,
            serde_json::Value::Bool(is) => (if is { "yes" } else { "no" }).to_owned(),
            serde_json::Value::Array(items) => {
                let texts = items.iter().map(|item| {
                    item.as_str()
                        .map_or_else(|| item.to_string(), str::to_owned)
                });
                texts.collect::<Vec<_>>().join(" / ")
            }
            other => other.to_string(),
        };
        writeln!(out, "{:<22}{text}", name.replace('_', " "))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
