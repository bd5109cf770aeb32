//! What the register says about the certificate of a connection, for the portal's decision.
use super::log_in_operator::ShownCertificate;
use crate::domain::portal_admission::{CertificateFacts, Shown};
use crate::store::account::Account;
use crate::store::certificate::Certificate;
use crate::store::{Store, StoreError, account, authority, certificate};

/// What a connection offered, before anybody looked it up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// No certificate.
    Nothing,
    /// One with a serial number that this product never gives.
    Foreign,
    /// One that may be ours.
    Certificate(ShownCertificate),
}

impl Presented {
    /// The certificate, if there is one that may be ours.
    pub fn certificate(&self) -> Option<&ShownCertificate> {
        match self {
            Self::Certificate(shown) => Some(shown),
            Self::Nothing | Self::Foreign => None,
        }
    }
}

/// The facts, with the rows they come from.
#[derive(Debug, Clone)]
pub struct Judged {
    /// What the decision is made of.
    pub shown: Shown,
    /// The certificate as recorded.
    pub certificate: Option<Certificate>,
    /// Its account.
    pub account: Option<Account>,
}

/// Looks the certificate up: its record, its root's standing, its account's.
pub fn judge_certificate(store: &Store, presented: &Presented) -> Result<Judged, StoreError> {
    let none = |shown| Judged {
        shown,
        certificate: None,
        account: None,
    };
    let offered = match presented {
        Presented::Nothing => return Ok(none(Shown::Nothing)),
        Presented::Foreign => return Ok(none(Shown::Unrecorded)),
        Presented::Certificate(offered) => offered,
    };
    store.read(|db| {
        let Some(recorded) = certificate::find(db, offered.serial)? else {
            return Ok(none(Shown::Unrecorded));
        };
        let account = match recorded.account_id {
            Some(id) => Some(account::load(db, id)?),
            None => None,
        };
        let generation_active = authority::list(db)?
            .iter()
            .any(|root| root.generation == recorded.generation && root.status == "active");
        let facts = CertificateFacts {
            key_matches: recorded.spki_sha256 == offered.spki_sha256,
            purpose: recorded.purpose,
            generation_active,
            status: recorded.status,
            not_before: recorded.not_before,
            not_after: recorded.not_after,
            owner: account
                .as_ref()
                .map(|account| (account.user_id.clone(), account.status)),
        };
        Ok(Judged {
            shown: Shown::Recorded(facts),
            certificate: Some(recorded),
            account,
        })
    })
}
