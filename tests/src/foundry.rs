//! Workers in this process, on either engine, under a clock of the test's and a signer that keeps count.

use crate::calendar::always_open;
use crate::database::{Database, Engine};
use crate::desk::{Desk, HOST};
use crate::folder::Folder;
use ca_core::config::{Config, Profiles};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::approval::ApprovalKey;
use ca_core::domain::calendar::BusinessCalendar;
use ca_core::domain::certificate::IntentState;
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::profile::ProfileName;
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::{Clock, FixedClock, SystemClock};
use ca_core::flow::check_invariants::check_invariants;
use ca_core::flow::record_authority::record_authority;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, crl, intent};
use ca_worker::authority::{Generation, OpenAuthority};
use ca_worker::certificate::{Issuer, self_sign_root};
use ca_worker::checkpoint::Checkpoints;
use ca_worker::pkcs12::Iterations;
use ca_worker::signer::{CountingSigner, FileSigner, KeyPair};
use ca_worker::unseal::{SealingKeyPair, Unsealer};
use ca_worker::worker::Worker;
use chrono::{DateTime, Duration};
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;

const PASSPHRASE: &str = "correct horse battery";

/// A root in memory, a database, a clock, a desk; workers as many as are wanted.
pub struct Foundry {
    /// Where mails go.
    pub folder: Folder,
    /// Its database.
    pub database: Database,
    /// The same by the product's own way.
    pub store: Store,
    /// The time.
    pub clock: FixedClock,
    /// The CA key, counted.
    pub signer: Arc<CountingSigner<FileSigner>>,
    /// Applicants and an operator.
    pub desk: Desk,
    config: Config,
    root: Vec<u8>,
}

impl Foundry {
    /// A new one. The clock stands at the present second, the calendar is open around the clock.
    pub fn new(engine: Engine) -> Self {
        Self::on(Database::new(engine))
    }

    /// The same on a database of the test's.
    pub fn on(database: Database) -> Self {
        let url = database.url().to_owned();
        Self::through(database, &url)
    }

    /// The same by another way to the database.
    pub fn through(database: Database, url: &str) -> Self {
        let folder = Folder::new("foundry");
        let mut config = Config::default();
        config.data.folder = folder.path().to_owned();
        config.database.url = url.to_owned();
        config.pkcs12.iterations = 10_000;
        config.worker.jobs = 2;
        config.worker.attempts = 20;
        config.service.host = HOST.into();
        let store = Store::migrate(&config.database, folder.path()).expect("a database");
        let clock = FixedClock::new(SystemClock.now());
        let (issuer, signer) = root(&config, &clock);
        let sealing = SealingKeyPair::generate(&OsRandom).expect("a sealing key");
        let file = folder.join("sealing.key");
        let written = sealing.write(&file, &PASSPHRASE.into(), &OsRandom);
        written.expect("the sealing key's file");
        let act = Act::new(Actor::Staff("sato".into()), clock.now());
        let public = sealing.public().expect("its public half");
        record_authority(&store, &act, &row(&issuer, 1, &clock), &public).expect("a root");
        let approval_key = approval_key(&config);
        let desk = Desk::open(store.clone(), Arc::new(clock.clone()), approval_key);
        Self {
            folder,
            database,
            store,
            clock,
            signer: Arc::new(CountingSigner::new(signer)),
            desk,
            config,
            root: issuer.certificate().to_vec(),
        }
    }

    /// Another worker on the same database, clock and key.
    pub fn worker(&self) -> Worker {
        let file = self.folder.join("sealing.key");
        let sealing = SealingKeyPair::read(&file, &PASSPHRASE.into()).expect("a sealing key");
        let issuer = Issuer::from_der(1, &self.root).expect("the root");
        let signer = Box::new(self.signer.clone());
        let generation = Generation { issuer, signer };
        let unsealer = Unsealer::new(&[sealing]).expect("the sealing key");
        let authority = OpenAuthority::new(generation, Vec::new(), unsealer);
        let (clock, random) = (Arc::new(self.clock.clone()), Arc::new(OsRandom));
        let worker = Worker::new(&self.config, self.store.clone(), authority, clock, random);
        let mut worker = worker.expect("a worker");
        worker.settings.iterations = Iterations::for_bench(16);
        worker.settings.most_skew = None;
        worker.calendar = BusinessCalendar::from_toml(&always_open(0)).expect("a calendar");
        worker
    }

