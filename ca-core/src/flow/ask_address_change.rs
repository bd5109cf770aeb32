//! An account asks for another mail address: a code goes to the new one and another to the old one.
use chrono::{DateTime, Utc};
use secrecy::ExposeSecret;

use super::owe_mail::{Postmark, facts_of};
use crate::domain::account::{MailAddressError, mail_address};
use crate::domain::actor::{Act, Actor};
use crate::domain::address_change::{AddressChangeState, LIFE, MOST_ASKED, is_alive};
use crate::domain::audit_act::AuditAct;
use crate::domain::mail::{MailFacts, MailKind};
use crate::domain::password::ProofCode;
use crate::domain::random;
use crate::store::account::Account;
use crate::store::address_change::AddressChange;
use crate::store::audit::Record;
use crate::store::{Db, Store, StoreError, account, address_change, audit, outbox};

/// Why nothing was begun.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Not a mail address.
    #[error(transparent)]
    Address(#[from] MailAddressError),
    /// It is the address already.
    #[error("this is the mail address that is registered already")]
    Same,
    /// Another change waits.
    #[error("another change is waiting; take it back first")]
    Waiting,
    /// Too many changes within a day.
    #[error("too many changes were asked for today; try again tomorrow")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What the code of the new address is for; the change's name is part of it.
pub(super) fn for_new(id: &str) -> String {
    format!("{id}:new")
}

/// What the code of the old address is for.
pub(super) fn for_old(id: &str) -> String {
    format!("{id}:old")
}

/// Begins a change; an earlier one whose time is over is settled first.
pub fn ask_address_change(
    store: &Store,
    postmark: Postmark<'_>,
    at: DateTime<Utc>,
    account_id: i64,
    typed: &str,
) -> Result<AddressChange, AskError> {
    let new_address = mail_address(typed.trim())?;
    store.transaction(|db| {
        let account = account::lock(db, account_id)?;
        let is_same = |old: &String| old.eq_ignore_ascii_case(&new_address);
        if account.mail_address.as_ref().is_some_and(is_same) {
            return Err(AskError::Same);
        }
        let mut records = Vec::new();
        if let Some(earlier) = address_change::waiting(db, account.id)? {
            if is_alive(earlier.ends_at, at) {
                return Err(AskError::Waiting);
            }
            records.push(lapse(db, &account, earlier, at)?);
        }
        if address_change::count_since(db, account.id, at - LIFE)? >= MOST_ASKED {
            return Err(AskError::TooMany);
        }
        let change = begin(db, postmark, &account, new_address, at)?;
        let facts = serde_json::json!({ "old": change.old_address, "new": change.new_address });
        let record = Record::new(AuditAct::AddressAsk, format!("account:{}", account.user_id));
        records.push(record.with(facts));
        let act = Act::new(Actor::Applicant(account.user_id), at);
        audit::append(db, &act, &records)?;
        Ok(change)
    })
}

fn lapse(
    db: &mut Db,
    account: &Account,
    earlier: AddressChange,
    at: DateTime<Utc>,
) -> Result<Record, StoreError> {
    let lapsed = AddressChange {
        state: AddressChangeState::Lapsed,
        settled_at: Some(at),
        ..earlier
    };
    address_change::save(db, &lapsed)?;
    Ok(Record::new(
        AuditAct::AddressLapse,
        format!("account:{}", account.user_id),
    ))
}

/// Stores the change with the hashes of two fresh codes, and owes the mails that carry them.
fn begin(
    db: &mut Db,
    postmark: Postmark<'_>,
    account: &Account,
    new_address: String,
    at: DateTime<Utc>,
) -> Result<AddressChange, StoreError> {
    let id = hex::encode(random::bytes::<16>(postmark.random));
    let (new, old) = (
        ProofCode::draw(postmark.random),
        ProofCode::draw(postmark.random),
    );
    let ends_at = at + LIFE;
    let carrying = |code: &ProofCode| MailFacts {
        code: Some(code.grouped().expose_secret().to_owned()),
        until: Some(ends_at),
        ..facts_of(account)
    };
    let mut mails = vec![postmark.mail(MailKind::AddressProof, &new_address, carrying(&new), at)];
    if let Some(address) = &account.mail_address {
        mails.push(postmark.mail(MailKind::AddressChangeAsked, address, carrying(&old), at));
    }
    let change = AddressChange {
        account_id: account.id,
        old_code_hash: account
            .mail_address
            .as_ref()
            .map(|_| old.hash(&for_old(&id))),
        old_address: account.mail_address.clone(),
        new_address,
        new_code_hash: new.hash(&for_new(&id)),
        state: AddressChangeState::Waiting,
        new_proven_at: None,
        old_proven_at: None,
        confirmed_by: None,
        wrong_tries: 0,
        requested_at: at,
        ends_at,
        settled_at: None,
        id,
    };
    address_change::insert(db, &change)?;
    outbox::insert(db, &mails, at)?;
    Ok(change)
}
