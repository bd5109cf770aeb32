//! `ca-cli audit verify`: the chain, and the checkpoints that left the database.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ca_core::domain::checkpoint::{Chain, Checkpoint, Finding, FindingKind, Seen, compare};
use ca_core::domain::time::iso_datetime;
use ca_core::flow::verify_audit::{AuditVerdict, beginning, unknown_signers, walk_audit};
use ca_core::store::{Store, authority};
use ca_worker::checkpoint::{Opened, UnsoundCheckpoint, der_of, list, open, sha256};
use ca_worker::journal::roots_in;
use clap::Args;
use openssl::x509::X509;
use serde_json::json;

use crate::desk::Desk;
use crate::table::write_json;

/// What is held against the chain.
#[derive(Debug, Args, Default)]
pub struct Verify {
    /// Folder of checkpoints; `[audit] checkpoint_folder` when absent.
    #[arg(long, value_name = "DIR")]
    checkpoints: Option<PathBuf>,
    /// One more checkpoint that was kept elsewhere: the file, its PEM block, or a saved mail; may be given more than once.
    #[arg(long, value_name = "FILE")]
    checkpoint: Vec<PathBuf>,
    /// Root certificate (PEM or DER) that alone is trusted; those of the journals when absent, else the database's.
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What became of it.
#[derive(Debug)]
pub struct Judged {
    /// The chain by itself.
    pub verdict: AuditVerdict,
    /// What the checkpoints show.
    pub findings: Vec<Finding>,
    /// Checkpoints that were looked at.
    pub looked_at: usize,
    /// The one that saw most.
    pub newest: Option<Checkpoint>,
    /// The folder.
    pub folder: PathBuf,
    /// Where the roots came from.
    pub roots_from: String,
    /// Checkpoints that entries of the chain name.
    pub named: usize,
}

impl Judged {
    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        matches!(self.verdict, AuditVerdict::Whole { .. }) && self.findings.is_empty()
    }
}

/// A file that claims to be a checkpoint.
struct Claimed {
    name: String,
    bytes: Vec<u8>,
    is_filed: bool,
}

pub(super) fn run(command: &Verify, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let judged = judge(command, desk, &desk.store()?)?;
    if command.json {
        write_json(out, &facts(&judged))?;
    } else {
        tell(&judged, out)?;
    }
    let gravest = judged.findings.iter().rev().max_by_key(|one| one.kind());
    match (&judged.verdict, gravest) {
        (AuditVerdict::Broken { sequence, finding }, _) => bail!(
            "the audit chain is broken at entry {sequence}: {finding}; keep this database as evidence and \
             compare it with the last export and backup"
        ),
        (_, Some(finding)) if finding.kind() == FindingKind::Unreadable => bail!(
            "{finding}. Nothing shows that the audit was changed: what could be read fits it. See docs/audit.md"
        ),
        (_, Some(finding)) if finding.kind() == FindingKind::Unsound => bail!(
            "a checkpoint is not to be relied on, and says nothing of the audit: {finding}; keep the file as evidence \
             and put the right one back from a copy, see docs/audit.md"
        ),
        (_, Some(finding)) => bail!(
            "the audit does not stand up to its checkpoints: {finding}; keep this database and the checkpoints as \
             evidence, see docs/audit.md"
        ),
        _ => Ok(()),
    }
}

/// Walks the chain and holds every checkpoint against it.
pub fn judge(command: &Verify, desk: &Desk, store: &Store) -> anyhow::Result<Judged> {
    let configured = desk.config.checkpoint_folder();
    let folder = command.checkpoints.clone().unwrap_or(configured);
    let (roots, roots_from) = roots(command, desk, store)?;
    let mut findings = Vec::new();
    let (mut seen, mut signers) = (Vec::new(), Vec::new());
    let mut unopened = BTreeSet::new();
    let claimed = claimed(command, &folder)?;
    let looked_at = claimed.len();
    for one in claimed {
        match open(&one.bytes, &roots) {
            Ok(Opened { checkpoint, signer }) => {
                signers.push((one.name.clone(), signer));
                seen.push(Seen {
                    file: one.name,
                    sha256: sha256(&one.bytes),
                    checkpoint,
                    is_filed: one.is_filed,
                });
            }
            Err(error) => {
                if one.is_filed {
                    unopened.insert(one.name.clone());
                }
                findings.push(not_opened(one.name, &error));
            }
        }
    }
    findings.extend(unrecorded(store, signers)?);
    let places: BTreeSet<i64> = seen.iter().map(|seen| seen.checkpoint.entries).collect();
    let walk = walk_audit(store, beginning(), &places)?;
    let chain: &Chain = &walk.chain;
    let mut all = compare(chain, &seen, &unopened);
    all.append(&mut findings);
    let newest = seen.into_iter().map(|seen| seen.checkpoint);
    Ok(Judged {
        newest: newest.max_by_key(|checkpoint| checkpoint.entries),
        named: walk.chain.named.len(),
        verdict: walk.verdict,
        findings: all,
        looked_at,
        folder,
        roots_from,
    })
}

