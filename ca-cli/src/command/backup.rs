//! `ca-cli backup`: make an archive, look into it, restore it, work the journals in.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::bail;
use ca_core::domain::actor::Act;
use ca_core::domain::time::iso_datetime;
use ca_core::flow::bring_forward::Brought;
use ca_core::flow::mark_journal::give_up_journal;
use ca_core::flow::set_back_checkpoints::{Filed, beyond_chain, set_back_checkpoints};
use ca_core::store::Store;
use ca_worker::checkpoint::{SET_BACK, contents, set_back};
use ca_worker::journal::reconcile;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::backup::{Key, Lock, Manifest, Order, create, restore, show};
use crate::desk::Desk;
use crate::file::{called, refuse_terminal, words};
use crate::passphrase;
use crate::table::write_json;

/// What the passphrase is called where it is asked for.
const PASSPHRASE: &str = "passphrase of the archive";

/// What can be done with backups.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Make an encrypted archive of the database while everything runs; whole or not at all.
    Create(Create),
    /// Show what an archive says about itself: when, of what, what is not inside.
    Show {
        #[command(flatten)]
        source: Source,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Restore an archive onto an empty place. Nothing is signed afterwards until `backup reconcile` was run.
    Restore {
        #[command(flatten)]
        source: Source,
        /// Your name in the audit log, when it is not the machine's account name.
        #[arg(long = "as", value_name = "PERSON")]
        person: Option<String>,
    },
    /// Bring forward what the journals know and the restored database lost; nothing is issued twice after that.
    Reconcile(Reconcile),
}

/// What the archive is, and what it is locked with.
#[derive(Debug, Args)]
pub struct Create {
    /// The archive to make; it must not exist yet. `-` is standard output.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Lock it for the owner of this public key (age1…); may be given more than once.
    #[arg(long, value_name = "KEY", conflicts_with = "passphrase_file")]
    recipient: Vec<String>,
    /// File whose first line is the passphrase to lock it with; asked for at a terminal when absent.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Put the encrypted key files in as well; who has the archive then lacks only their passphrase.
    #[arg(long)]
    with_keys: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// An archive, and what opens it.
#[derive(Debug, Args)]
pub struct Source {
    /// The archive.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// File with the private key of age that opens it.
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    identity: Option<PathBuf>,
    /// File whose first line is the passphrase that opens it; asked for at a terminal when absent.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
}

/// Which journals.
#[derive(Debug, Args)]
pub struct Reconcile {
    /// Folder with the journals of every worker's machine; `[worker] journal_folder` when absent.
    #[arg(long, value_name = "DIR")]
    journals: Option<PathBuf>,
    /// This journal is lost for good: what only it knew stays lost.
    #[arg(long, value_name = "JOURNAL")]
    give_up: Vec<String>,
    /// File whose first line is the passphrase of the sealing key, by which the journals' MACs are judged; `[authority]
    /// passphrase_file` when absent, or asked for at a terminal.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(command: &BackupCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        BackupCommand::Create(command) => make(command, desk, out),
        BackupCommand::Show { source, json } => {
            let manifest = show(&source.from, &source.key()?)?;
            if *json {
                return write_json(out, &manifest);
            }
            tell(&manifest, out)
        }
        BackupCommand::Restore { source, person } => put_back(desk, source, person.as_deref(), out),
        BackupCommand::Reconcile(command) => work_in(command, desk, out),
    }
}

impl Source {
    fn key(&self) -> anyhow::Result<Key> {
        Ok(match &self.identity {
            Some(file) => Key::Identities(file.clone()),
            None => {
                let file = self.passphrase_file.as_deref();
                Key::Passphrase(passphrase::existing(file, PASSPHRASE)?)
            }
        })
    }
}

fn make(command: &Create, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    refuse_terminal(&command.out)?;
    let lock = if command.recipient.is_empty() {
        let file = command.passphrase_file.as_deref();
        Lock::Passphrase(passphrase::fresh(file, PASSPHRASE)?)
    } else {
        Lock::for_recipients(&command.recipient)?
    };
    let order = Order {
        out: &command.out,
        lock: &lock,
        with_keys: command.with_keys,
        person: command.person.as_deref(),
    };
    let manifest = create(desk, &order)?;
    let mut out = words(&command.out, out);
    if command.json {
        return write_json(&mut out, &manifest);
    }
    writeln!(out, "{} is written.", called(&command.out))?;
    tell(&manifest, &mut out)
}

fn tell(manifest: &Manifest, out: &mut dyn Write) -> anyhow::Result<()> {
    let Manifest {
        archive,
        made_at,
        program,
        engine,
        schema,
        audit_entries,
        audit_head,
        ..
    } = manifest;
    writeln!(
        out,
        "Archive {archive}, made {} by version {program}",
        iso_datetime(*made_at)
    )?;
    writeln!(
        out,
        "Database: {engine}, schema {schema}, audit of {audit_entries} entries, head {audit_head}"
    )?;
    for (generation, number) in &manifest.lists {
        writeln!(
            out,
            "Last revocation list of generation {generation}: {number}"
        )?;
    }
    writeln!(out, "Inside:")?;
    for file in &manifest.files {
        writeln!(out, "  {} ({} bytes)", file.name, file.bytes)?;
    }
    writeln!(out, "Not inside:")?;
    for what in &manifest.not_inside {
        writeln!(out, "  {what}")?;
    }
    Ok(())
}

