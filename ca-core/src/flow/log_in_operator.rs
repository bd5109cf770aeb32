//! An operator logs in: the certificate of the connection first, then name and password.
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::SessionToken;
use super::try_password::{Door, TryError, TryRules, renew_hash, try_password};
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::{CertificateStatus, OperatorStatus};
use crate::domain::random::Random;
use crate::domain::serial::SerialNumber;
use crate::domain::session::{Audience, Stage, TryScope};
use crate::store::audit::Record;
use crate::store::operator::Operator;
use crate::store::session::Session;
use crate::store::{Store, StoreError, audit, certificate, operator, session};

/// The certificate that the TLS connection showed; its chain was verified in the handshake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownCertificate {
    /// Serial number.
    pub serial: SerialNumber,
    /// SHA-256 of its public key (SubjectPublicKeyInfo), hex.
    pub spki_sha256: String,
}

/// What is tried, and under which rules.
#[derive(Debug, Clone, Copy)]
pub struct LogInOperator<'a> {
    /// The name that was typed.
    pub name: &'a str,
    /// The password that was typed.
    pub password: &'a SecretString,
    /// The certificate of the connection.
    pub shown: &'a ShownCertificate,
    /// Lock and cost.
    pub rules: TryRules,
    /// How long a session lasts at most.
    pub absolute: TimeDelta,
    /// The network address that the visitor comes from; a refusal names it in the audit.
    pub source: Option<IpAddr>,
}

/// Whether the certificate shown is the operator's own, holds by its dates, and is not revoked.
///
/// Asked at every request: a revoked certificate must not live on in an open connection.
pub fn is_own_certificate(
    store: &Store,
    operator: &Operator,
    shown: &ShownCertificate,
    at: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let own = operator.certificate_serial == Some(shown.serial)
        && operator.certificate_spki_sha256.as_deref() == Some(shown.spki_sha256.as_str());
    if !own {
        return Ok(false);
    }
    let recorded = store.read(|db| certificate::find(db, shown.serial))?;
    Ok(recorded.is_some_and(|held| held.status == CertificateStatus::Valid && held.holds_at(at)))
}

/// Begins an operator's session. A wrong name, password or certificate gets the same answer.
pub fn log_in_operator(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogInOperator<'_>,
) -> Result<(SessionToken, Session, Operator), TryError> {
    let found = store.read(|db| operator::of_certificate(db, input.shown.serial))?;
    let mut enterable = found.as_ref().filter(|operator| {
        operator.name == input.name && operator.status == OperatorStatus::Active
    });
    if let Some(operator) = enterable
        && !is_own_certificate(store, operator, input.shown, at)?
    {
        enterable = None;
    }
    // Counted against the certificate's own operator, whatever name was typed: nobody locks somebody else out.
    let counted = found
        .as_ref()
        .map_or_else(|| input.shown.serial.to_hex(), |own| own.name.clone());
    let door = Door {
        scope: TryScope::Operator,
        name: &counted,
        hash: enterable.map(|operator| operator.password_hash.as_str()),
    };
    let object = format!("operator:{}", input.name);
    if let Err(error) = try_password(store, door, Some(input.password), input.rules, at) {
        if let TryError::Wrong { left, .. } = &error {
            note_refusal(store, at, input, object, *left == 0)?;
        }
        return Err(error);
    }
    let Some(operator) = found else {
        return Err(StoreError::Missing(object).into());
    };
    let verified = operator.password_hash.as_str();
    let proven = (verified, input.password);
    renew_hash(store, random, input.rules.cost, proven, |db, hash| {
        operator::renew_password_hash(db, operator.id, verified, hash)
    });
    let token = SessionToken::draw(random);
    let mut session = token.session(Audience::Operator, Stage::LoggedIn, input.absolute, at);
    session.operator_id = Some(operator.id);
    store.transaction(|db| {
        session::insert(db, &session)?;
        let act = Act::new(Actor::Operator(operator.name.clone()), at);
        audit::append(
            db,
            &act,
            &[Record::new(AuditAct::OperatorLoginSucceed, object)],
        )
    })?;
    Ok((token, session, operator))
}

/// Writes the wrong try down, and whether it set the lock.
fn note_refusal(
    store: &Store,
    at: DateTime<Utc>,
    input: LogInOperator<'_>,
    object: String,
    is_locked: bool,
) -> Result<(), StoreError> {
    let verb = if is_locked {
        AuditAct::OperatorLoginLock
    } else {
        AuditAct::OperatorLoginRefuse
    };
    let certificate = serde_json::json!({ "certificate": input.shown.serial.to_hex() });
    let record = Record::new(verb, object).with(certificate);
    let act = Act::new(Actor::Anonymous, at).from_address(input.source);
    store.transaction(|db| audit::append(db, &act, &[record]))
}