fn not_opened(file: String, error: &UnsoundCheckpoint) -> Finding {
    let reason = error.to_string();
    match error.is_unreadable() {
        true => Finding::Unreadable { file, reason },
        false => Finding::Unsound { file, reason },
    }
}

/// Checkpoints whose signer's certificate the database does not know.
fn unrecorded(
    store: &Store,
    signers: Vec<(String, ca_core::domain::serial::SerialNumber)>,
) -> anyhow::Result<Vec<Finding>> {
    let serials = signers.iter().map(|(_, serial)| *serial).collect();
    let unknown = unknown_signers(store, &serials)?;
    let of_unknown = signers
        .into_iter()
        .filter(|(_, serial)| unknown.contains(serial));
    let finding = |(file, serial): (String, _)| Finding::Unsound {
        file,
        reason: format!("the certificate {serial} that signed it is not in the database"),
    };
    Ok(of_unknown.map(finding).collect())
}

/// The files of the folder, and those that were given by themselves.
fn claimed(command: &Verify, folder: &Path) -> anyhow::Result<Vec<Claimed>> {
    if command.checkpoints.is_some() && !folder.is_dir() {
        bail!(
            "{} is no folder; name the folder of the checkpoints",
            folder.display()
        );
    }
    let mut claimed = Vec::new();
    for filed in list(folder)? {
        claimed.push(Claimed {
            bytes: der_of(&filed.read()?),
            name: filed.name,
            is_filed: true,
        });
    }
    for file in &command.checkpoint {
        let bytes =
            std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        claimed.push(Claimed {
            name: file.display().to_string(),
            bytes: der_of(&bytes),
            is_filed: false,
        });
    }
    Ok(claimed)
}

/// Roots that are trusted, and where they come from.
fn roots(command: &Verify, desk: &Desk, store: &Store) -> anyhow::Result<(Vec<Vec<u8>>, String)> {
    if !command.root.is_empty() {
        let roots: Result<_, _> = command.root.iter().map(|file| root_in(file)).collect();
        return Ok((roots?, "given by --root".to_owned()));
    }
    let folder = desk.config.journal_folder();
    let journaled = roots_in(&folder)?;
    if !journaled.is_empty() {
        return Ok((
            journaled,
            format!("from the journals in {}", folder.display()),
        ));
    }
    let known = store.read(authority::list)?;
    let known = known.into_iter().map(|root| root.certificate_der).collect();
    let from = "from the database itself; name the root that you keep by --root";
    Ok((known, from.to_owned()))
}

fn root_in(file: &Path) -> anyhow::Result<Vec<u8>> {
    let place = || format!("{} holds no root certificate", file.display());
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let root = X509::from_pem(&bytes).or_else(|_| X509::from_der(&bytes));
    root.and_then(|root| root.to_der()).with_context(place)
}

fn tell(judged: &Judged, out: &mut dyn Write) -> anyhow::Result<()> {
    if let AuditVerdict::Whole { entries, head } = &judged.verdict {
        writeln!(
            out,
            "The audit chain is whole: {entries} entries, head {head}"
        )?;
    }
    let place = judged.folder.display();
    match &judged.newest {
        Some(newest) => writeln!(
            out,
            "Checkpoints: {} looked at (folder {place}); the newest, of {}, saw {} entries. Roots: {}.",
            judged.looked_at,
            iso_datetime(newest.at),
            newest.entries,
            judged.roots_from
        )?,
        None => writeln!(
            out,
            "No checkpoint was held against it: {place} holds none, and the chain names {}. Without one, whoever owns the \
             database could have made it anew.",
            judged.named
        )?,
    }
    for finding in &judged.findings {
        writeln!(out, "Found: {finding}")?;
    }
    Ok(())
}

/// The same for scripts.
pub fn facts(judged: &Judged) -> serde_json::Value {
    let findings = judged
        .findings
        .iter()
        .map(|finding| json!({ "finding": finding.to_string(), "kind": finding.kind().as_str(), "entry": finding.entry() }));
    let findings: Vec<_> = findings.collect();
    let newest = judged.newest.as_ref().map(|newest| {
        json!({ "file": newest.file_name(), "at": newest.at.to_rfc3339(), "entries": newest.entries })
    });
    let mut facts = json!({
        "verified": judged.is_clean(),
        "checkpoints": judged.looked_at,
        "newest": newest,
        "roots": judged.roots_from,
        "findings": findings,
    });
    let own = match &judged.verdict {
        AuditVerdict::Whole { entries, head } => json!({ "entries": entries, "head": head }),
        AuditVerdict::Broken { sequence, finding } => {
            json!({ "sequence": sequence, "finding": finding })
        }
    };
    if let (Some(facts), Some(own)) = (facts.as_object_mut(), own.as_object()) {
        facts.extend(own.clone());
    }
    facts
}
