//! An operator agrees to a change of a mail address in the old address's stead, or refuses it.
use chrono::{DateTime, Utc};

use super::approve_requests::{Decision, partiality};
use super::owe_mail::Postmark;
use super::prove_address::{Proof, record, settle};
use crate::domain::account::AccountStatus;
use crate::domain::actor::{Act, Actor};
use crate::domain::address_change::{AddressChangeState, is_alive};
use crate::domain::audit_act::AuditAct;
use crate::store::account::Account;
use crate::store::address_change::AddressChange;
use crate::store::operator::Operator;
use crate::store::{Db, Store, StoreResult, account, address_change, audit};

/// What came of a decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AddressDecision {
    /// Agreed to, and in effect: the new address had proven itself.
    Changed,
    /// Agreed to; the new address has to prove itself.
    Agreed,
    /// Refused.
    Rejected,
    /// It no longer waits, or its time is over, or the register has got another address meanwhile.
    NothingWaits,
    /// This operator may not decide for this account, or the account is switched off.
    NotAllowed(Decision),
}

/// Agrees to the change named `id`.
pub fn confirm_address_change(
    store: &Store,
    postmark: Postmark<'_>,
    at: DateTime<Utc>,
    operator: &Operator,
    id: &str,
) -> StoreResult<AddressDecision> {
    store.transaction(|db| {
        let (account, mut change) = match decidable(db, operator, id, at)? {
            Ok(found) => found,
            Err(refusal) => return Ok(refusal),
        };
        change.confirmed_by = Some(operator.name.clone());
        let mut records = vec![record(AuditAct::AddressConfirm, &account)];
        let settled = settle(db, postmark, &account, &mut change, at)?;
        records.extend(settled.iter().map(|(_, record)| record.clone()));
        let act = Act::new(Actor::Operator(operator.name.clone()), at);
        audit::append(db, &act, &records)?;
        Ok(match settled {
            None => AddressDecision::Agreed,
            Some((Proof::Changed, _)) => AddressDecision::Changed,
            Some(_) => AddressDecision::NothingWaits,
        })
    })
}

/// Refuses the change named `id`.
pub fn reject_address_change(
    store: &Store,
    at: DateTime<Utc>,
    operator: &Operator,
    id: &str,
) -> StoreResult<AddressDecision> {
    store.transaction(|db| {
        let (account, mut change) = match decidable(db, operator, id, at)? {
            Ok(found) => found,
            Err(refusal) => return Ok(refusal),
        };
        change.state = AddressChangeState::Rejected;
        change.confirmed_by = Some(operator.name.clone());
        change.settled_at = Some(at);
        address_change::save(db, &change)?;
        let act = Act::new(Actor::Operator(operator.name.clone()), at);
        audit::append(db, &act, &[record(AuditAct::AddressReject, &account)])?;
        Ok(AddressDecision::Rejected)
    })
}

/// The change and its account, both held, if this operator may decide on them.
fn decidable(
    db: &mut Db,
    operator: &Operator,
    id: &str,
    at: DateTime<Utc>,
) -> StoreResult<Result<(Account, AddressChange), AddressDecision>> {
    let Some(named) = address_change::find(db, id)? else {
        return Ok(Err(AddressDecision::NothingWaits));
    };
    let account = account::lock(db, named.account_id)?;
    // Read again under the account's lock: it may have been settled meanwhile.
    let waiting = address_change::waiting(db, account.id)?;
    let alive = |change: &AddressChange| change.id == id && is_alive(change.ends_at, at);
    let Some(change) = waiting.filter(alive) else {
        return Ok(Err(AddressDecision::NothingWaits));
    };
    if let Some(refusal) = partiality(operator, &account) {
        return Ok(Err(AddressDecision::NotAllowed(refusal)));
    }
    if account.status != AccountStatus::Active {
        let refusal = Decision::AccountDisabled;
        return Ok(Err(AddressDecision::NotAllowed(refusal)));
    }
    Ok(Ok((account, change)))
}