    /// Checkpoints of the audit in the foundry's folder, one every five minutes, for a worker that is to make them.
    pub fn checkpoints(&self) -> Checkpoints {
        let mut config = self.config.clone();
        config.audit.checkpoint_minutes = 5;
        config.audit.mail_to = vec!["auditor@example.jp".into()];
        Checkpoints::of(&config)
    }

    /// Where they lie.
    pub fn checkpoint_folder(&self) -> PathBuf {
        self.config.checkpoint_folder()
    }

    /// The root, DER.
    pub fn root(&self) -> &[u8] {
        &self.root
    }

    /// The row of a further generation of the root; its bytes are those of the first.
    pub fn next_root(&self, generation: i64) -> Authority {
        let issuer = Issuer::from_der(1, &self.root).expect("the root");
        row(&issuer, generation, &self.clock)
    }

    /// Lets time pass.
    pub fn wait(&self, seconds: i64) {
        self.clock.advance(Duration::seconds(seconds));
    }

    /// Every invariant of docs/issuance-cycle.md, and that no serial is left in the middle.
    ///
    /// # Panics
    /// With what is wrong.
    pub fn assert_whole(&self, when: &str) {
        let breaches = check_invariants(&self.store).expect("a database");
        assert!(breaches.is_empty(), "{when}: {breaches:#?}");
        let mut intents = Vec::new();
        for state in [
            IntentState::Intended,
            IntentState::Issued,
            IntentState::Abandoned,
        ] {
            let found = self.store.read(|db| intent::list(db, state));
            intents.push(found.expect("a database"));
        }
        let owed: Vec<_> = intents[0]
            .iter()
            .filter(|one| one.request_id.is_some())
            .collect();
        assert!(
            owed.is_empty(),
            "{when}: neither issued nor abandoned: {owed:#?}"
        );
        let hashes: BTreeSet<&str> = intents
            .iter()
            .flatten()
            .map(|one| one.tbs_sha256.as_str())
            .collect();
        for signed in self.signer.signed() {
            assert!(
                hashes.contains(signed.as_str()),
                "{when}: signed without an intent (I2): {signed}"
            );
        }
        let listed = self.listed();
        for one in &intents[2] {
            let serial = one.serial.to_hex();
            assert!(
                listed.contains(&serial),
                "{when}: {serial} is abandoned and not on the revocation list"
            );
        }
    }

    /// The serials on the published revocation list.
    pub fn listed(&self) -> BTreeSet<String> {
        let newest = self.store.read(|db| crl::newest_with_bytes(db, 1));
        let (_, der) = newest.expect("a database").expect("a revocation list");
        serials_of(&der)
    }
}

/// The serials of a revocation list as OpenSSL reads it, as long as the database writes them.
pub fn serials_of(der: &[u8]) -> BTreeSet<String> {
    let list = openssl::x509::X509Crl::from_der(der).expect("a revocation list");
    let entries = list.get_revoked().into_iter().flatten();
    entries
        .map(|entry| {
            let number = entry.serial_number().to_bn().expect("a number");
            let text = number.to_hex_str().expect("its digits").to_lowercase();
            format!("{text:0>32}")
        })
        .collect()
}

/// An approval key where the configuration expects it.
fn approval_key(config: &Config) -> ApprovalKey {
    let (file, key) = (config.approval_key_file(), ApprovalKey::draw(&OsRandom));
    let folder = file.parent().expect("a folder");
    std::fs::create_dir_all(folder).expect("the folder of keys");
    std::fs::write(&file, key.to_file()).expect("the approval key");
    let mode = Permissions::from_mode(0o600);
    std::fs::set_permissions(&file, mode).expect("its mode");
    key
}

fn root(config: &Config, clock: &FixedClock) -> (Issuer, FileSigner) {
    let profiles = Profiles::load(config).expect("the built-in profiles");
    let profile = profiles.get(ProfileName::Root);
    let key = KeyPair::generate(profile.key_algorithm()).expect("a key");
    let signer = FileSigner::from(key);
    let subject = DistinguishedName::parse(&config.authority.subject).expect("a subject");
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    let made = clock.now() - Duration::days(1);
    let issuer = self_sign_root(profile, &subject, 1, &signer, serial, made).expect("a root");
    (issuer, signer)
}

fn row(issuer: &Issuer, generation: i64, clock: &FixedClock) -> Authority {
    Authority {
        generation,
        certificate_der: issuer.certificate().to_vec(),
        subject: "CN=試験 認証局".into(),
        not_before: issuer.validity().not_before,
        not_after: issuer.validity().not_after,
        crl_number: 0,
        status: "active".into(),
        created_at: clock.now(),
    }
}
