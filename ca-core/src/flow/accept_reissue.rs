//! An operator accepts a reissue application (J8.2, J8.3): in one transaction everything of the account that a
//! finder of the letter could use is void, and a new letter is due.
//!
//! **The race with a worker.** Rows are held in the order request, account, certificates, as a worker holds them.
//! A worker that has the request in hand either recorded its certificate before (then it is here, and is revoked),
//! or finds its request withdrawn when it wants to record it (then its serial, abandoned here already, never
//! becomes a certificate).
use chrono::{DateTime, Utc};

use super::abandon::abandon;
use super::approve_requests::{Decision, objection};
use super::revoke_certificates::revoke_in;
use crate::domain::account::AccountStatus;
use crate::domain::actor::{Act, Actor};
use crate::domain::address_change::AddressChangeState;
use crate::domain::audit_act::AuditAct;
use crate::domain::mail::{MailFacts, MailKind, draw_message_id};
use crate::domain::random::Random;
use crate::domain::reissue::{Lost, ReissueId, ReissueState};
use crate::domain::request::RequestEvent;
use crate::domain::revocation::RevocationReason;
use crate::domain::session::TryScope;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::operator::Operator;
use crate::store::outbox::NewMail;
use crate::store::reissue::{Decided, Reissue};
use crate::store::request::{Change, Request};
use crate::store::{
    Db, Store, StoreResult, account, address_change, approval, audit, certificate, intent, outbox,
    reissue, request, session, try_counter,
};

/// What came of a decision about an application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReissueDecision {
    /// Done.
    Done,
    /// There is no such application.
    NoSuchApplication,
    /// It is decided already.
    NotWaiting(ReissueState),
    /// Its user ID is nobody's.
    NoSuchAccount,
    /// This operator may not decide for this account, or the account is switched off.
    Refused(Decision),
}

/// What goes with an acceptance.
#[derive(Debug, Clone, Copy)]
pub struct Acceptance<'a> {
    /// How the operator made sure who asked.
    pub note: Option<&'a str>,
    /// Host name for the Message-ID of the notice.
    pub host: &'a str,
}

/// Accepts one application.
pub fn accept_reissue(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    operator: &Operator,
    id: &ReissueId,
    acceptance: Acceptance<'_>,
) -> StoreResult<ReissueDecision> {
    let act = Act::new(Actor::Operator(operator.name.clone()), at);
    store.step("reissue", |db| {
        let Some(applied) = reissue::lock(db, id)? else {
            return Ok(ReissueDecision::NoSuchApplication);
        };
        if applied.state != ReissueState::Waiting {
            return Ok(ReissueDecision::NotWaiting(applied.state));
        }
        let Some(account) = account::find(db, &applied.user_id)? else {
            return Ok(ReissueDecision::NoSuchAccount);
        };
        if let Some(refusal) = refusal(operator, &account) {
            return Ok(ReissueDecision::Refused(refusal));
        }
        let lost = reissue::lost_of_waiting(db, &applied.user_id)?;
        let reason = Lost::revocation_reason(&lost);
        let (held, mut records) = void(db, &account, reason, at)?;
        settle(db, &applied, operator, acceptance.note, at)?;
        if let Some(mail) = notice(random, &held, acceptance.host, at) {
            outbox::insert(db, &[mail], at)?;
        }
        let record = Record::new(AuditAct::ReissueAccept, format!("account:{}", held.user_id));
        let facts = serde_json::json!({
            "reissue": id.as_str(), "note": acceptance.note, "reason": reason.as_str(),
        });
        records.push(record.with(facts));
        audit::append(db, &act, &records)?;
        Ok(ReissueDecision::Done)
    })
}

/// Why this operator may not accept for this account, if so. Pages ask before they offer it.
pub fn refusal(operator: &Operator, account: &Account) -> Option<Decision> {
    let disabled = account.status != AccountStatus::Active;
    objection(operator, account).or(disabled.then_some(Decision::AccountDisabled))
}

