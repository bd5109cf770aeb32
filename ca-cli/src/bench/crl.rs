//! What a revocation list costs: ours and `openssl ca -gencrl`, on the same entries under the same key, each in a process
//! of its own.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use ca_core::config::{Config, Profiles};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::ProfileName;
use ca_core::domain::random::OsRandom;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::record_authority::record_authority;
use ca_core::store::authority::{self, Authority};
use ca_core::store::revocation::{self, NewRevocation};
use ca_core::store::{Store, StoreResult};
use ca_worker::certificate::{Issuer, self_sign_root};
use ca_worker::crl::{Made, Publisher};
use ca_worker::journal::Journal;
use ca_worker::signer::{FileSigner, KeyPair, Signer};
use ca_worker::unseal::SealingKeyPair;
use chrono::{DateTime, Duration as Span, Utc};
use openssl::ec::{EcGroup, EcKey};
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::X509;
use serde::Serialize;

use super::meter::{ChildUsage, metered_child};

/// Events in a transaction of the set-up.
const CHUNK: usize = 10_000;

/// One line of figures.
#[derive(Debug, Serialize)]
pub struct CrlReport {
    entries: usize,
    /// Octets of the list.
    list_octets: u64,
    /// From every event in the database to the published list, program start included.
    ours: Share,
    /// `openssl ca -gencrl` on the same entries.
    openssl: Share,
    /// Ours after one more revocation: from the list before.
    one_more: Share,
    /// Wanted: at most 0.2.
    cpu_ratio: f64,
    /// Wanted: at most 0.5.
    memory_ratio: f64,
    one_more_cpu_ratio: f64,
    openssl_version: String,
}

/// What one process used.
#[derive(Debug, Clone, Copy, Serialize)]
struct Share {
    cpu_seconds: f64,
    peak_megabytes: f64,
}

impl From<ChildUsage> for Share {
    fn from(usage: ChildUsage) -> Self {
        Self {
            cpu_seconds: usage.cpu.as_secs_f64(),
            peak_megabytes: usage.peak_megabytes,
        }
    }
}

/// Measures lists of so many entries.
pub fn measure_crl(entries: usize) -> anyhow::Result<CrlReport> {
    let folder = tempfile::tempdir().context("a temporary folder")?;
    let place = folder.path();
    let store = set_up(place, entries)?;
    let ours = metered_child(&mut own_child(place)?)?;
    let one = [revoked(SerialNumber::draw(Utc::now(), &OsRandom))];
    store.transaction(|db| revocation::append(db, &one, Utc::now()))?;
    let one_more = metered_child(&mut own_child(place)?)?;
    let newest = store.read(|db| ca_core::store::crl::newest_with_bytes(db, 1))?;
    let (list, der) = newest.context("the list was not published")?;
    if list.number != 2 || usize::try_from(list.entries).ok() != Some(entries + 1) {
        bail!("list {} has {} entries", list.number, list.entries);
    }
    let openssl = metered_child(&mut openssl_child(place))?;
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64();
    Ok(CrlReport {
        entries,
        list_octets: u64::try_from(der.len()).unwrap_or(u64::MAX),
        ours: ours.into(),
        openssl: openssl.into(),
        one_more: one_more.into(),
        cpu_ratio: ratio(ours.cpu, openssl.cpu),
        memory_ratio: ours.peak_megabytes / openssl.peak_megabytes,
        one_more_cpu_ratio: ratio(one_more.cpu, openssl.cpu),
        openssl_version: version()?,
    })
}

/// The measured part: publishes what is due in the database of `folder`.
pub fn publish_in(folder: &Path) -> anyhow::Result<()> {
    let config = config(folder)?;
    let store = Store::open(&config.database, folder)?;
    let root = store.read(authority::current)?.context("no root")?;
    let issuer = Issuer::from_der(root.generation, &root.certificate_der)?;
    let key = PKey::private_key_from_pem(&fs::read(folder.join("root.key"))?)?;
    let signer = FileSigner::from(KeyPair::from_private(key)?);
    // Nothing of a bench is ever brought back; the comparison has no journal either.
    let journal = Journal::nowhere();
    let publisher = Publisher {
        store: &store,
        issuer: &issuer,
        signer: &signer,
        journal: &journal,
        validity: Span::days(14),
        longest_life: Profiles::load(&config)?.longest_life(),
    };
    let made: Option<Made> = publisher.publish_if_due(&act())?;
    made.context("nothing was due").map(drop)
}

