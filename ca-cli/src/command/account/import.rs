//! `ca-cli account import`: a CSV file becomes accounts, all of it or nothing.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use ca_core::domain::account_csv::{self, CsvLimits, LineError};
use ca_core::flow::import_accounts::{ImportReport, import_accounts};
use clap::Args;

use crate::desk::{Desk, staff_name};
use crate::table::write_json;

/// Lines of trouble that are shown; the rest is counted.
const SHOWN: usize = 100;

/// Which file, and how.
#[derive(Debug, Args)]
#[command(
    after_help = "Columns, in any order, in the first line (English or Japanese names):\n  \
    user_id (ユーザID), name (名称), postal_code (郵便番号), address1 (住所1): required\n  \
    address2 (住所2), address3 (住所3), recipient (宛名), mail_address (メールアドレス): may be empty"
)]
pub struct Import {
    /// The CSV file.
    file: PathBuf,
    /// Do everything but keep nothing.
    #[arg(long)]
    dry_run: bool,
    /// Who registers, when it is not the machine's account name; an operator of this name cannot
    /// decide for these accounts.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// The report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &Import, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let bytes = fs::read(&command.file)
        .with_context(|| format!("cannot read {}", command.file.display()))?;
    let read = account_csv::read(&bytes, &desk.config.classes(), CsvLimits::default());
    let file =
        read.map_err(|errors| anyhow!(refusal(&command.file.display().to_string(), &errors)))?;
    let accounts: Vec<_> = file.lines.into_iter().map(|line| line.details).collect();
    let name = staff_name(command.name.as_deref());
    let act = desk.act(Some(&name));
    let report = import_accounts(&desk.store()?, &act, &name, &accounts, command.dry_run)?;
    if command.json {
        return write_json(out, &report);
    }
    tell(&report, command.dry_run, out)
}

fn tell(report: &ImportReport, rehearsed: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let (added, changed, unchanged) = (
        report.added.len(),
        report.changed.len(),
        report.unchanged.len(),
    );
    writeln!(
        out,
        "{added} added, {changed} changed, {unchanged} unchanged"
    )?;
    for id in &report.added {
        writeln!(out, "  + {id}")?;
    }
    for id in &report.changed {
        writeln!(out, "  ~ {id}")?;
    }
    match (rehearsed, added) {
        (true, _) => writeln!(out, "A rehearsal: nothing was kept.")?,
        (false, 0) => {}
        (false, _) => writeln!(out, "Next: `ca-cli letter print --due --out letters.pdf`")?,
    }
    Ok(())
}

/// Every bad line with its number, column and reason, Japanese and English.
pub(crate) fn refusal(file: &str, errors: &[LineError]) -> String {
    let mut text = format!(
        "{file}: 取り込みませんでした。 Nothing was imported; correct these and try again:"
    );
    for error in errors.iter().take(SHOWN) {
        text.push_str(&format!("\n  {}\n    {error}", error.japanese()));
    }
    if errors.len() > SHOWN {
        text.push_str(&format!(
            "\n  … ほか{}件 and {0} more",
            errors.len() - SHOWN
        ));
    }
    text
}
