//! An empty database, filled with approved requests: what a worker finds on a busy morning.

use std::sync::Arc;

use anyhow::{Context, bail};
use ca_core::config::{Config, DatabaseUrl, Profiles};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::certificate::{IntentState, Purpose};
use ca_core::domain::distinguished_name::DistinguishedName;
use ca_core::domain::mail::{MailFacts, MailKind, draw_message_id};
use ca_core::domain::profile::ProfileName;
use ca_core::domain::random::{self, OsRandom};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::{Clock, SystemClock};
use ca_core::flow::record_authority::record_authority;
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::record_issued::{Issued, record_issued};
use ca_core::queue::request::{Claimed, claim};
use ca_core::store::authority::Authority;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::intent::Intent;
use ca_core::store::outbox::NewMail;
use ca_core::store::{Store, account, authority};
use ca_worker::authority::{Generation, OpenAuthority};
use ca_worker::certificate::{Issuer, self_sign_root};
use ca_worker::journal::{Journal, JournalKey};
use ca_worker::pkcs12::Iterations;
use ca_worker::signer::{FileSigner, KeyPair};
use ca_worker::unseal::{SealingKeyPair, Unsealer};
use ca_worker::worker::Worker;
use tempfile::TempDir;

use super::issue::IssueOrder;
use super::office::{Office, enrol_operator};
use crate::command::operator::approval_key;
use crate::desk::Desk;

/// As long as those on letters.
pub(super) const PASSWORD: &str = "bcdfghjkmnprtwxy";

/// Rows in a transaction of the set-up.
const CHUNK: usize = 500;

/// A worker before a queue of approved requests. Dropped, it leaves the database as it was: empty.
pub(super) struct Stage {
    pub(super) worker: Worker,
    store: Store,
    is_server: bool,
    registered: usize,
    _folder: TempDir,
}

impl Stage {
    /// Makes everything, in the order's database or in a folder that goes with the stage.
    pub(super) fn build(order: &IssueOrder) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let mut config = Config::load(None)?;
        config.data.folder = folder.path().to_owned();
        config.database.url = order.database.clone().unwrap_or_default();
        let target = config.database.target(folder.path());
        let store = empty_store(&config, &target)?;
        let stage = |worker| Self {
            worker,
            store: store.clone(),
            is_server: matches!(target, DatabaseUrl::Postgres(_)),
            registered: 0,
            _folder: folder,
        };
        let worker = worker(&config, &store, order)?;
        enrol_operator(&worker)?;
        let mut stage = stage(worker);
        stage.fill(order.count)?;
        Ok(stage)
    }

    /// Registers `count` more accounts, each with a request that was approved.
    pub(super) fn fill(&mut self, count: usize) -> anyhow::Result<()> {
        let office = Office::open(&self.worker)?;
        let first = self.registered + 1;
        self.registered += count;
        let numbers: Vec<usize> = (first..=self.registered).collect();
        for numbers in numbers.chunks(CHUNK) {
            office.ask(&self.store, numbers)?;
        }
        Ok(())
    }

    /// Records `count` more certificates, each of an account and a request of its own, by the flows that the worker
    /// calls. Nothing is signed: they are copies of one that was, under serials and hashes of their own.
    pub(super) fn store(&mut self, count: usize) -> anyhow::Result<()> {
        let newest = self.store.read(|db| certificate::list(db, 0, 10))?;
        let pattern = newest.into_iter().find(|one| one.pkcs12.is_some());
        let pattern = pattern.context("a certificate to copy")?;
        let mut office = Office::open(&self.worker)?;
        // Nobody opens these.
        office.sealed = Some(office.asked(self.registered)?.sealed);
        let (mut left, name) = (count, self.worker.name.clone());
        while left > 0 {
            let some = left.min(CHUNK);
            let first = self.registered + 1;
            self.registered += some;
            office.ask(&self.store, &(first..=self.registered).collect::<Vec<_>>())?;
            let now = SystemClock.now();
            let until = now + chrono::Duration::minutes(5);
            let claimed = claim(&self.store, &name, until, u32::try_from(some)?, now)?;
            let copies: Vec<_> = claimed.iter().map(|one| copy(&pattern, one)).collect();
            let intents = copies.iter().map(intent_of).collect();
            record_intents(&self.store, &name, intents)?;
            let recorded = record_issued(&self.store, &self.worker.act(), &name, copies)?;
            if recorded.issued.len() != some {
                bail!("{} of {some} copies were recorded", recorded.issued.len());
            }
            left -= some;
        }
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if self.is_server
            && let Err(error) = self.store.revert_all()
        {
            tracing::warn!(%error, "the database could not be emptied after the bench");
        }
    }
}

