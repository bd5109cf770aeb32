//! `ca-cli ca`: the root is made once, shown, carried out.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use ca_core::config::Profiles;
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::time::iso_datetime;
use ca_core::domain::token_uri::SignerPlace;
use ca_core::flow::retire_authority::RetireError;
use ca_core::store::Store;
use ca_core::store::authority::{self, Authority};
use ca_worker::authority::{AuthorityError, Creation, create_authority};
use clap::{Args, Subcommand};
use openssl::x509::X509;
use secrecy::SecretString;

mod show;
mod succession;

use super::operator::approval_key;
use crate::desk::{Desk, make_data_folder};
use crate::file::{
    called, is_standard_output, refuse_existing, refuse_terminal, words, write_public,
};
use crate::passphrase;

/// What can be done with the certificate authority.
#[derive(Debug, Subcommand)]
pub enum CaCommand {
    /// Make the root, its key, the worker's sealing key, the approval key and, if it is new, the database. Never overwrites.
    Init(Init),
    /// Make the next root, beside the one in use; new certificates come from it, old ones keep working.
    Rollover(Init),
    /// End an older root: it is no longer trusted at the gates nor offered on the pages.
    Retire(Retire),
    /// Show the roots: subject, validity, thumbprints.
    Show {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write a root certificate into a file.
    Export {
        /// Of this generation; the one in use when absent.
        #[arg(long, value_name = "NUMBER", conflicts_with = "all")]
        generation: Option<i64>,
        /// Every active root in one file, for a proxy that names them to browsers.
        #[arg(long, requires = "pem")]
        all: bool,
        /// The file to make; it must not exist yet. `-` is standard output.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// As PEM instead of DER.
        #[arg(long)]
        pem: bool,
    },
}

/// How the root is made.
#[derive(Debug, Args)]
pub struct Init {
    /// The root's key: p384 or rsa4096; the profile decides when absent.
    #[arg(long, value_parser = ["p384", "rsa4096"])]
    key: Option<String>,
    /// Where the root's key is made: `file`, or a token by its PKCS#11 URI (docs/pkcs11.md); [authority] signer decides
    /// when absent.
    #[arg(long, value_name = "URI", value_parser = SignerPlace::parse)]
    signer: Option<SignerPlace>,
    /// File whose first line is the passphrase of the key files; asked for at a terminal when absent.
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

/// Which root ends.
#[derive(Debug, Args)]
pub struct Retire {
    /// The generation, as `ca show` numbers them.
    #[arg(long, value_name = "NUMBER")]
    generation: i64,
    /// Revoke every certificate of it that is still valid.
    #[arg(long)]
    force: bool,
    /// Only say what would happen.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask at a terminal.
    #[arg(long)]
    yes: bool,
    /// Your name in the audit log, when it is not the machine's account name.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
}

pub(super) fn run(command: &CaCommand, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    match command {
        CaCommand::Init(command) => init(command, desk, out),
        CaCommand::Show { json } => show::show(desk, *json, out),
        CaCommand::Rollover(command) => succession::rollover(command, desk, out),
        CaCommand::Retire(command) => succession::retire(command, desk, out),
        CaCommand::Export {
            out: file,
            all: true,
            ..
        } => export_all(desk, file, out),
        CaCommand::Export {
            generation,
            out: file,
            pem,
            ..
        } => export(desk, *generation, file, *pem, out),
    }
}

fn init(command: &Init, desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    make_data_folder(desk.data())?;
    let store = Store::migrate(&desk.config.database, desk.data())?;
    if store.read(authority::current)?.is_some() {
        return Err(AuthorityError::Exists.into());
    }
    let key = command.key_algorithm()?;
    let file = command
        .passphrase_file
        .as_ref()
        .or(desk.config.authority.passphrase_file.as_ref());
    let passphrase = passphrase::fresh(file.map(PathBuf::as_path), "passphrase of the CA key")?;
    let root_key = RootKey {
        algorithm: key,
        place: command.place(desk),
    };
    make(desk, &store, &passphrase, root_key, command.name.as_deref())?;
    let root = current(&store)?;
    let thumbprint = Thumbprint::of_der(&root.certificate_der);
    writeln!(out, "The root is made: {}", root.subject)?;
    writeln!(out, "Valid until {}", iso_datetime(root.not_after))?;
    writeln!(
        out,
        "SHA-1 {}\nSHA-256 {}",
        thumbprint.sha1_hex(),
        thumbprint.sha256_hex()
    )?;
    writeln!(out, "Keys: {}", desk.data().join("keys").display())?;
    tell_place(command.place(desk), root.generation, desk, out)?;
    writeln!(
        out,
        "Keep the passphrase and a copy of the key files apart from this machine."
    )?;
    writeln!(
        out,
        "Next: `ca-cli certificate issue-server`, then `ca-cli operator add`"
    )?;
    Ok(())
}

impl Init {
    fn key_algorithm(&self) -> anyhow::Result<Option<KeyAlgorithm>> {
        let key = self.key.clone().map(KeyAlgorithm::try_from);
        Ok(key.transpose()?)
    }