fn put_back(
    desk: &Desk,
    source: &Source,
    person: Option<&str>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let manifest = restore(desk, &source.from, &source.key()?, person)?;
    writeln!(
        out,
        "The database of {} is restored.",
        iso_datetime(manifest.made_at)
    )?;
    if !manifest.has_keys() {
        writeln!(out, "Key files were not inside: put them into their place.")?;
    }
    if manifest.engine == "postgres" {
        writeln!(
            out,
            "An archive holds no rights of roles. If the programs log in with roles of their own: run \
             `ca-cli database roles` as the database's owner."
        )?;
    }
    writeln!(
        out,
        "Nothing is signed yet. Next: put the journals of every worker into {}, then `ca-cli backup reconcile`",
        desk.config.journal_folder().display()
    )?;
    Ok(())
}

fn work_in(command: &Reconcile, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let store = desk.store()?;
    let act = desk.act(command.person.as_deref());
    let key = desk.journal_key(command.passphrase_file.as_deref())?;
    for journal in &command.give_up {
        if !give_up_journal(&store, &act, journal)? {
            bail!("the database knows no journal {journal}; nothing was changed");
        }
    }
    let usual = desk.config.journal_folder();
    let folder: &Path = command.journals.as_deref().unwrap_or(&usual);
    let checkpoints = desk.config.checkpoint_folder();
    let beyond = beyond_chain(&store, contents(&checkpoints)?)?;
    let brought = reconcile(&store, &act, &key, folder)?;
    set_aside(&store, &act, &checkpoints, &beyond)?;
    report(&brought, &beyond, command.json, out)
}

/// Checkpoints that know more than the database are kept apart; before that, the audit names them.
fn set_aside(store: &Store, act: &Act, folder: &Path, beyond: &[Filed]) -> anyhow::Result<()> {
    if beyond.is_empty() {
        return Ok(());
    }
    set_back_checkpoints(store, act, beyond)?;
    for (checkpoint, _) in beyond {
        set_back(folder, &checkpoint.file_name())?;
    }
    Ok(())
}

fn tell_set_back(beyond: &[Filed], out: &mut dyn Write) -> anyhow::Result<()> {
    for (checkpoint, _) in beyond {
        writeln!(
            out,
            "Checkpoint {} of {} saw {} entries of the audit that this database does not have; it is kept in {SET_BACK}/",
            checkpoint.file_name(),
            iso_datetime(checkpoint.at),
            checkpoint.entries
        )?;
    }
    Ok(())
}

fn tell_not_verified(brought: &Brought, out: &mut dyn Write) -> anyhow::Result<()> {
    for (journal, lines) in &brought.without_mac {
        writeln!(
            out,
            "Not verified: {lines} lines of the journal {journal} carry no MAC. An earlier version wrote them, or somebody \
             who can write its folder. Their certificates are those that the root signed; revocations, dates, requests and \
             serials without a certificate are as the file says them."
        )?;
    }
    Ok(())
}

fn report(
    brought: &Brought,
    beyond: &[Filed],
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let lacking = &brought.lacking;
    let certificates = lacking
        .certificates
        .iter()
        .map(|one| one.row.serial.to_hex());
    let certificates: Vec<String> = certificates.collect();
    let abandoned = lacking.intents.iter().map(|one| one.serial.to_hex());
    let abandoned: Vec<String> = abandoned.collect();
    if json {
        let facts = json!({
            "certificates": certificates,
            "requests": brought.requests.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "abandoned": abandoned,
            "revocations": lacking.revocations.len(),
            "crl_numbers": lacking.lists,
            "roots": lacking.roots.len(),
            "lines_without_mac": brought.without_mac,
            "checkpoints_set_back": beyond.iter().map(|(one, _)| one.file_name()).collect::<Vec<_>>(),
        });
        return write_json(out, &facts);
    }
    tell_set_back(beyond, out)?;
    tell_not_verified(brought, out)?;
    if lacking.is_empty() {
        return Ok(writeln!(
            out,
            "The journals know nothing that the database lacks; signing goes on."
        )?);
    }
    writeln!(out, "Brought forward: {lacking}")?;
    for serial in &certificates {
        writeln!(out, "  certificate {serial}")?;
    }
    for serial in &abandoned {
        writeln!(out, "  abandoned {serial}")?;
    }
    for event in &lacking.revocations {
        writeln!(out, "  {} {}", event.event, event.serial)?;
    }
    for (generation, number) in &lacking.lists {
        writeln!(
            out,
            "  lists of generation {generation} go on after {number}"
        )?;
    }
    writeln!(
        out,
        "Their PKCS#12 files were not in the journal: who has not downloaded yet applies for a reissue."
    )?;
    Ok(())
}
