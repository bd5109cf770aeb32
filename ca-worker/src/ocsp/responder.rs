//! The delegated key of each generation: made when it is first needed, held in memory alone, replaced in time.
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use sha1::Digest as _;
use sha1::Sha1;
use sha2::Sha256;

use super::{Delegate, OcspError};
use crate::authority::{Generation, Hand, issue_responder};
use crate::certificate::{Issuer, SignedCertificate};
use crate::worker::Worker;

/// The responders of this worker, by generation.
#[derive(Debug, Default)]
pub(crate) struct Responders(Mutex<BTreeMap<i64, Delegate>>);

/// A key that may sign answers, and how answers name its issuer.
#[derive(Debug)]
pub(super) struct Responder {
    pub(super) certificate: SignedCertificate,
    pub(super) sha1: IssuerHashes,
    pub(super) sha256: IssuerHashes,
    /// `KeyHash` of the ResponderID: SHA-1 over the responder's key (RFC 6960 §4.2.1).
    pub(super) key_hash: Vec<u8>,
    ends_with_root: bool,
}

/// `issuerNameHash` and `issuerKeyHash` of a CertID.
#[derive(Debug)]
pub(super) struct IssuerHashes {
    pub(super) name: Vec<u8>,
    pub(super) key: Vec<u8>,
}

impl Responders {
    /// The responder of `generation` for answers signed at `now`; a new one when the old one ends too soon.
    pub(super) fn of(
        &self,
        worker: &Worker,
        generation: &Generation,
        now: DateTime<Utc>,
    ) -> Result<Delegate, OcspError> {
        let number = generation.issuer.generation();
        // Held while one is issued: two threads need one between them.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(responder) = known.get(&number)
            && responder.lasts(now, now + worker.settings.answer_validity)
        {
            return Ok(Arc::clone(responder));
        }
        let hand = Hand {
            generation,
            journal: worker.authority.journal(),
        };
        let certificate = issue_responder(
            &worker.store,
            &worker.act(),
            hand,
            &worker.profiles,
            worker.random.as_ref(),
        )?;
        let responder = Arc::new(Responder::new(certificate, &generation.issuer));
        known.insert(number, Arc::clone(&responder));
        Ok(responder)
    }
}

impl Responder {
    fn new(certificate: SignedCertificate, issuer: &Issuer) -> Self {
        let (name, key) = (issuer.subject(), issuer.public_key().bits());
        Self {
            sha1: IssuerHashes {
                name: Sha1::digest(name).to_vec(),
                key: Sha1::digest(key).to_vec(),
            },
            sha256: IssuerHashes {
                name: Sha256::digest(name).to_vec(),
                key: Sha256::digest(key).to_vec(),
            },
            key_hash: Sha1::digest(certificate.key.public_key().bits()).to_vec(),
            ends_with_root: certificate.validity.not_after == issuer.validity().not_after,
            certificate,
        }
    }

    /// Whether it may sign at `now` what is to hold until `end`.
    fn lasts(&self, now: DateTime<Utc>, end: DateTime<Utc>) -> bool {
        let life = self.certificate.validity;
        life.contains(now) && (end <= life.not_after || self.ends_with_root)
    }

    /// Until when an answer holds that should hold until `end`: not longer than the responder.
    pub(super) fn holds_until(&self, end: DateTime<Utc>) -> DateTime<Utc> {
        end.min(self.certificate.validity.not_after)
    }
}
