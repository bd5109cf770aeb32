//! Step 1 of the issuance cycle: an applicant asks for a certificate (J2.5–J2.7).
use chrono::{DateTime, Utc};

use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::CertificateStatus;
use crate::domain::distinguished_name::DistinguishedNameError;
use crate::domain::profile::Profile;
use crate::domain::renewal::opens_at;
use crate::domain::request::RequestKind;
use crate::domain::session::Stage;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::request::{NewRequest, Request};
use crate::store::session::Session;
use crate::store::{Db, Store, StoreError, account, audit, certificate, request, session};

/// What came of sending the form.
#[derive(Debug)]
pub enum Submitted {
    /// A new request waits for an operator.
    New(Box<Request>),
    /// There is an open request already, perhaps from the same form sent twice: here it is.
    AlreadyOpen(Box<Request>),
}

/// Why nothing was asked for.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The gate was not passed, or the session ended.
    #[error("the issuance password has to be entered first")]
    GateNotPassed,
    /// A certificate is valid for longer than a month.
    #[error("a certificate is valid; the next one can be asked for from {from}")]
    TooEarly {
        /// From when on a renewal may be asked for.
        from: DateTime<Utc>,
    },
    /// The user ID cannot stand in a certificate's subject.
    #[error(transparent)]
    Subject(#[from] DistinguishedNameError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Turns the session's draft into a pending request. Sent twice, it gives one request.
pub fn submit_request(
    store: &Store,
    at: DateTime<Utc>,
    asking: &Session,
    profile: &Profile,
    promised_at: Option<DateTime<Utc>>,
) -> Result<Submitted, SubmitError> {
    store.step("submit", |db| {
        let session = session::lock(db, &asking.id_hash).map_err(|_| SubmitError::GateNotPassed)?;
        let account_id = session.account_id.ok_or(SubmitError::GateNotPassed)?;
        let account = account::lock(db, account_id)?;
        if let Some(open) = request::open_of_account(db, account.id)? {
            return Ok(Submitted::AlreadyOpen(Box::new(open)));
        }
        if session.stage < Stage::GatePassed {
            return Err(SubmitError::GateNotPassed);
        }
        let kind = kind_of_next(db, account.id, at)?;
        let draft = session.draft().ok_or(SubmitError::GateNotPassed)?;
        let subject = profile.subject_of(account.user_id.as_str())?.to_string();
        let new = NewRequest {
            id: &draft.request_id,
            account_id: account.id,
            kind,
            profile: profile.name().as_str(),
            subject: &subject,
            sealed: &draft.sealed_password,
            submitted_at: at,
            promised_at,
        };
        request::insert(db, &new)?;
        session::clear_draft(db, &session.id_hash)?;
        let stored = request::find(db, &draft.request_id)?
            .ok_or_else(|| StoreError::Missing(format!("request {}", draft.request_id)))?;
        let record = Record::new(
            AuditAct::RequestSubmit,
            format!("request:{}", draft.request_id),
        );
        let facts = serde_json::json!({
            "user_id": account.user_id.as_str(), "kind": kind.as_str(), "subject": subject,
        });
        let act = Act::new(Actor::Applicant(account.user_id), at);
        audit::append(db, &act, &[record.with(facts)])?;
        Ok(Submitted::New(Box::new(stored)))
    })
}

/// From when on the account may ask for its next certificate; `None` means now.
///
/// A certificate that begins at the end of the old one counts although it does not hold yet.
pub fn renewable_from(certificates: &[Certificate], at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let last_end = certificates
        .iter()
        .filter(|held| held.will_hold(at))
        .map(|held| held.not_after)
        .max()?;
    let from = opens_at(last_end);
    (at < from).then_some(from)
}

fn kind_of_next(
    db: &mut Db,
    account_id: i64,
    at: DateTime<Utc>,
) -> Result<RequestKind, SubmitError> {
    let certificates = certificate::of_account(db, account_id)?;
    if let Some(from) = renewable_from(&certificates, at) {
        return Err(SubmitError::TooEarly { from });
    }
    Ok(match certificates.first() {
        None => RequestKind::First,
        Some(newest) if newest.status == CertificateStatus::Revoked => RequestKind::Reissue,
        Some(_) => RequestKind::Renewal,
    })
}
