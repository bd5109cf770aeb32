//! An applicant chooses a new login password (J2.2), forced or by own will.
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::SessionToken;
use super::try_password::{Door, TryError, TryRules, try_password};
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::password::{ChoiceError, LoginPassword, PasswordHash, PasswordHashError};
use crate::domain::random::Random;
use crate::domain::session::{Stage, TryScope};
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::session::Session;
use crate::store::{Store, StoreError, account, audit, session};

/// What is to be changed.
#[derive(Debug, Clone, Copy)]
pub struct ChangeLoginPassword<'a> {
    /// The session that asks.
    pub session: &'a Session,
    /// Its account, as [`super::resume_session`] gave it.
    pub account: &'a Account,
    /// The present password; not asked for where the session was opened with a temporary one.
    pub current: Option<&'a SecretString>,
    /// The new password, as typed.
    pub new: &'a SecretString,
    /// Lock and cost.
    pub rules: TryRules,
    /// How long the new session lasts at most.
    pub absolute: TimeDelta,
}

/// Why the password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// The new password is against the rule.
    #[error(transparent)]
    Choice(#[from] ChoiceError),
    /// The new one is the present one.
    #[error("the new password is the present one; choose another")]
    Same,
    /// The new one is the one before the present one.
    #[error("the new password is the one before the present one; choose another")]
    UsedBefore,
    /// The present password was wrong, or the user ID is locked.
    #[error(transparent)]
    Current(#[from] TryError),
    /// The database failed, or a letter was printed meanwhile.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing failed.
    #[error(transparent)]
    Hashing(#[from] PasswordHashError),
}

/// Replaces the password; every session of the account ends but this one, which gets a new token.
pub fn change_login_password(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: ChangeLoginPassword<'_>,
) -> Result<(SessionToken, Session), ChangeError> {
    let chosen = LoginPassword::choose(input.new, &input.account.user_id)?;
    let stored = input
        .account
        .login_password_hash
        .as_deref()
        .unwrap_or_default();
    if input.session.stage > Stage::ChangePassword {
        let name = input.account.user_id.as_str();
        let door = Door {
            scope: TryScope::Login,
            name,
            hash: Some(stored),
        };
        try_password(store, door, input.current, input.rules, at)?;
    }
    if PasswordHash::try_from(stored.to_owned())?.verify(chosen.secret())? {
        return Err(ChangeError::Same);
    }
    if let Some(previous) = &input.account.previous_login_password_hash
        && PasswordHash::try_from(previous.clone())?.verify(chosen.secret())?
    {
        return Err(ChangeError::UsedBefore);
    }
    let hash = PasswordHash::of(chosen.secret(), input.rules.cost, random)?;
    let token = SessionToken::draw(random);
    let audience = input.session.audience;
    let mut fresh = token.session(audience, Stage::LoggedIn, input.absolute, at);
    fresh.account_id = Some(input.account.id);
    fresh.certificate_serial = input.session.certificate_serial;
    fresh.reference_account_id = input.session.reference_account_id;
    let act = Act::new(Actor::Applicant(input.account.user_id.clone()), at);
    store.transaction(|db| {
        account::set_login_password(db, input.account, hash.as_str(), at)?;
        session::delete_of_account(db, input.account.id, None)?;
        session::insert(db, &fresh)?;
        let record = Record::new(
            AuditAct::LoginPasswordChange,
            format!("account:{}", input.account.user_id),
        );
        audit::append(db, &act, &[record])
    })?;
    Ok((token, fresh))
}
