//! An applicant logs in at the portal (J5): the certificate of the connection, then user ID and login password.
use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;

use super::SessionToken;
use super::judge_certificate::{Judged, Presented, judge_certificate};
use super::log_in::{must_change, owe_lock_mail, read_password, renew_hash};
use super::refuse_portal::refusal_record;
use super::try_password::{Door, TryError, TryRules, try_password};
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::password::{LoginPassword, PasswordAgeing, verify_dummy};
use crate::domain::portal_admission::{Admission, PasswordOutcome, Refusal, admit};
use crate::domain::random::Random;
use crate::domain::session::{Audience, Stage, TryScope};
use crate::domain::user_id::UserId;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::session::Session;
use crate::store::{Store, StoreError, account, audit, certificate, session};

/// What is tried, and under which rules.
#[derive(Debug, Clone, Copy)]
pub struct LogInPortal<'a> {
    /// What the connection offered.
    pub presented: &'a Presented,
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
pub struct Entered {
    /// The cookie's value.
    pub token: SessionToken,
    /// The session.
    pub session: Session,
    /// The account.
    pub account: Account,
    /// The certificate that opened it.
    pub certificate: Certificate,
}

/// What came of it.
#[derive(Debug)]
pub enum PortalLogin {
    /// Let in.
    Entered(Box<Entered>),
    /// Not let in; written into the audit.
    Refused {
        /// Why.
        refusal: Refusal,
        /// Tries that remain, where a wrong password was counted.
        left: Option<u32>,
        /// When the lock ends, where there is one.
        until: Option<DateTime<Utc>>,
    },
}

/// What the counter said about the password.
#[derive(Debug, Default, Clone, Copy)]
struct Count {
    looked_at: bool,
    left: Option<u32>,
    until: Option<DateTime<Utc>>,
}

/// 1. Looks the certificate up. 2. Decides, trying the password only under the certificate of the ID typed; the
///    counter is the one of [`super::log_in`]. 3. Begins a session bound to the certificate, or writes the refusal
///    down; every refusal costs one hash.
pub fn log_in_portal(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogInPortal<'_>,
) -> Result<PortalLogin, TryError> {
    let judged = judge_certificate(store, input.presented)?;
    let mut count = Count::default();
    let admission = admit(&judged.shown, input.user_id, at, || {
        look_at_password(store, random, at, input, &judged, &mut count)
    })?;
    match admission {
        Admission::Admitted { stage } => enter(store, random, at, input, judged, stage),
        Admission::Refused(refusal) => {
            if !count.looked_at {
                verify_dummy(&SecretString::from(""), input.rules.cost)?;
            }
            refuse(store, random, at, input, &judged, refusal, count)?;
            let Count { left, until, .. } = count;
            Ok(PortalLogin::Refused {
                refusal,
                left,
                until,
            })
        }
    }
}

fn look_at_password(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogInPortal<'_>,
    judged: &Judged,
    count: &mut Count,
) -> Result<PasswordOutcome, TryError> {
    count.looked_at = true;
    let account = judged.account.as_ref();
    let door = Door {
        scope: TryScope::Login,
        name: input.user_id.as_str(),
        hash: account.and_then(|account| account.login_password_hash.as_deref()),
    };
    let typed = read_password(input.password, account);
    let password = typed.as_ref().map(LoginPassword::secret);
    match try_password(store, door, password, input.rules, at) {
        Ok(()) => {}
        Err(TryError::Locked { until }) => {
            count.until = Some(until);
            return Ok(PasswordOutcome::Locked);
        }
        Err(TryError::Wrong { left, locked_until }) => {
            (count.left, count.until) = (Some(left), locked_until);
            return Ok(PasswordOutcome::Wrong);
        }
        Err(error) => return Err(error),
    }
    let (Some(account), Some(password)) = (account, password) else {
        return Err(StoreError::Missing("the account".into()).into());
    };
    renew_hash(store, random, account, password, input.rules);
    Ok(PasswordOutcome::Right {
        must_change: must_change(account, input.ageing, at),
    })
}

fn enter(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogInPortal<'_>,
    judged: Judged,
    stage: Stage,
) -> Result<PortalLogin, TryError> {
    let (Some(account), Some(certificate)) = (judged.account, judged.certificate) else {
        return Err(StoreError::Missing("the account".into()).into());
    };
    let token = SessionToken::draw(random);
    let mut session = token.session(Audience::Portal, stage, input.absolute, at);
    session.account_id = Some(account.id);
    session.certificate_serial = Some(certificate.serial);
    let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
    let facts = serde_json::json!({
        "stage": stage.as_str(),
        "certificate": certificate.serial.to_hex(),
    });
    let record = Record::new(
        AuditAct::PortalLoginSucceed,
        format!("account:{}", account.user_id),
    );
    store.transaction(|db| {
        if !account::lock_unchanged(db, &account)? {
            return Err(TryError::Replaced);
        }
        session::insert(db, &session)?;
        certificate::note_portal_login(db, certificate.serial, at)?;
        Ok(audit::append(db, &act, &[record.with(facts)])?)
    })?;
    Ok(PortalLogin::Entered(Box::new(Entered {
        token,
        session,
        account,
        certificate,
    })))
}

/// Writes the refusal down. A lock that was set under the account's own certificate ends the account's portal
/// sessions too: whoever guesses there holds the certificate (docs/decisions/portal-sessions.md).
fn refuse(
    store: &Store,
    random: &dyn Random,
    at: DateTime<Utc>,
    input: LogInPortal<'_>,
    judged: &Judged,
    refusal: Refusal,
    count: Count,
) -> Result<(), StoreError> {
    let mut records = vec![refusal_record(
        refusal,
        Some(input.user_id),
        input.presented,
    )];
    let locked = match (count.left, count.until, &judged.account) {
        (Some(0), Some(until), Some(account)) => Some((until, account)),
        _ => None,
    };
    store.transaction(|db| {
        if let Some((until, account)) = locked {
            session::delete_of_audience(db, account.id, Audience::Portal)?;
            owe_lock_mail(db, random, input.host, account, until, at)?;
            let object = format!("account:{}", account.user_id);
            records.push(Record::new(AuditAct::LoginLock, object));
        }
        let act = Act::new(Actor::Anonymous, at).from_address(input.source);
        audit::append(db, &act, &records)
    })
}
