//! Somebody is turned away at the portal before a password was typed; the office can be asked about it later.
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::judge_certificate::Presented;
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::portal_admission::Refusal;
use crate::domain::user_id::UserId;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, audit};

/// Writes down that what a connection from `source` presented was refused.
pub fn refuse_portal(
    store: &Store,
    at: DateTime<Utc>,
    refusal: Refusal,
    presented: &Presented,
    source: Option<IpAddr>,
) -> Result<(), StoreError> {
    let record = refusal_record(refusal, None, presented);
    let act = Act::new(Actor::Anonymous, at).from_address(source);
    store.transaction(|db| audit::append(db, &act, &[record]))
}

/// `portal-login.refuse` with its reason: about the ID typed, or else about the certificate.
pub(super) fn refusal_record(
    refusal: Refusal,
    typed: Option<&UserId>,
    presented: &Presented,
) -> Record {
    let serial = presented.certificate().map(|shown| shown.serial.to_hex());
    let object = match (typed, &serial) {
        (Some(user_id), _) => format!("account:{user_id}"),
        (None, Some(serial)) => format!("certificate:{serial}"),
        (None, None) => "portal".to_owned(),
    };
    let facts = serde_json::json!({ "reason": refusal.as_str(), "certificate": serial });
    Record::new(AuditAct::PortalLoginRefuse, object).with(facts)
}
