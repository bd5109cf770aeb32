//! The second gate (J2.4): the issuance password opens the issuance pages.
//!
//! Here, and only here, the web tier holds the issuance password: it is verified against its hash,
//! sealed to the worker for the one request that may follow, and forgotten. The request's name is
//! drawn now, because the seal is bound to it; the sealed form waits in the session.
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::SessionToken;
use super::try_password::{Door, TryError, TryRules, renew_hash, try_password};
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::password::IssuancePassword;
use crate::domain::random::Random;
use crate::domain::request::RequestId;
use crate::domain::seal::{SealError, seal};
use crate::domain::session::{Audience, Stage, TryScope};
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::session::Session;
use crate::store::{Db, Store, StoreError, StoreResult, account, audit, authority, session};

/// What is tried, and under which rules.
#[derive(Debug, Clone, Copy)]
pub struct PassGate<'a> {
    /// The session that asks; logged in.
    pub session: &'a Session,
    /// Its account.
    pub account: &'a Account,
    /// The issuance password, as typed.
    pub password: &'a SecretString,
    /// Lock and cost.
    pub rules: TryRules,
    /// How long the new session lasts at most.
    pub absolute: TimeDelta,
    /// The network address that the visitor comes from; a refusal names it in the audit.
    pub source: Option<IpAddr>,
}

/// Why the gate stays shut.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// Wrong or locked.
    #[error(transparent)]
    Try(#[from] TryError),
    /// The session may not come here yet.
    #[error("the login password has to be changed first")]
    NotLoggedIn,
    /// The CA has no sealing key.
    #[error("the certificate authority is not set up; run `ca-cli ca init`")]
    NoAuthority,
    /// Sealing failed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Verifies the issuance password, seals it, and gives the session a new token and the next stage.
pub fn pass_gate(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: PassGate<'_>,
) -> Result<(SessionToken, Session), GateError> {
    if input.session.stage < Stage::LoggedIn {
        return Err(GateError::NotLoggedIn);
    }
    let password = try_gate(store, random, at, input)?;
    let key = store
        .read(authority::current_sealing_key)?
        .ok_or(GateError::NoAuthority)?;
    let request_id = RequestId::draw(at, random);
    let sealed = seal(password.secret(), &key, &request_id, &input.account.user_id)?;
    drop(password);

    let token = SessionToken::draw(random);
    let (audience, stage) = (Audience::Applicant, Stage::GatePassed);
    let mut fresh = token.session(audience, stage, input.absolute, at);
    fresh.account_id = Some(input.account.id);
    fresh.draft_request_id = Some(request_id);
    fresh.draft_key_id = Some(sealed.key_id);
    fresh.draft_sealed_password = Some(sealed.bytes);
    store.transaction(|db| {
        // Ended meanwhile: logged out, a letter printed, a reissue accepted.
        if session::delete(db, &input.session.id_hash)? == 0 {
            return Err(GateError::NotLoggedIn);
        }
        session::insert(db, &fresh)?;
        let act = Act::new(Actor::Applicant(input.account.user_id.clone()), at);
        Ok::<_, GateError>(note(db, &act, input.account, AuditAct::GatePass)?)
    })?;
    Ok((token, fresh))
}

/// The issuance password, if it is right. A wrong one is written down.
fn try_gate(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: PassGate<'_>,
) -> Result<IssuancePassword, GateError> {
    let account = input.account;
    let typed = IssuancePassword::normalise(input.password).ok();
    let door = Door {
        scope: TryScope::Issuance,
        name: account.user_id.as_str(),
        hash: account.issuance_password_hash.as_deref(),
    };
    let secret = typed.as_ref().map(IssuancePassword::secret);
    if let Err(error) = try_password(store, door, secret, input.rules, at) {
        if let TryError::Wrong { left, .. } = &error {
            let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
            let verb = if *left == 0 {
                AuditAct::GateLock
            } else {
                AuditAct::GateRefuse
            };
            let act = act.from_address(input.source);
            store.transaction(|db| note(db, &act, account, verb))?;
        }
        return Err(error.into());
    }
    let password = typed.ok_or(GateError::NotLoggedIn)?;
    let verified = account
        .issuance_password_hash
        .as_deref()
        .unwrap_or_default();
    let proven = (verified, password.secret());
    renew_hash(store, random, input.rules.cost, proven, |db, hash| {
        account::renew_issuance_hash(db, account.id, verified, hash)
    });
    Ok(password)
}

fn note(db: &mut Db, act: &Act, account: &Account, verb: AuditAct) -> StoreResult<()> {
    let record = Record::new(verb, format!("account:{}", account.user_id));
    audit::append(db, act, &[record])
}
