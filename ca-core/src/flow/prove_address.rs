//! A code is typed on the portal: the new address proves itself, or the old one agrees.
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::ask_address_change::{for_new, for_old};
use super::owe_mail::{Postmark, facts_of};
use crate::domain::actor::{Act, Actor};
use crate::domain::address_change::{AddressChangeState, MOST_WRONG, is_alive};
use crate::domain::audit_act::AuditAct;
use crate::domain::mail::{MailFacts, MailKind};
use crate::domain::password::proves;
use crate::store::account::Account;
use crate::store::address_change::AddressChange;
use crate::store::audit::Record;
use crate::store::{Db, Store, StoreResult, account, address_change, audit, outbox};

/// What came of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// No change waits, or its time is over.
    NothingWaits,
    /// Wrong; so many tries remain.
    Wrong {
        /// Tries that remain; at 0 the change has ended.
        left: i64,
    },
    /// The new address is proven; the old one or an operator has to agree.
    NewProven,
    /// The old address agrees; the new one has to prove itself.
    OldAgreed,
    /// The address was changed.
    Changed,
    /// The register has got another address meanwhile: the change ended without effect.
    Overtaken,
}

/// Takes a code of either mail. Tries are counted before anybody learns whether they were right.
pub fn prove_address(
    store: &Store,
    postmark: Postmark<'_>,
    at: DateTime<Utc>,
    account_id: i64,
    typed: &SecretString,
) -> StoreResult<Proof> {
    store.transaction(|db| {
        let account = account::lock(db, account_id)?;
        let waiting = address_change::waiting(db, account.id)?;
        let Some(mut change) = waiting.filter(|change| is_alive(change.ends_at, at)) else {
            return Ok(Proof::NothingWaits);
        };
        let by_new = proves(typed, &for_new(&change.id), &change.new_code_hash);
        let stored = change.old_code_hash.as_deref();
        let by_old = stored.is_some_and(|hash| proves(typed, &for_old(&change.id), hash));
        let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
        if !by_new && !by_old {
            return wrong(db, &act, &account, change);
        }
        if by_new {
            change.new_proven_at.get_or_insert(at);
        }
        if by_old {
            change.old_proven_at.get_or_insert(at);
        }
        let step = if by_new {
            AuditAct::AddressProve
        } else {
            AuditAct::AddressAgree
        };
        let mut records = vec![record(step, &account)];
        let settled = settle(db, postmark, &account, &mut change, at)?;
        records.extend(settled.iter().map(|(_, record)| record.clone()));
        audit::append(db, &act, &records)?;
        Ok(match settled {
            Some((proof, _)) => proof,
            None if by_new => Proof::NewProven,
            None => Proof::OldAgreed,
        })
    })
}

/// Takes the waiting change back.
pub fn withdraw_address_change(
    store: &Store,
    at: DateTime<Utc>,
    account_id: i64,
) -> StoreResult<bool> {
    store.transaction(|db| {
        let account = account::lock(db, account_id)?;
        let Some(mut change) = address_change::waiting(db, account.id)? else {
            return Ok(false);
        };
        change.state = AddressChangeState::Withdrawn;
        change.settled_at = Some(at);
        address_change::save(db, &change)?;
        let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
        audit::append(db, &act, &[record(AuditAct::AddressWithdraw, &account)])?;
        Ok(true)
    })
}

fn wrong(
    db: &mut Db,
    act: &Act,
    account: &Account,
    mut change: AddressChange,
) -> StoreResult<Proof> {
    change.wrong_tries += 1;
    let left = (MOST_WRONG - change.wrong_tries).max(0);
    let mut records = vec![record(AuditAct::AddressWrongCode, account)];
    if left == 0 {
        change.state = AddressChangeState::Failed;
        change.settled_at = Some(act.at);
        records.push(record(AuditAct::AddressFail, account));
    }
    address_change::save(db, &change)?;
    audit::append(db, act, &records)?;
    Ok(Proof::Wrong { left })
}

pub(super) fn record(act: AuditAct, account: &Account) -> Record {
    Record::new(act, format!("account:{}", account.user_id))
}

/// Saves a change, and lets it take effect if enough has been agreed to; then both addresses are told.
pub(super) fn settle(
    db: &mut Db,
    postmark: Postmark<'_>,
    account: &Account,
    change: &mut AddressChange,
    at: DateTime<Utc>,
) -> StoreResult<Option<(Proof, Record)>> {
    if !change.agreed().is_enough() {
        address_change::save(db, change)?;
        return Ok(None);
    }
    change.settled_at = Some(at);
    if account.mail_address != change.old_address {
        change.state = AddressChangeState::Overtaken;
        address_change::save(db, change)?;
        return Ok(Some((
            Proof::Overtaken,
            record(AuditAct::AddressOvertaken, account),
        )));
    }
    change.state = AddressChangeState::Done;
    address_change::save(db, change)?;
    account::set_mail_address(db, account.id, &change.new_address, at)?;
    let by = match &change.confirmed_by {
        Some(operator) => Actor::Operator(operator.clone()),
        None => Actor::Applicant(account.user_id.clone()),
    };
    account::note_contact_change(db, account, &by.to_string(), at)?;
    let facts = MailFacts {
        until: Some(at),
        ..facts_of(account)
    };
    let told = change.old_address.iter().chain([&change.new_address]);
    let mails: Vec<_> = told
        .map(|address| postmark.mail(MailKind::AddressChanged, address, facts.clone(), at))
        .collect();
    outbox::insert(db, &mails, at)?;
    let facts = serde_json::json!({
        "old": change.old_address, "new": change.new_address, "operator": change.confirmed_by,
    });
    Ok(Some((
        Proof::Changed,
        record(AuditAct::AddressChange, account).with(facts),
    )))
}
