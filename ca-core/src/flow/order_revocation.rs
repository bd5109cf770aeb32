//! Staff or an operator orders a revocation, a suspension or a release of what a selection finds; can be seen first.
//!
//! An order about an account also stops what would become its next certificate without anybody saying yes again:
//! requests that are approved or being signed are parked, and serials drawn for them are abandoned in the same
//! transaction. A worker that is signing one of them finds its lease gone and records nothing.
use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::abandon::abandon;
use super::fail_request::{Failure, fail_held};
use super::revoke_certificates::{release_in, revoke_in};
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::CertificateStatus;
use crate::domain::mail::{MailFacts, MailKind, draw_message_id};
use crate::domain::random::Random;
use crate::domain::request::RequestId;
use crate::domain::revocation::{RevocationReason, Selection};
use crate::domain::serial::SerialNumber;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::certificate_search::{self, Found};
use crate::store::outbox::NewMail;
use crate::store::{Db, Store, StoreResult, account, audit, intent, outbox, request};

/// What is to be done to the certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Revoked for good, or suspended for the reason `certificateHold`.
    Revoke(RevocationReason),
    /// No longer suspended.
    Release,
}

/// What an order changes, or would change.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Outcome {
    /// Certificates that move, as they stood before.
    pub moved: Vec<Found>,
    /// Certificates that stay as they are: revoked already, held already, or not held.
    pub left: Vec<Found>,
    /// Serials that no certificate has.
    pub unknown: Vec<SerialNumber>,
    /// Requests that are stopped: an operator retries or rejects them.
    pub parked: Vec<RequestId>,
}

/// Where the notices come from.
#[derive(Clone, Copy)]
pub struct Notice<'a> {
    /// Message-IDs are drawn from it.
    pub random: &'a dyn Random,
    /// The site's host name, for Message-IDs.
    pub host: &'a str,
}

impl std::fmt::Debug for Notice<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Notice({})", self.host)
    }
}

impl Order {
    /// Whether a certificate in `status` moves.
    fn moves(self, status: CertificateStatus) -> bool {
        match self {
            Self::Revoke(RevocationReason::CertificateHold) => status == CertificateStatus::Valid,
            Self::Revoke(_) => status != CertificateStatus::Revoked,
            Self::Release => status == CertificateStatus::Held,
        }
    }

    fn mail(self) -> MailKind {
        match self {
            Self::Revoke(RevocationReason::CertificateHold) => MailKind::CertificateHeld,
            Self::Revoke(_) => MailKind::CertificateRevoked,
            Self::Release => MailKind::CertificateReleased,
        }
    }
}

/// What the order would change now; nothing is changed.
pub fn preview_revocation(
    store: &Store,
    selection: &Selection,
    order: Order,
) -> StoreResult<Outcome> {
    store.transaction(|db| {
        let parked = stopped(db, selection, order)?;
        let found = certificate_search::select(db, selection)?;
        Ok(sorted(found, selection, order, parked))
    })
}

/// Carries the order out, in one transaction.
pub fn order_revocation(
    store: &Store,
    act: &Act,
    selection: &Selection,
    order: Order,
    notice: Notice<'_>,
) -> StoreResult<Outcome> {
    store.step("revoke", |db| {
        // Requests first: one that is just being recorded is waited for, and its certificate found below.
        let parked = stopped(db, selection, order)?;
        park(db, act, &parked)?;
        let found = certificate_search::lock_selected(db, selection)?;
        let outcome = sorted(found, selection, order, parked);
        let serials: Vec<SerialNumber> = outcome.moved.iter().map(|one| one.serial).collect();
        let (moved, records) = match order {
            Order::Revoke(reason) => revoke_in(db, &serials, reason, act.at)?,
            Order::Release => release_in(db, &serials, act.at)?,
        };
        let mails = mails(db, &moved, order, notice, act.at)?;
        if !mails.is_empty() {
            outbox::insert(db, &mails, act.at)?;
        }
        let mut records = records;
        if serials.len() > 1 {
            records.insert(0, summary(selection, order, serials.len()));
        }
        audit::append(db, act, &records)?;
        Ok(outcome)
    })
}

/// The requests that an order about an account stops, held until the transaction ends.
fn stopped(db: &mut Db, selection: &Selection, order: Order) -> StoreResult<Vec<RequestId>> {
    match (selection.account_id, order) {
        (Some(account), Order::Revoke(_)) if selection.serials.is_empty() => {
            certificate_search::lock_approved(db, account)
        }
        _ => Ok(Vec::new()),
    }
}

fn park(db: &mut Db, act: &Act, ids: &[RequestId]) -> StoreResult<()> {
    let failure = Failure {
        reason: "the account's certificates were revoked; retry if it shall have a new one".into(),
        attempts: 0,
        hopeless: true,
    };
    for id in ids {
        let drawn = intent::of_request(db, id)?;
        let drawn: Vec<SerialNumber> = drawn.iter().map(|intent| intent.serial).collect();
        abandon(db, &drawn, act.at)?;
        if let Some(held) = request::lock(db, id)? {
            fail_held(db, act, &held, &failure)?;
        }
    }
    Ok(())
}

fn sorted(
    found: Vec<Found>,
    selection: &Selection,
    order: Order,
    parked: Vec<RequestId>,
) -> Outcome {
    let known: HashSet<SerialNumber> = found.iter().map(|one| one.serial).collect();
    let unknown = selection.serials.iter().copied();
    let unknown = unknown.filter(|serial| !known.contains(serial)).collect();
    let (moved, left) = found.into_iter().partition(|one| order.moves(one.status));
    Outcome {
        moved,
        left,
        unknown,
        parked,
    }
}

/// One entry about the order as a whole, before those of its certificates.
fn summary(selection: &Selection, order: Order, certificates: usize) -> Record {
    let facts = serde_json::json!({
        "order": match order {
            Order::Revoke(reason) => reason.as_str(),
            Order::Release => "release",
        },
        "certificates": certificates,
        "account": selection.account_id,
        "issued_from": selection.issued.map(|(from, _)| from.to_rfc3339()),
        "issued_to": selection.issued.map(|(_, to)| to.to_rfc3339()),
        "profile": selection.purpose.map(|purpose| purpose.as_str()),
    });
    Record::new(AuditAct::RevocationOrder, "certificates").with(facts)
}

/// A notice to each account that has a mail address.
fn mails(
    db: &mut Db,
    moved: &[Certificate],
    order: Order,
    notice: Notice<'_>,
    at: DateTime<Utc>,
) -> StoreResult<Vec<NewMail>> {
    let mut mails = Vec::new();
    for some in moved.chunks(10_000) {
        let owners: Vec<i64> = some.iter().filter_map(|one| one.account_id).collect();
        let owners = account::load_many(db, &owners)?;
        mails.extend(some.iter().filter_map(|one| {
            let owner = owners.get(&one.account_id?)?;
            let reason = match order {
                Order::Revoke(reason) => Some(reason.as_str().to_owned()),
                Order::Release => None,
            };
            Some(NewMail {
                kind: order.mail(),
                to_address: owner.mail_address.clone()?,
                facts: MailFacts {
                    user_id: owner.user_id.to_string(),
                    name: owner.name.clone(),
                    reason,
                    until: Some(one.not_after),
                    ..MailFacts::default()
                },
                message_id: draw_message_id(at, notice.random, notice.host),
            })
        }));
    }
    Ok(mails)
}