/// Everything that the old passwords open ends; returns the account as it was held.
fn void(
    db: &mut Db,
    account: &Account,
    reason: RevocationReason,
    at: DateTime<Utc>,
) -> StoreResult<(Account, Vec<Record>)> {
    // Whoever sends a request holds the session first, then the account: here too.
    session::delete_of_account(db, account.id, None)?;
    let mut records = Vec::new();
    if let Some(open) = hold_open(db, account.id)? {
        records.push(withdraw(db, &open, at)?);
    }
    let held = account::lock(db, account.id)?;
    // One that was sent between the two looks; nobody can send another while the account is held.
    if let Some(open) = hold_open(db, account.id)? {
        records.push(withdraw(db, &open, at)?);
    }
    session::delete_of_account(db, account.id, None)?;
    records.extend(end_address_change(db, &held, at)?);
    let serials: Vec<_> = certificate::of_account(db, account.id)?
        .into_iter()
        .map(|one| one.serial)
        .collect();
    let (_, revoked) = revoke_in(db, &serials, reason, at)?;
    records.extend(revoked);
    account::remember_login_password(db, account.id)?;
    account::void_passwords(db, account.id, at)?;
    for scope in [TryScope::Login, TryScope::Issuance] {
        try_counter::clear(db, scope, account.user_id.as_str())?;
    }
    Ok((held, records))
}

/// A change of mail address that is under way would turn the next notices to whoever asked for it.
fn end_address_change(
    db: &mut Db,
    account: &Account,
    at: DateTime<Utc>,
) -> StoreResult<Option<Record>> {
    let Some(mut change) = address_change::waiting(db, account.id)? else {
        return Ok(None);
    };
    change.state = AddressChangeState::Void;
    change.settled_at = Some(at);
    address_change::save(db, &change)?;
    let record = Record::new(
        AuditAct::AddressVoid,
        format!("account:{}", account.user_id),
    );
    Ok(Some(record))
}

/// The account's open request, held; none if it was answered while we waited for it.
fn hold_open(db: &mut Db, account_id: i64) -> StoreResult<Option<Request>> {
    let Some(open) = request::open_of_account(db, account_id)? else {
        return Ok(None);
    };
    Ok(request::lock(db, &open.id)?.filter(|held| held.state.is_open()))
}

fn withdraw(db: &mut Db, open: &Request, at: DateTime<Utc>) -> StoreResult<Record> {
    let change = Change {
        wipe_password: true,
        ..Change::default()
    };
    request::advance(db, open, RequestEvent::Void, &change, at)?;
    approval::delete(db, &open.id)?;
    let drawn: Vec<_> = intent::of_request(db, &open.id)?
        .into_iter()
        .map(|intent| intent.serial)
        .collect();
    let abandoned = abandon(db, &drawn, at)?;
    let facts = serde_json::json!({ "was": open.state.as_str(), "abandoned": abandoned.len() });
    Ok(Record::new(AuditAct::RequestVoid, format!("request:{}", open.id)).with(facts))
}

fn settle(
    db: &mut Db,
    applied: &Reissue,
    operator: &Operator,
    note: Option<&str>,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let decided = |state, note| Decided {
        state,
        by: &operator.name,
        note,
        at,
    };
    reissue::decide(db, &applied.id, decided(ReissueState::Accepted, note))?;
    let others = decided(ReissueState::Settled, None);
    reissue::settle_others(db, &applied.user_id, others)?;
    Ok(())
}

fn notice(
    random: &dyn Random,
    account: &Account,
    host: &str,
    at: DateTime<Utc>,
) -> Option<NewMail> {
    Some(NewMail {
        kind: MailKind::ReissueAccepted,
        to_address: account.mail_address.clone()?,
        facts: MailFacts {
            user_id: account.user_id.to_string(),
            name: account.name.clone(),
            ..MailFacts::default()
        },
        message_id: draw_message_id(at, random, host),
    })
}
