//! Step 2 of the issuance cycle: an operator says no (J3.1), with a reason that the applicant reads.
use chrono::{DateTime, Utc};

use super::approve_requests::{Decision, decidable};
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::mail::{MailFacts, MailKind, draw_message_id};
use crate::domain::random::Random;
use crate::domain::request::{RequestEvent, RequestId, RequestState};
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::operator::Operator;
use crate::store::outbox::NewMail;
use crate::store::request::Change;
use crate::store::{Store, StoreResult, approval, audit, outbox, request};

/// What is told to the applicant.
#[derive(Debug, Clone, Copy)]
pub struct Rejection<'a> {
    /// The reason, as the applicant will read it.
    pub reason: &'a str,
    /// Host name for the Message-ID of the notice.
    pub host: &'a str,
}

/// Rejects what can be rejected; says for each request what came of it. The sealed passwords go, and
/// so do the approvals of those that had failed.
pub fn reject_requests(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    operator: &Operator,
    ids: &[RequestId],
    rejection: Rejection<'_>,
) -> StoreResult<Vec<(RequestId, Decision)>> {
    store.step("reject", |db| {
        let mut outcomes = Vec::with_capacity(ids.len());
        let mut records = Vec::new();
        let mut mails = Vec::new();
        for id in ids {
            let (held, account) = match decidable(db, operator, id)? {
                Ok(found) => found,
                Err(refusal) => {
                    outcomes.push((id.clone(), refusal));
                    continue;
                }
            };
            if !matches!(held.state, RequestState::Pending | RequestState::Failed) {
                outcomes.push((id.clone(), Decision::NotPending(held.state)));
                continue;
            }
            let change = Change {
                decided_at: Some(at),
                rejection_reason: Some(rejection.reason.to_owned()),
                wipe_password: true,
                ..Change::default()
            };
            request::advance(db, &held, RequestEvent::Reject, &change, at)?;
            approval::delete(db, id)?;
            let record = Record::new(AuditAct::RequestReject, format!("request:{id}"));
            records.push(record.with(serde_json::json!({ "reason": rejection.reason })));
            mails.extend(notice(random, &account, rejection, at));
            outcomes.push((id.clone(), Decision::Done));
        }
        if !mails.is_empty() {
            outbox::insert(db, &mails, at)?;
        }
        audit::append(
            db,
            &Act::new(Actor::Operator(operator.name.clone()), at),
            &records,
        )?;
        Ok(outcomes)
    })
}

fn notice(
    random: &dyn Random,
    account: &Account,
    rejection: Rejection<'_>,
    at: DateTime<Utc>,
) -> Option<NewMail> {
    Some(NewMail {
        kind: MailKind::RequestRejected,
        to_address: account.mail_address.clone()?,
        facts: MailFacts {
            user_id: account.user_id.to_string(),
            name: account.name.clone(),
            reason: Some(rejection.reason.to_owned()),
            ..MailFacts::default()
        },
        message_id: draw_message_id(at, random, rejection.host),
    })
}
