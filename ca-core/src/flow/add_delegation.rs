//! An operator enters one delegation in the console; never for an account that is the operator's own business.
use chrono::{DateTime, Utc};

use super::approve_requests::{Decision, objection};
use super::import_delegations::{ImportDelegationsError, Unfit, import_delegations};
use crate::domain::actor::{Act, Actor};
use crate::domain::delegation::{DelegationDetails, DelegationField};
use crate::domain::delegation_csv::DelegationLine;
use crate::store::operator::Operator;
use crate::store::{Store, StoreError, account};

/// Why nothing was entered.
#[derive(Debug, thiserror::Error)]
pub enum AddDelegationError {
    /// The operator registered one of the two, or is one of them.
    #[error("another operator has to enter a delegation of this account")]
    NotAllowed(DelegationField, Decision),
    /// The register does not bear it out.
    #[error("{0}: {1}")]
    Unfit(DelegationField, Unfit),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Enters it. The same office, agent and first day again is the same delegation, and takes the new last day.
pub fn add_delegation(
    store: &Store,
    operator: &Operator,
    at: DateTime<Utc>,
    details: DelegationDetails,
) -> Result<(), AddDelegationError> {
    let parties = [
        (DelegationField::Office, &details.office),
        (DelegationField::Agent, &details.agent),
    ];
    for (field, user_id) in parties {
        // Who registered an account, and whose it is, never changes.
        let found = store.read(|db| account::find(db, user_id))?;
        if let Some(decision) = found.and_then(|account| objection(operator, &account)) {
            return Err(AddDelegationError::NotAllowed(field, decision));
        }
    }
    let act = Act::new(Actor::Operator(operator.name.clone()), at);
    let line = DelegationLine { line: 1, details };
    match import_delegations(store, &act, &[line], false) {
        Ok(_) => Ok(()),
        Err(ImportDelegationsError::Store(error)) => Err(error.into()),
        Err(ImportDelegationsError::Faults(faults)) => Err(match faults.into_iter().next() {
            Some(fault) => AddDelegationError::Unfit(fault.column, fault.reason),
            None => StoreError::Missing("the fault of a delegation".into()).into(),
        }),
    }
}
