//! A worker with one or two roots, and certificates as the database knows them.
use std::sync::Arc;

use ca_core::config::Config;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::random::OsRandom;
use ca_core::domain::revocation::Selection;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::FixedClock;
use ca_core::flow::order_revocation::{Notice, Order, order_revocation};
use ca_core::flow::record_authority::record_authority;
use ca_core::flow::record_certificate::record_certificate;
use ca_core::flow::record_intents::record_intents;
use ca_core::store::Store;
use ca_core::store::StoreResult;
use ca_core::store::authority::Authority;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::intent::Intent;
use ca_core::store::ocsp_answer::{self, Answer};
use chrono::{DateTime, Duration};
use openssl::ocsp::OcspCertStatus;

use super::super::self_test::read;
use super::super::{Answered, Statement, answer_due};
use crate::authority::{Generation, OpenAuthority};
use crate::certificate::Issuer;
use crate::fixture::{approval_key, morning, root};
use crate::unseal::{SealingKeyPair, Unsealer};
use crate::worker::Worker;

pub(super) struct World {
    _folder: tempfile::TempDir,
    pub(super) clock: FixedClock,
    pub(super) worker: Worker,
}

pub(super) fn days(days: i64) -> Duration {
    Duration::days(days)
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(&[1])
    }

    pub(super) fn of_two_generations() -> Self {
        Self::of(&[1, 2])
    }

    fn of(numbers: &[i64]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.worker.jobs = 2;
        config.pkcs12.iterations = 10_000;
        config.data.folder = folder.path().to_owned();
        approval_key(&config);
        let store = Store::migrate(&config.database, folder.path()).unwrap();
        let act = Act::new(Actor::Staff("tanaka".into()), morning());
        let mut generations = Vec::new();
        for number in numbers {
            let (issuer, signer) = root();
            let issuer = Issuer::from_der(*number, issuer.certificate()).unwrap();
            let sealing = SealingKeyPair::generate(&OsRandom).unwrap();
            record_authority(&store, &act, &row(&issuer), &sealing.public().unwrap()).unwrap();
            generations.push(Generation {
                issuer,
                signer: Box::new(signer),
            });
        }
        let current = generations.pop().unwrap();
        let unsealer = Unsealer::new(&[SealingKeyPair::generate(&OsRandom).unwrap()]).unwrap();
        let authority = OpenAuthority::new(current, generations, unsealer);
        let clock = FixedClock::new(morning());
        let shared = Arc::new(clock.clone());
        let worker = Worker::new(&config, store, authority, shared, Arc::new(OsRandom)).unwrap();
        Self {
            _folder: folder,
            clock,
            worker,
        }
    }

    /// A certificate of so many days, as step 8 leaves it.
    pub(super) fn issued(&self, generation: i64, life: i64) -> SerialNumber {
        self.issued_as(generation, life, |_| ())
    }

    /// One whose row somebody changed.
    pub(super) fn recorded(&self, change: impl FnOnce(&mut Certificate)) -> SerialNumber {
        self.issued_as(1, 365, change)
    }

    fn issued_as(
        &self,
        generation: i64,
        life: i64,
        change: impl FnOnce(&mut Certificate),
    ) -> SerialNumber {
        let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
        let intent = Intent {
            serial,
            purpose: Purpose::Client,
            generation,
            request_id: None,
            fence: 0,
            tbs_sha256: "ab".into(),
            profile_sha256: "cd".into(),
            state: IntentState::Intended,
            recorded_at: morning(),
            settled_at: None,
        };
        record_intents(&self.worker.store, "w", vec![intent]).unwrap();
        let mut issued = Certificate {
            serial,
            purpose: Purpose::Client,
            generation,
            request_id: None,
            account_id: None,
            subject: "CN=KJ2700000001".into(),
            not_before: morning(),
            not_after: morning() + days(life),
            certificate_der: serial.as_bytes().to_vec(),
            spki_sha256: "ef".into(),
            sha1_thumbprint: serial.to_hex(),
            pkcs12: None,
            issued_at: morning(),
            status: CertificateStatus::Valid,
            revoked_at: None,
            revocation_reason: None,
            download_count: 0,
            first_downloaded_at: None,
            last_downloaded_at: None,
            installed_at: None,
            first_portal_login_at: None,
        };
        change(&mut issued);
        record_certificate(&self.worker.store, &self.worker.act(), &issued).unwrap();
        serial
    }

    pub(super) fn order(&self, serial: SerialNumber, order: Order) {
        let (store, act) = (&self.worker.store, self.worker.act());
        let (random, host) = (&OsRandom, "localhost");
        let notice = Notice { random, host };
        order_revocation(store, &act, &Selection::of(&[serial]), order, notice).unwrap();
    }

    pub(super) fn answer(&self) -> Answered {
        answer_due(&self.worker).unwrap()
    }

    pub(super) fn stored(&self, serial: SerialNumber) -> Option<Answer> {
        let found: StoreResult<_> = self.worker.store.read(|db| ocsp_answer::find(db, serial));
        found.unwrap()
    }

    /// What a client of the root `generation` reads, asking by SHA-1 and by SHA-256.
    pub(super) fn status(
        &self,
        generation: i64,
        serial: SerialNumber,
    ) -> [Option<OcspCertStatus>; 2] {
        let der = self.stored(serial).unwrap().der.unwrap();
        let mut all = self.worker.authority.generations();
        let root = all
            .find(|one| one.issuer.generation() == generation)
            .unwrap();
        let statement = Statement {
            serial,
            standing: ca_core::domain::ocsp::Standing::Good,
            this_update: morning(),
            next_update: morning(),
        };
        read(&der, root.issuer.certificate(), &statement).unwrap()
    }

    /// Every responder's certificate so far.
    pub(super) fn responders(&self) -> Vec<Certificate> {
        let all: StoreResult<_> = self.worker.store.read(|db| certificate::list(db, 0, 2_000));
        let all: Vec<Certificate> = all.unwrap();
        all.into_iter()
            .filter(|one| one.purpose == Purpose::Ocsp)
            .collect()
    }
}

fn row(issuer: &Issuer) -> Authority {
    Authority {
        generation: issuer.generation(),
        certificate_der: issuer.certificate().to_vec(),
        subject: crate::fixture::root_subject().to_string(),
        not_before: issuer.validity().not_before,
        not_after: issuer.validity().not_after,
        crl_number: 0,
        status: "active".into(),
        created_at: morning(),
    }
}