    /// Where the key is made: as asked for, or as configured.
    fn place<'a>(&'a self, desk: &'a Desk) -> &'a SignerPlace {
        self.signer
            .as_ref()
            .unwrap_or(&desk.config.authority.signer)
    }
}

/// What the root's key is to be.
#[derive(Clone, Copy)]
pub(crate) struct RootKey<'a> {
    /// Its kind; the profile decides when absent.
    pub(crate) algorithm: Option<KeyAlgorithm>,
    /// Where it is made.
    pub(crate) place: &'a SignerPlace,
}

/// Says where on a token the key is, and what the configuration lacks for the worker to find it.
fn tell_place(
    place: &SignerPlace,
    generation: i64,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    if let SignerPlace::Token(uri) = place {
        let label = uri.label(generation);
        writeln!(out, "The root's key is {label} on token {}.", uri.token)?;
    }
    if *place != desk.config.authority.signer {
        writeln!(
            out,
            "Write this into the configuration before a worker starts:\n[authority]\nsigner = \"{place}\""
        )?;
    }
    Ok(())
}

/// Makes the root in a migrated database.
pub(crate) fn make(
    desk: &Desk,
    store: &Store,
    passphrase: &SecretString,
    key: RootKey<'_>,
    name: Option<&str>,
) -> anyhow::Result<()> {
    let profiles = Profiles::load(&desk.config)?;
    let creation = Creation {
        config: &desk.config,
        profiles: &profiles,
        key_algorithm: key.algorithm,
        signer: key.place,
        passphrase,
        random: desk.random.as_ref(),
        clock: &desk.clock,
    };
    // First: a root without it could sign nothing that an operator approves.
    approval_key::make_if_missing(desk)?;
    create_authority(store, &desk.act(name), creation)?;
    Ok(())
}

/// The root that signs.
pub(crate) fn current(store: &Store) -> anyhow::Result<Authority> {
    store
        .read(authority::current)?
        .ok_or_else(|| AuthorityError::None.into())
}

/// The root that signs, and the older ones that are not retired.
pub(crate) fn active(store: &Store) -> anyhow::Result<(Authority, Vec<Authority>)> {
    let mut active = store.read(authority::active)?;
    let current = active.pop().ok_or(AuthorityError::None)?;
    active.reverse();
    Ok((current, active))
}

fn export(
    desk: &Desk,
    generation: Option<i64>,
    file: &Path,
    pem: bool,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    refuse_existing(file)?;
    let store = desk.store()?;
    let root = match generation {
        None => current(&store)?,
        Some(number) => store
            .read(|db| authority::find(db, number))?
            .ok_or(RetireError::Unknown(number))?,
    };
    let bytes = match pem {
        true => pem_of(&root.certificate_der)?,
        false => {
            refuse_terminal(file)?;
            root.certificate_der
        }
    };
    write_roots(file, &bytes, out)?;
    let mut out = words(file, out);
    writeln!(
        out,
        "{} written: the root of generation {}",
        called(file),
        root.generation
    )?;
    Ok(())
}

/// Every active root as PEM in one file, the one in use first.
fn export_all(desk: &Desk, file: &Path, out: &mut dyn Write) -> anyhow::Result<()> {
    refuse_existing(file)?;
    let mut roots = desk.store()?.read(authority::active)?;
    roots.sort_by_key(|root| std::cmp::Reverse(root.generation));
    let pem: Vec<Vec<u8>> = roots
        .iter()
        .map(|root| pem_of(&root.certificate_der))
        .collect::<anyhow::Result<_>>()?;
    write_roots(file, &pem.concat(), out)?;
    let mut out = words(file, out);
    let numbers: Vec<String> = roots
        .iter()
        .map(|root| root.generation.to_string())
        .collect();
    writeln!(
        out,
        "{} written: the active roots, generations {}",
        called(file),
        numbers.join(", ")
    )?;
    Ok(())
}

fn write_roots(file: &Path, bytes: &[u8], out: &mut dyn Write) -> anyhow::Result<()> {
    if is_standard_output(file) {
        return Ok(out.write_all(bytes)?);
    }
    write_public(file, bytes)
}

/// A certificate as PEM.
pub(crate) fn pem_of(der: &[u8]) -> anyhow::Result<Vec<u8>> {
    let certificate = X509::from_der(der)
        .map_err(|error| anyhow!("a certificate in the database is damaged: {error}"))?;
    Ok(certificate.to_pem()?)
}
