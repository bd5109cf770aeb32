//! `ca-cli audit`: walk the chain, look at everything, carry it out.

mod check;

mod verify;

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::export_audit::export_audit;
use ca_core::store::audit::AuditEntry;
use clap::Subcommand;

use crate::desk::Desk;
use crate::file::{called, is_standard_output, words, write_anew};
use verify::Verify;

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Walk the chain from its first entry to its head and hold it against its checkpoints; status 1 when an entry or a
    /// checkpoint is not as it was written.
    Verify(Verify),
    /// Look at every certificate, revocation list, journal, checkpoint and audit entry again, and whether they say the
    /// same; status 1 on any finding. It needs no key; on PostgreSQL log in as staff or as the owner.
    Check(check::Check),
    /// Write every entry as one line of JSON.
    Export {
        /// The file to make; it must not exist yet. `-` is standard output.
        #[arg(long, value_name = "FILE.jsonl")]
        out: PathBuf,
        /// Only entries after this number, to go on where the last export ended.
        #[arg(long, default_value_t = 0, value_name = "NUMBER")]
        after: i64,
    },
}

pub(super) fn run(command: &AuditCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        AuditCommand::Verify(command) => verify::run(command, desk, out),
        AuditCommand::Check(command) => check::check(command, desk, out),
        AuditCommand::Export { out: file, after } => export(desk, file, *after, out),
    }
}

fn export(desk: &Desk, file: &Path, after: i64, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let entries = |to: &mut dyn Write| -> anyhow::Result<u64> {
        export_audit(&store, after, |entry| write_entry(to, entry))
    };
    let mut count = 0;
    if is_standard_output(file) {
        count = entries(out)?;
    } else {
        write_anew(file, |to| {
            count = entries(to)?;
            Ok(())
        })?;
    }
    let mut out = words(file, out);
    writeln!(out, "{count} entries written to {}", called(file))?;
    Ok(())
}

fn write_entry(to: &mut dyn Write, entry: &AuditEntry) -> anyhow::Result<()> {
    let detail: serde_json::Value =
        serde_json::from_str(&entry.detail).unwrap_or_else(|_| entry.detail.clone().into());
    let line = serde_json::json!({
        "sequence": entry.sequence,
        "at": iso_datetime(entry.at),
        "at_milliseconds": entry.at.timestamp_millis(),
        "actor": entry.actor,
        "act": entry.act,
        "object": entry.object,
        "detail": detail,
        "previous_hash": entry.previous_hash,
        "hash": entry.hash,
    });
    serde_json::to_writer(&mut *to, &line)?;
    writeln!(to).context("writing the export")
}
