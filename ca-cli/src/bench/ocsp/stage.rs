//! A root, some certificates and their signed answers in a database of their own; the questions to them.

use std::sync::Arc;

use anyhow::Context;
use ca_api::site::Site;
use ca_core::config::Config;
use ca_core::domain::calendar::BusinessCalendar;
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::time::{Clock, SystemClock};
use ca_core::flow::record_certificate::record_certificate;
use ca_core::flow::record_intents::record_intents;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::{Store, StoreResult, ocsp_answer};
use ca_worker::ocsp::answer_due;
use ca_worker::worker::Worker;
use chrono::Duration;
use openssl::x509::X509;
use tempfile::TempDir;

use crate::bench::issue::IssueOrder;
use crate::bench::question::question;
use crate::bench::stage::worker;

/// Certificates.
const COUNT: usize = 200;

/// Everything that is asked and answered.
pub(super) struct Stage {
    pub(super) site: Arc<Site>,
    /// Whole HTTP requests, one for each certificate.
    pub(super) requests: Vec<Vec<u8>>,
    /// One of the answers.
    pub(super) answer: Vec<u8>,
    _folder: TempDir,
}

impl Stage {
    pub(super) fn build() -> anyhow::Result<Self> {
        let folder = tempfile::tempdir().context("a temporary folder")?;
        let mut config = Config::load(None)?;
        config.data.folder = folder.path().to_owned();
        config.database.url = String::new();
        let store = Store::migrate(&config.database, &config.data.folder)?;
        let order = IssueOrder {
            count: 0,
            stored: 0,
            key: KeyAlgorithm::P256,
            p12_iterations: 2_048,
            jobs: 1,
            database: None,
        };
        let worker = worker(&config, &store, &order)?;
        let serials: Vec<SerialNumber> = (0..COUNT)
            .map(|_| SerialNumber::draw(SystemClock.now(), &OsRandom))
            .collect();
        record(&worker, &serials)?;
        answer_due(&worker)?;
        let root = X509::from_der(worker.authority.current().issuer.certificate())?;
        let requests = serials.iter().map(|serial| question(&root, *serial));
        let requests = requests.collect::<anyhow::Result<_>>()?;
        let first = serials.first().context("a certificate")?;
        let answer: StoreResult<_> = store.read(|db| ocsp_answer::find(db, *first));
        let answer = answer?.and_then(|answer| answer.der);
        let site = Site::new(
            config,
            store,
            Arc::new(SystemClock),
            Arc::new(OsRandom),
            BusinessCalendar::always_open(),
        )?;
        Ok(Self {
            site: Arc::new(site),
            requests,
            answer: answer.context("a signed answer")?,
            _folder: folder,
        })
    }
}

fn record(worker: &Worker, serials: &[SerialNumber]) -> anyhow::Result<()> {
    let intents = serials.iter().map(|serial| intent(*serial)).collect();
    record_intents(&worker.store, &worker.name, intents)?;
    for serial in serials {
        record_certificate(&worker.store, &worker.act(), &certificate(*serial))?;
    }
    Ok(())
}

fn intent(serial: SerialNumber) -> Intent {
    Intent {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        fence: 0,
        tbs_sha256: "bench".to_owned(),
        profile_sha256: "bench".to_owned(),
        state: IntentState::Intended,
        recorded_at: SystemClock.now(),
        settled_at: None,
    }
}

/// Answers are about serial numbers; the rest of the row is not looked at.
fn certificate(serial: SerialNumber) -> Certificate {
    let now = SystemClock.now();
    Certificate {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        account_id: None,
        subject: "CN=KJ2700000001".to_owned(),
        not_before: now,
        not_after: now + Duration::days(365),
        certificate_der: serial.as_bytes().to_vec(),
        spki_sha256: "bench".to_owned(),
        sha1_thumbprint: serial.to_hex(),
        pkcs12: None,
        issued_at: now,
        status: CertificateStatus::Valid,
        revoked_at: None,
        revocation_reason: None,
        download_count: 0,
        first_downloaded_at: None,
        last_downloaded_at: None,
        installed_at: None,
        first_portal_login_at: None,
    }
}
