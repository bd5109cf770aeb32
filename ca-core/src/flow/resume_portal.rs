//! A browser comes back to the portal: is the session alive, and does this very connection show its certificate?
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};

use super::SessionToken;
use super::judge_certificate::{Presented, judge_certificate};
use super::resume_session::{Holder, find_live, touch};
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::portal_admission::Refusal;
use crate::domain::session::Audience;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::session::Session;
use crate::store::{Store, StoreError, audit, session};

/// A live session under its own certificate.
#[derive(Debug, Clone)]
pub struct PortalVisit {
    /// The session.
    pub session: Session,
    /// Its account.
    pub account: Account,
    /// The certificate that this connection showed, as recorded.
    pub certificate: Certificate,
}

/// What a cookie opens.
#[derive(Debug)]
pub enum PortalSession {
    /// The pages.
    Alive(Box<PortalVisit>),
    /// Nothing: no session of this token, or it ran out.
    None,
    /// Nothing: the certificate of this connection does not fit. If it is the session's own, the session has ended.
    Refused(Refusal),
}

/// Asked at every request, on every connection: a revoked certificate must not live on in an open or resumed one.
///
/// A cookie under another certificate opens nothing and ends nothing: whoever copied it can neither use it nor throw
/// its owner out.
pub fn resume_portal(
    store: &Store,
    token: &SessionToken,
    presented: &Presented,
    idle: TimeDelta,
    at: DateTime<Utc>,
    source: Option<IpAddr>,
) -> Result<PortalSession, StoreError> {
    let live = find_live(store, token, Audience::Portal, idle, at)?;
    let Some((session, Holder::Applicant(account))) = live else {
        return Ok(PortalSession::None);
    };
    let judged = judge_certificate(store, presented)?;
    let own = presented
        .certificate()
        .is_some_and(|shown| Some(shown.serial) == session.certificate_serial);
    let refusal = match judged.shown.owner(at) {
        Ok(owner) if own && *owner == account.user_id => None,
        Ok(_) => Some(Refusal::OtherAccount),
        Err(refusal) => Some(refusal),
    };
    match (refusal, judged.certificate) {
        (None, Some(certificate)) => {
            touch(store, &session, at)?;
            Ok(PortalSession::Alive(Box::new(PortalVisit {
                session,
                account: *account,
                certificate,
            })))
        }
        (refusal, _) => {
            let refusal = refusal.unwrap_or(Refusal::Unknown);
            let record = refusal_of(&account, own, refusal, presented);
            let act = Act::new(Actor::Anonymous, at).from_address(source);
            refuse(store, &session, own, &act, record)?;
            Ok(PortalSession::Refused(refusal))
        }
    }
}

/// Under its own certificate a session that may not go on ends; under another it is only written down.
fn refuse(
    store: &Store,
    session: &Session,
    own: bool,
    act: &Act,
    record: Record,
) -> Result<(), StoreError> {
    store.transaction(|db| {
        if own {
            session::delete(db, &session.id_hash)?;
        }
        audit::append(db, act, &[record])
    })
}

fn refusal_of(account: &Account, own: bool, refusal: Refusal, presented: &Presented) -> Record {
    let verb = if own {
        AuditAct::PortalSessionEnd
    } else {
        AuditAct::PortalSessionRefuse
    };
    let serial = presented.certificate().map(|shown| shown.serial.to_hex());
    let facts = serde_json::json!({ "reason": refusal.as_str(), "certificate": serial });
    Record::new(verb, format!("account:{}", account.user_id)).with(facts)
}
