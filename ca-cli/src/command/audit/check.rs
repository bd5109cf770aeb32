//! `ca-cli audit check`: everything that was ever signed, held against itself once more.

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use ca_core::config::Profiles;
use ca_core::domain::checkpoint::FindingKind;
use ca_core::store::Store;
use ca_worker::inspection::{Inspection, LookedAt, Report, inspect};
use clap::Args;
use serde_json::{Value, json};

use super::verify::{Verify, judge};
use crate::desk::Desk;
use crate::table::write_json;

/// What is held against what.
#[derive(Debug, Args)]
pub struct Check {
    /// Folder with the journals of every worker's machine; `[worker] journal_folder` when absent.
    #[arg(long, value_name = "DIR")]
    journals: Option<PathBuf>,
    /// File whose first line is the passphrase of the sealing key, for the MACs in the journals; `[authority]
    /// passphrase_file` when absent.
    #[arg(long, value_name = "FILE", conflicts_with = "without_key")]
    passphrase_file: Option<PathBuf>,
    /// Do not open the sealing key: the MACs in the journals are not looked at.
    #[arg(long)]
    without_key: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn check(command: &Check, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let (store, profiles) = (desk.store()?, Profiles::load(&desk.config)?);
    let usual = desk.config.journal_folder();
    let configured = desk.config.authority.passphrase_file.as_ref();
    let file = command.passphrase_file.as_ref().or(configured);
    let key = match file.filter(|_| !command.without_key) {
        Some(file) => Some(desk.journal_key(Some(file))?),
        None => None,
    };
    let mut report = inspect(Inspection {
        store: &store,
        profiles: &profiles,
        journals: command.journals.as_deref().unwrap_or(&usual),
        key: key.as_ref(),
        now: desk.now(),
    })?;
    look_at_checkpoints(desk, &store, &mut report);
    if command.json {
        write_json(out, &as_json(&report))?;
    } else {
        tell(&report, out)?;
    }
    if report.is_clean() {
        return Ok(());
    }
    bail!(
        "{} findings. Keep this database and the journals as evidence, and compare them with the last archive and with \
         the copies of the journals; docs/operations.md says what each finding means",
        count(&report)
    );
}

/// What `ca-cli audit verify` says of the checkpoints. The chain by itself was looked at before.
fn look_at_checkpoints(desk: &Desk, store: &Store, report: &mut Report) {
    let folder = desk.config.checkpoint_folder().display().to_string();
    match judge(&Verify::default(), desk, store) {
        Ok(judged) => {
            report.looked_at.checkpoints = u64::try_from(judged.looked_at).unwrap_or(u64::MAX);
            for finding in judged.findings {
                let words = match finding.kind() {
                    FindingKind::Unreadable => "it says nothing of the audit",
                    FindingKind::Unsound => "it is not to be relied on",
                    FindingKind::DoesNotFit => "the audit does not stand up to it",
                };
                report.find("checkpoint", words, &folder, finding);
            }
        }
        Err(error) => report.find("checkpoint", "none can be judged", folder, error),
    }
}

/// Also those that are not told one by one.
fn count(report: &Report) -> u64 {
    let told = u64::try_from(report.findings.len()).unwrap_or(u64::MAX);
    let untold = report.repeated().map(|(_, _, made)| made - Report::MOST);
    told + untold.sum::<u64>()
}

fn tell(report: &Report, out: &mut dyn Write) -> anyhow::Result<()> {
    for finding in &report.findings {
        writeln!(out, "{finding}")?;
    }
    for (kind, finding, made) in report.repeated() {
        writeln!(
            out,
            "{kind}: {finding}: {made} in all, the first of them above"
        )?;
    }
    let LookedAt {
        audit_entries,
        checkpoints,
        roots,
        certificates,
        by_profile,
        without_profile,
        lists,
        lists_with_bytes,
        events,
        journals,
        journal_lines,
        journal_macs,
        looked_for_in_journals,
    } = &report.looked_at;
    let verdict = if report.is_clean() {
        "Nothing was found. Looked at:"
    } else {
        "Looked at:"
    };
    writeln!(out, "{verdict}")?;
    writeln!(
        out,
        "  {audit_entries} entries of the audit, {checkpoints} checkpoints"
    )?;
    writeln!(out, "  {roots} roots, {events} events of revocation")?;
    writeln!(
        out,
        "  {certificates} certificates: {by_profile} by the profile they were made by, {without_profile} whose profile \
         has changed since by what holds for every profile"
    )?;
    writeln!(
        out,
        "  {lists} revocation lists: {lists_with_bytes} with their bytes, the others by number and hash"
    )?;
    writeln!(
        out,
        "  {journals} journals with {journal_lines} lines; {looked_for_in_journals} certificates had to be in them"
    )?;
    Ok(writeln!(out, "  {}", words_on_macs(*journal_macs))?)
}

/// How many lines of journals carry a MAC; none when there was no key to judge it by.
fn words_on_macs(lines: Option<u64>) -> String {
    match lines {
        Some(macs) => format!(
            "{macs} of these lines carry a MAC; of the others nothing shows that they are as they were written"
        ),
        None => {
            "not looked at: the MACs of these lines; they need the sealing key, --passphrase-file"
                .to_owned()
        }
    }
}

fn as_json(report: &Report) -> Value {
    let finding = |one: &ca_worker::inspection::Finding| json!({ "kind": one.kind, "object": one.object, "finding": one.finding, "words": one.words });
    let findings: Vec<Value> = report.findings.iter().map(finding).collect();
    let repeated = report
        .repeated()
        .map(|(kind, finding, made)| json!({ "kind": kind, "finding": finding, "count": made }));
    let looked_at = &report.looked_at;
    json!({
        "clean": report.is_clean(),
        "findings": findings,
        "repeated": repeated.collect::<Vec<_>>(),
        "looked_at": {
            "audit_entries": looked_at.audit_entries,
            "checkpoints": looked_at.checkpoints,
            "roots": looked_at.roots,
            "certificates": looked_at.certificates,
            "certificates_by_profile": looked_at.by_profile,
            "certificates_without_profile": looked_at.without_profile,
            "lists": looked_at.lists,
            "lists_with_bytes": looked_at.lists_with_bytes,
            "events": looked_at.events,
            "journals": looked_at.journals,
            "journal_lines": looked_at.journal_lines,
            "journal_lines_with_mac": looked_at.journal_macs,
            "looked_for_in_journals": looked_at.looked_for_in_journals,
        },
    })
}