/// A certificate as `pattern`, for another request.
fn copy(pattern: &Certificate, claimed: &Claimed) -> Issued {
    let sha1: [u8; 20] = random::bytes(&OsRandom);
    let sha256: [u8; 32] = random::bytes(&OsRandom);
    let request_id = claimed.request.id.clone();
    let certificate = Certificate {
        serial: SerialNumber::draw(SystemClock.now(), &OsRandom),
        request_id: Some(request_id.clone()),
        account_id: Some(claimed.account.id),
        subject: claimed.request.subject.clone(),
        spki_sha256: hex::encode(sha256),
        sha1_thumbprint: hex::encode(sha1),
        issued_at: SystemClock.now(),
        ..pattern.clone()
    };
    let mail = NewMail {
        kind: MailKind::CertificateReady,
        to_address: "office@example.jp".to_owned(),
        facts: MailFacts {
            user_id: claimed.account.user_id.as_str().to_owned(),
            name: claimed.account.name.clone(),
            until: Some(certificate.not_after),
            ..MailFacts::default()
        },
        message_id: draw_message_id(SystemClock.now(), &OsRandom, "ca.example.jp"),
    };
    Issued {
        request_id,
        fence: claimed.request.fence,
        certificate,
        mail: Some(mail),
    }
}

/// What was recorded before the copy was "signed".
fn intent_of(issued: &Issued) -> Intent {
    Intent {
        serial: issued.certificate.serial,
        purpose: Purpose::Client,
        generation: issued.certificate.generation,
        request_id: Some(issued.request_id.clone()),
        fence: issued.fence,
        tbs_sha256: issued.certificate.spki_sha256.clone(),
        profile_sha256: issued.certificate.spki_sha256.clone(),
        state: IntentState::Intended,
        recorded_at: issued.certificate.issued_at,
        settled_at: None,
    }
}

fn empty_store(config: &Config, target: &DatabaseUrl) -> anyhow::Result<Store> {
    if let DatabaseUrl::Sqlite(file) = target
        && file.exists()
    {
        bail!(
            "{} exists; the bench makes a database of its own: name a file that is not there",
            file.display()
        );
    }
    let store = Store::migrate(&config.database, &config.data.folder)?;
    let used = store.read(account::list)?.total > 0 || !store.read(authority::list)?.is_empty();
    if used {
        bail!("this database is in use; the bench needs an empty one, and empties it again");
    }
    Ok(store)
}

/// A worker with a root that was never written to a file.
pub(super) fn worker(config: &Config, store: &Store, order: &IssueOrder) -> anyhow::Result<Worker> {
    let profiles = Profiles::load(config)?;
    let (issuer, signer) = root(config, &profiles)?;
    let sealing = SealingKeyPair::generate(&OsRandom)?;
    let subject = DistinguishedName::parse(&config.authority.subject)?.to_string();
    record_authority(store, &staff(), &row(&issuer, subject), &sealing.public()?)?;
    let signer = Box::new(signer);
    let journal = Journal::open(&config.journal_folder(), JournalKey::of(&sealing)?)?;
    let authority = OpenAuthority::new(
        Generation { issuer, signer },
        Vec::new(),
        Unsealer::new(&[sealing])?,
    );
    approval_key::make_if_missing(&Desk::of(config.clone()))?;
    let authority = authority.with_journal(journal);
    let (clock, random) = (Arc::new(SystemClock), Arc::new(OsRandom));
    let mut worker = Worker::new(config, store.clone(), authority, clock, random)?;
    let client = worker
        .profiles
        .get(ProfileName::Client)
        .with_key_algorithm(order.key)?;
    worker.profiles = profiles.with(client);
    worker.settings.iterations = Iterations::for_bench(order.p12_iterations);
    worker.settings.jobs = order.jobs;
    Ok(worker)
}

/// A root by the built-in profile, made a minute ago.
pub(super) fn root(config: &Config, profiles: &Profiles) -> anyhow::Result<(Issuer, FileSigner)> {
    let profile = profiles.get(ProfileName::Root);
    let signer = FileSigner::from(KeyPair::generate(profile.key_algorithm())?);
    let subject = DistinguishedName::parse(&config.authority.subject)?;
    let made = SystemClock.now() - chrono::Duration::minutes(1);
    let serial = SerialNumber::draw(SystemClock.now(), &OsRandom);
    let issuer = self_sign_root(profile, &subject, 1, &signer, serial, made)?;
    Ok((issuer, signer))
}

fn row(issuer: &Issuer, subject: String) -> Authority {
    Authority {
        generation: 1,
        certificate_der: issuer.certificate().to_vec(),
        subject,
        not_before: issuer.validity().not_before,
        not_after: issuer.validity().not_after,
        crl_number: 0,
        status: "active".to_owned(),
        created_at: SystemClock.now(),
    }
}

pub(super) fn staff() -> Act {
    Act::new(Actor::Staff("bench".to_owned()), SystemClock.now())
}
