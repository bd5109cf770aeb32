//! An applicant logs in with user ID and login password (J2.1–J2.3).
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::SessionToken;
use super::owe_mail::{Postmark, facts_of, owe_mail};
use super::try_password::{self, Door, try_password};
pub use super::try_password::{TryError, TryRules};
use crate::domain::account::AccountStatus;
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::mail::{MailFacts, MailKind};
use crate::domain::password::{LoginPassword, PasswordAge, PasswordAgeing};
use crate::domain::random::Random;
use crate::domain::session::{Audience, Stage, TryScope};
use crate::domain::user_id::UserId;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::session::Session;
use crate::store::{Db, Store, StoreError, StoreResult, account, audit, session};

/// What is tried, and under which rules.
#[derive(Debug, Clone, Copy)]
pub struct LogIn<'a> {
    /// The user ID that was typed.
    pub user_id: &'a UserId,
    /// The password that was typed.
    pub password: &'a SecretString,
    /// Lock and cost.
    pub rules: TryRules,
    /// How long a password may be used.
    pub ageing: PasswordAgeing,
    /// How long a session lasts at most.
    pub absolute: TimeDelta,
    /// Host name for the Message-ID of the notice about a lock.
    pub host: &'a str,
    /// The network address that the visitor comes from; a refusal names it in the audit.
    pub source: Option<IpAddr>,
}

/// An open door.
#[derive(Debug)]
pub struct LoggedIn {
    /// The cookie's value.
    pub token: SessionToken,
    /// The session.
    pub session: Session,
    /// The account.
    pub account: Account,
}

/// Tries the password and begins a session.
///
/// A temporary or expired password opens nothing but the page that changes it ([`Stage::ChangePassword`]).
pub fn log_in(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogIn<'_>,
) -> Result<LoggedIn, TryError> {
    let found = store.read(|db| account::find(db, input.user_id))?;
    let enterable = found
        .as_ref()
        .filter(|account| account.status == AccountStatus::Active);
    let door = Door {
        scope: TryScope::Login,
        name: input.user_id.as_str(),
        hash: enterable.and_then(|account| account.login_password_hash.as_deref()),
    };
    let typed = read_password(input.password, enterable);
    let password = typed.as_ref().map(LoginPassword::secret);
    if let Err(error) = try_password(store, door, password, input.rules, at) {
        if let TryError::Wrong { left, locked_until } = &error {
            let lock = (*left == 0).then_some(*locked_until).flatten();
            note_refusal(store, random, at, input, found.as_ref(), lock)?;
        }
        return Err(error);
    }
    let (Some(account), Some(password)) = (found, password) else {
        return Err(StoreError::Missing("the account".into()).into());
    };
    renew_hash(store, random, &account, password, input.rules);
    begin_session(store, random, at, input, account)
}

pub(super) fn renew_hash(
    store: &Store,
    random: &dyn Random,
    account: &Account,
    password: &SecretString,
    rules: TryRules,
) {
    let verified = account.login_password_hash.as_deref().unwrap_or_default();
    let write = |db: &mut Db, hash: &str| account::renew_login_hash(db, account.id, verified, hash);
    try_password::renew_hash(store, random, rules.cost, (verified, password), write);
}

/// A temporary password may be typed with the letter's gaps; an own one is taken as it is.
pub(super) fn read_password(
    typed: &SecretString,
    account: Option<&Account>,
) -> Option<LoginPassword> {
    match account {
        Some(account) if account.login_password_temporary => {
            LoginPassword::normalise_temporary(typed).ok()
        }
        _ => LoginPassword::typed(typed).ok(),
    }
}

/// Whether the login password came by letter or its time is over.
pub(super) fn must_change(account: &Account, ageing: PasswordAgeing, at: DateTime<Utc>) -> bool {
    account.login_password_temporary
        || ageing.age(account.login_password_changed_at, at) == PasswordAge::Expired
}

fn begin_session(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogIn<'_>,
    account: Account,
) -> Result<LoggedIn, TryError> {
    let stage = if must_change(&account, input.ageing, at) {
        Stage::ChangePassword
    } else {
        Stage::LoggedIn
    };
    let token = SessionToken::draw(random);
    let mut session = token.session(Audience::Applicant, stage, input.absolute, at);
    session.account_id = Some(account.id);
    let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
    store.transaction(|db| {
        if !account::lock_unchanged(db, &account)? {
            return Err(TryError::Replaced);
        }
        session::insert(db, &session)?;
        let record = Record::new(
            AuditAct::LoginSucceed,
            format!("account:{}", account.user_id),
        );
        let record = record.with(serde_json::json!({ "stage": stage.as_str() }));
        Ok(audit::append(db, &act, &[record])?)
    })?;
    Ok(LoggedIn {
        token,
        session,
        account,
    })
}

/// Writes the wrong try down, and tells the office when it set the lock.
fn note_refusal(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogIn<'_>,
    account: Option<&Account>,
    locked_until: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let act = if locked_until.is_some() {
        AuditAct::LoginLock
    } else {
        AuditAct::LoginRefuse
    };
    let record = Record::new(act, format!("account:{}", input.user_id));
    store.transaction(|db| {
        if let (Some(until), Some(account)) = (locked_until, account) {
            owe_lock_mail(db, random, input.host, account, until, at)?;
        }
        let act = Act::new(Actor::Anonymous, at).from_address(input.source);
        audit::append(db, &act, &[record])
    })
}

/// Tells the office of the lock, if it wants such mails.
pub(super) fn owe_lock_mail(
    db: &mut Db,
    random: &dyn Random,
    host: &str,
    account: &Account,
    until: DateTime<Utc>,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let facts = MailFacts {
        until: Some(until),
        ..facts_of(account)
    };
    let postmark = Postmark { random, host };
    owe_mail(db, postmark, account, MailKind::LoginLocked, facts, at)
}
