//! Whether an approval holds: asked by the worker before it signs, and by the console before a retry.
//!
//! Nothing here trusts a state column, nor a record that somebody with the database's password can write.
use chrono::{DateTime, Utc};

use super::approve_requests::{digest_of, objection};
use crate::domain::approval::{ApprovalKey, Statement};
use crate::domain::certificate::{OperatorStatus, Purpose};
use crate::queue::evidence::Evidence;
use crate::store::account::Account;
use crate::store::request::Request;

/// Why nothing is signed on this approval. Operators read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// There is none.
    #[error("there is no approval for it")]
    NoApproval,
    /// The request is not what was seen.
    #[error("it is not what the operator approved")]
    Changed,
    /// An approval from before approvals carried a code.
    #[error("its approval is from before approvals carried a code")]
    NoCode,
    /// The code was not made with the console's key.
    #[error("its approval was not made at the console: the code does not fit")]
    Forged,
    /// The operator's row is not there or cannot be read.
    #[error("the operator who is said to have approved it is not known")]
    NoOperator,
    /// The operator was switched off.
    #[error("operator {0}, who approved it, is switched off")]
    Disabled(String),
    /// Nobody decides about an own account, or one that they registered or changed.
    #[error(
        "operator {0}, who approved it, owns or registered the account, or last changed its name, post address or mail address"
    )]
    Partial(String),
    /// The operator's certificate is not recorded, over, held or revoked.
    #[error("the certificate of operator {0}, who approved it, is not valid")]
    Certificate(String),
    /// It was issued, rejected or withdrawn before.
    #[error("it was issued, rejected or withdrawn before")]
    Ended,
}

/// Judges the approval of `request` at the instant `at`.
///
/// # Errors
/// The first reason why nothing may be signed on it.
pub fn judge_approval(
    key: &ApprovalKey,
    request: &Request,
    account: &Account,
    evidence: &Evidence,
    at: DateTime<Utc>,
) -> Result<(), Doubt> {
    let approval = evidence.approval.as_ref().ok_or(Doubt::NoApproval)?;
    if digest_of(request, account).as_deref() != Some(approval.digest.as_str()) {
        return Err(Doubt::Changed);
    }
    if approval.mac.is_empty() {
        return Err(Doubt::NoCode);
    }
    let operator = evidence.operator.as_ref().ok_or(Doubt::NoOperator)?;
    let statement = Statement {
        digest: &approval.digest,
        operator_id: operator.id,
        operator_name: &operator.name,
        approved_at: approval.approved_at,
    };
    if !key.verifies(&statement, &approval.mac) {
        return Err(Doubt::Forged);
    }
    if operator.status != OperatorStatus::Active {
        return Err(Doubt::Disabled(operator.name.clone()));
    }
    if objection(operator, account).is_some() {
        return Err(Doubt::Partial(operator.name.clone()));
    }
    let certified = evidence.certificate.as_ref().is_some_and(|held| {
        held.purpose == Purpose::Operator
            && operator.certificate_spki_sha256.as_deref() == Some(held.spki_sha256.as_str())
            && held.holds_at(at)
    });
    if !certified {
        return Err(Doubt::Certificate(operator.name.clone()));
    }
    if evidence.ended {
        return Err(Doubt::Ended);
    }
    Ok(())
}
