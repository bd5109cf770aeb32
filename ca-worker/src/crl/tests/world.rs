//! A database, a root in memory, and revocations as the store takes them.
use std::sync::Arc;

use ca_core::config::Config;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::random::OsRandom;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::record_authority::record_authority;
use ca_core::store::authority::Authority;
use ca_core::store::crl::{self, Crl};
use ca_core::store::revocation::{self, NewRevocation};
use ca_core::store::{Store, crl as stored};
use chrono::{DateTime, Duration, Months, Utc};

use crate::certificate::Issuer;
use crate::crl::{CrlError, Entry, Made, Publisher, read};
use crate::fixture::{morning, root_of, root_subject};
use crate::journal::Journal;
use crate::signer::{CountingSigner, FileSigner, Signer};
use crate::unseal::SealingKeyPair;

pub(super) struct World {
    _folder: tempfile::TempDir,
    pub(super) store: Store,
    pub(super) issuer: Issuer,
    pub(super) signer: Arc<CountingSigner<FileSigner>>,
    journal: Journal,
}

/// So many hours after the morning.
pub(super) fn hour(hours: i64) -> DateTime<Utc> {
    morning() + Duration::hours(hours)
}

impl World {
    pub(super) fn new() -> Self {
        Self::of(KeyAlgorithm::P384)
    }

    pub(super) fn of(key: KeyAlgorithm) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::migrate(&Config::default().database, folder.path()).unwrap();
        let (issuer, signer) = root_of(key);
        let row = Authority {
            generation: 1,
            certificate_der: issuer.certificate().to_vec(),
            subject: root_subject().to_string(),
            not_before: issuer.validity().not_before,
            not_after: issuer.validity().not_after,
            crl_number: 0,
            status: "active".into(),
            created_at: morning(),
        };
        let sealing = SealingKeyPair::generate(&OsRandom).unwrap();
        record_authority(&store, &act(0), &row, &sealing.public().unwrap()).unwrap();
        Self {
            _folder: folder,
            store,
            issuer,
            signer: Arc::new(CountingSigner::new(signer)),
            journal: Journal::nowhere(),
        }
    }

    pub(super) fn publisher<'a>(&'a self, signer: &'a dyn Signer) -> Publisher<'a> {
        Publisher {
            store: &self.store,
            issuer: &self.issuer,
            signer,
            journal: &self.journal,
            validity: Duration::days(14),
            longest_life: Months::new(36),
        }
    }

    pub(super) fn try_at(&self, hours: i64) -> Result<Option<Made>, CrlError> {
        self.publisher(&self.signer).publish_if_due(&act(hours))
    }

    /// The list that is made at this hour, if one is due.
    pub(super) fn look(&self, hours: i64) -> Option<Made> {
        self.try_at(hours).unwrap()
    }

    /// Something happens to a serial whose certificate ends `ends` hours after the morning.
    pub(super) fn happens(
        &self,
        event: RevocationEvent,
        serial: SerialNumber,
        hours: i64,
        ends: Option<i64>,
    ) {
        let reason = match event {
            RevocationEvent::Revoked => RevocationReason::KeyCompromise,
            RevocationEvent::Abandoned => RevocationReason::CessationOfOperation,
            RevocationEvent::Held | RevocationEvent::Released => RevocationReason::CertificateHold,
        };
        let one = NewRevocation {
            generation: 1,
            serial,
            event,
            reason,
            ends_at: ends.map(hour),
        };
        self.store
            .transaction(|db| revocation::append(db, &[one], hour(hours)))
            .unwrap();
    }

    /// A new serial, revoked at this hour; its certificate has years to live.
    pub(super) fn revoked(&self, hours: i64) -> SerialNumber {
        let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
        self.happens(RevocationEvent::Revoked, serial, hours, Some(20_000));
        serial
    }

    pub(super) fn newest(&self) -> (Crl, Vec<u8>) {
        let newest = self.store.read(|db| stored::newest_with_bytes(db, 1));
        newest.unwrap().unwrap()
    }

    pub(super) fn entries(&self) -> Vec<Entry> {
        let (_, der) = self.newest();
        let entries: Result<Vec<_>, _> = read(&der).unwrap().said.entries().collect();
        entries.unwrap()
    }

    pub(super) fn serials(&self) -> Vec<SerialNumber> {
        self.entries().iter().map(|entry| entry.serial).collect()
    }

    /// Puts other bytes under the newest list's number, as somebody with the database's password would.
    pub(super) fn swap_bytes(&self, der: &[u8]) {
        let (list, _) = self.newest();
        let forged = Crl {
            number: list.number + 1,
            ..list
        };
        let put = self.store.transaction(|db| crl::publish(db, &forged, der));
        assert!(put.unwrap());
    }
}

pub(super) fn act(hours: i64) -> Act {
    Act::new(Actor::Worker("w1".into()), hour(hours))
}

pub(super) fn sorted(mut serials: Vec<SerialNumber>) -> Vec<SerialNumber> {
    serials.sort_unstable();
    serials
}
