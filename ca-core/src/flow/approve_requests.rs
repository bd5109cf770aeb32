//! Step 2 of the issuance cycle: an operator says yes (J3.1), to one request or to many.
use chrono::{DateTime, Utc};

use crate::domain::account::AccountStatus;
use crate::domain::actor::{Act, Actor};
use crate::domain::approval::{ApprovalKey, ApprovalScope, Statement, digest};
use crate::domain::audit_act::AuditAct;
use crate::domain::request::{RequestEvent, RequestId, RequestState};
use crate::store::account::Account;
use crate::store::approval::Approval;
use crate::store::audit::Record;
use crate::store::operator::Operator;
use crate::store::request::{Change, Request};
use crate::store::{Db, Store, StoreError, StoreResult, account, approval, audit, request};

/// A request as the operator saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The request.
    pub request_id: RequestId,
    /// The digest that the page showed ([`digest_of`]).
    pub digest: String,
}

/// Why a decision was refused, or that it was not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Done.
    Done,
    /// There is no such request.
    NoSuchRequest,
    /// It is decided already, or was withdrawn.
    NotPending(RequestState),
    /// It is no longer what the page showed.
    Changed,
    /// The operator registered this account.
    RegisteredBySelf,
    /// The operator was the last to change the account's name, post address or mail address.
    ContactChangedBySelf,
    /// It is the operator's own account.
    OwnAccount,
    /// The account is switched off.
    AccountDisabled,
    /// Done, and it waits for an approval again: the one it had does not hold.
    AskedAgain,
}

impl Decision {
    /// Whether something was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::AskedAgain)
    }
}

/// Why this operator may not decide about a request or a reissue of this account, if so. Pages ask before they offer it.
pub fn objection(operator: &Operator, account: &Account) -> Option<Decision> {
    let changed = account.contact_changes.includes_one_by(&operator.name);
    partiality(operator, account).or(changed.then_some(Decision::ContactChangedBySelf))
}

/// Why this operator may decide nothing at all about this account, if so.
pub fn partiality(operator: &Operator, account: &Account) -> Option<Decision> {
    if account.registered_by.eq_ignore_ascii_case(&operator.name) {
        return Some(Decision::RegisteredBySelf);
    }
    if operator.own_user_id.as_ref() == Some(&account.user_id) {
        return Some(Decision::OwnAccount);
    }
    None
}

/// The digest of a request as it stands; `None` once its password is gone.
pub fn digest_of(request: &Request, account: &Account) -> Option<String> {
    let sealed = request.sealed()?;
    Some(digest(&ApprovalScope {
        request_id: &request.id,
        user_id: &account.user_id,
        subject: &request.subject,
        kind: request.kind,
        profile: &request.profile,
        sealed_password: &sealed,
    }))
}

/// Approves what can be approved; says for each request what came of it.
///
/// One transaction: each approval is a record of its own, with the digest of what was seen and the code over it by
/// which the worker knows that the console made it.
pub fn approve_requests(
    store: &Store,
    key: &ApprovalKey,
    at: DateTime<Utc>,
    operator: &Operator,
    seen: &[Seen],
) -> StoreResult<Vec<(RequestId, Decision)>> {
    store.step("approve", |db| {
        let mut outcomes = Vec::with_capacity(seen.len());
        let mut records = Vec::new();
        for one in seen {
            let decision = approve_one(db, key, at, operator, one)?;
            if decision == Decision::Done {
                let record = Record::new(
                    AuditAct::RequestApprove,
                    format!("request:{}", one.request_id),
                );
                records.push(record.with(serde_json::json!({ "digest": one.digest })));
            }
            outcomes.push((one.request_id.clone(), decision));
        }
        audit::append(
            db,
            &Act::new(Actor::Operator(operator.name.clone()), at),
            &records,
        )?;
        Ok(outcomes)
    })
}

fn approve_one(
    db: &mut Db,
    key: &ApprovalKey,
    at: DateTime<Utc>,
    operator: &Operator,
    seen: &Seen,
) -> Result<Decision, StoreError> {
    let (held, account) = match decidable(db, operator, &seen.request_id)? {
        Ok(found) => found,
        Err(refusal) => return Ok(refusal),
    };
    if held.state != RequestState::Pending {
        return Ok(Decision::NotPending(held.state));
    }
    if account.status != AccountStatus::Active {
        return Ok(Decision::AccountDisabled);
    }
    if digest_of(&held, &account).as_deref() != Some(seen.digest.as_str()) {
        return Ok(Decision::Changed);
    }
    let change = Change {
        decided_at: Some(at),
        ..Change::default()
    };
    request::advance(db, &held, RequestEvent::Approve, &change, at)?;
    // As it will be read from its column, to the millisecond.
    let statement = Statement {
        digest: &seen.digest,
        operator_id: operator.id,
        operator_name: &operator.name,
        approved_at: at,
    };
    let record = Approval {
        request_id: held.id.clone(),
        operator_id: operator.id,
        approved_at: at,
        digest: seen.digest.clone(),
        mac: key.mac(&statement),
    };
    approval::replace(db, &record)?;
    if !account.contact_changes.is_empty() {
        let left = account.contact_changes.after_approval(held.submitted_at);
        account::settle_contact_changes(db, &account, &left)?;
    }
    Ok(Decision::Done)
}

/// The request and its account, held, if this operator may decide on them.
pub(super) fn decidable(
    db: &mut Db,
    operator: &Operator,
    id: &RequestId,
) -> StoreResult<Result<(Request, Account), Decision>> {
    let Some(held) = request::lock(db, id)? else {
        return Ok(Err(Decision::NoSuchRequest));
    };
    let account = account::load(db, held.account_id)?;
    Ok(match objection(operator, &account) {
        Some(refusal) => Err(refusal),
        None => Ok((held, account)),
    })
}