fn set_up(folder: &Path, entries: usize) -> anyhow::Result<Store> {
    let config = config(folder)?;
    let store = Store::migrate(&config.database, folder)?;
    root(&config, &store, folder)?;
    let serials: Vec<SerialNumber> = (0..entries)
        .map(|_| SerialNumber::draw(Utc::now(), &OsRandom))
        .collect();
    let at = Utc::now() - Span::hours(1);
    for serials in serials.chunks(CHUNK) {
        let events: Vec<NewRevocation> = serials.iter().copied().map(revoked).collect();
        store.transaction(|db| -> StoreResult<()> { revocation::append(db, &events, at) })?;
    }
    write_index(folder, &serials, at)?;
    Ok(store)
}

fn config(folder: &Path) -> anyhow::Result<Config> {
    let mut config = Config::load(None)?;
    config.data.folder = folder.to_owned();
    Ok(config)
}

fn revoked(serial: SerialNumber) -> NewRevocation {
    NewRevocation {
        generation: 1,
        serial,
        event: RevocationEvent::Revoked,
        reason: RevocationReason::KeyCompromise,
        ends_at: Some(Utc::now() + Span::days(1_000)),
    }
}

/// A P-384 root, whose key lies in the open for as long as the bench runs.
fn root(config: &Config, store: &Store, folder: &Path) -> anyhow::Result<()> {
    let group = EcGroup::from_curve_name(Nid::SECP384R1)?;
    let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
    fs::write(folder.join("root.key"), key.private_key_to_pem_pkcs8()?)?;
    let signer = FileSigner::from(KeyPair::from_private(key)?);
    let profiles = Profiles::load(config)?;
    let profile = profiles
        .get(ProfileName::Root)
        .with_key_algorithm(signer.public_key().algorithm())?;
    let subject = DistinguishedName::parse(&config.authority.subject)?;
    let serial = SerialNumber::draw(Utc::now(), &OsRandom);
    let made = Utc::now() - Span::days(1);
    let issuer = self_sign_root(&profile, &subject, 1, &signer, serial, made)?;
    let certificate = X509::from_der(issuer.certificate())?;
    fs::write(folder.join("root.pem"), certificate.to_pem()?)?;
    let row = Authority {
        generation: 1,
        certificate_der: issuer.certificate().to_vec(),
        subject: subject.to_string(),
        not_before: issuer.validity().not_before,
        not_after: issuer.validity().not_after,
        crl_number: 0,
        status: "active".into(),
        created_at: made,
    };
    let sealing = SealingKeyPair::generate(&OsRandom)?;
    record_authority(store, &act(), &row, &sealing.public()?)?;
    Ok(())
}

fn act() -> Act {
    Act::new(Actor::Staff("bench".into()), Utc::now())
}

/// The same entries as OpenSSL keeps them: index.txt and a configuration.
fn write_index(folder: &Path, serials: &[SerialNumber], at: DateTime<Utc>) -> anyhow::Result<()> {
    let revoked = at.format("%y%m%d%H%M%SZ");
    let end = (at + Span::days(1_000)).format("%y%m%d%H%M%SZ");
    let mut index = String::new();
    for serial in serials {
        let hex = serial.to_hex().to_uppercase();
        writeln!(
            index,
            "R\t{end}\t{revoked},keyCompromise\t{hex}\tunknown\t/CN={hex}"
        )?;
    }
    fs::write(folder.join("index.txt"), index)?;
    fs::write(folder.join("crlnumber"), "01\n")?;
    let place = folder.display();
    let settings = format!(
        "[ca]\ndefault_ca = bench\n[bench]\ndatabase = {place}/index.txt\ncrlnumber = {place}/crlnumber\n\
         certificate = {place}/root.pem\nprivate_key = {place}/root.key\ndefault_md = sha384\n\
         default_crl_days = 14\ncrl_extensions = list\nunique_subject = no\n[list]\n\
         authorityKeyIdentifier = keyid:always\n"
    );
    Ok(fs::write(folder.join("openssl.cnf"), settings)?)
}

/// This program again, for the part that is measured.
fn own_child(folder: &Path) -> anyhow::Result<Command> {
    let program: PathBuf = std::env::current_exe().context("this program's own place")?;
    let mut child = Command::new(program);
    child.args(["bench", "crl", "--publish-in"]).arg(folder);
    Ok(child)
}

fn openssl_child(folder: &Path) -> Command {
    let mut child = Command::new("openssl");
    child.args(["ca", "-gencrl", "-batch", "-config"]);
    child.arg(folder.join("openssl.cnf"));
    child.arg("-out").arg(folder.join("list.pem"));
    child.stdout(Stdio::null()).stderr(Stdio::null());
    child
}

fn version() -> anyhow::Result<String> {
    let said = Command::new("openssl").arg("version").output();
    let said = said.context("the program `openssl` is needed for the comparison")?;
    Ok(String::from_utf8_lossy(&said.stdout).trim().to_owned())
}
