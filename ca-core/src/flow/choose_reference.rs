//! The reference user (参照ユーザ) of a portal session: who may be chosen, the choice, and what it is worth now.
use chrono::{DateTime, Utc};

use crate::domain::access::{ForWhom, Who};
use crate::domain::account::AccountStatus;
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::user_id::{ClassKind, Classes, UserId};
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::session::Session;
use crate::store::{Db, Store, StoreError, StoreResult, account, audit, delegation, session};

/// Why a choice was refused. An unknown user ID and one that is not this user's to choose are the same.
#[derive(Debug, thiserror::Error)]
pub enum ChooseReferenceError {
    /// Not itself, and no office that delegates to it at this moment.
    #[error("not a reference user of this account")]
    NotYours,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose eyes a request looks with, as of its instant.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The one who logged in, as the matrix asks for it.
    pub who: Who,
    /// The reference user, as the matrix asks for it.
    pub for_whom: ForWhom,
    /// The account of the reference user.
    pub account: Account,
    /// The session had chosen an office that may not be looked at any more.
    pub has_lapsed: bool,
}

/// What the session looks at now: the chosen office while its delegation holds, else the account itself.
pub fn reference_at(
    store: &Store,
    own: &Account,
    session: &Session,
    classes: &Classes,
    now: DateTime<Utc>,
) -> StoreResult<Reference> {
    store.read(|db| {
        let chosen = session.reference_account_id.filter(|id| *id != own.id);
        let kept = match chosen {
            Some(id) => choosable(db, own, classes, now)?
                .into_iter()
                .find(|office| office.id == id),
            None => None,
        };
        let has_lapsed = chosen.is_some() && kept.is_none();
        let account = kept.unwrap_or_else(|| own.clone());
        let agent = delegation::of_office_at(db, account.id, now)?;
        let agent = agent.map(|held| account::load(db, held.agent_id));
        Ok(Reference {
            who: Who {
                user_id: own.user_id.clone(),
                kind: kind(own, classes),
            },
            for_whom: ForWhom {
                user_id: account.user_id.clone(),
                community_support: account.community_support,
                agent: agent.transpose()?.map(|agent| agent.user_id),
            },
            account,
            has_lapsed,
        })
    })
}

/// The offices that `own` may choose at `now`, by user ID; none for an office.
pub fn choosable_at(
    store: &Store,
    own: &Account,
    classes: &Classes,
    now: DateTime<Utc>,
) -> StoreResult<Vec<Account>> {
    store.read(|db| choosable(db, own, classes, now))
}

/// Chooses the reference user of a session; its own user ID goes back to itself.
pub fn choose_reference(
    store: &Store,
    own: &Account,
    session: &Session,
    classes: &Classes,
    (chosen, at): (&UserId, DateTime<Utc>),
) -> Result<(), ChooseReferenceError> {
    store.transaction(|db| {
        let id = if *chosen == own.user_id {
            None
        } else {
            let offices = choosable(db, own, classes, at)?;
            let office = offices.iter().find(|office| office.user_id == *chosen);
            Some(office.ok_or(ChooseReferenceError::NotYours)?.id)
        };
        session::set_reference(db, &session.id_hash, id)?;
        let act = Act::new(Actor::Applicant(own.user_id.clone()), at);
        let facts = serde_json::json!({ "reference": chosen.as_str() });
        let object = format!("account:{}", own.user_id);
        let record = Record::new(AuditAct::SessionReference, object).with(facts);
        Ok(audit::append(db, &act, &[record])?)
    })
}

fn choosable(
    db: &mut Db,
    own: &Account,
    classes: &Classes,
    now: DateTime<Utc>,
) -> StoreResult<Vec<Account>> {
    if kind(own, classes) != ClassKind::Agent {
        return Ok(Vec::new());
    }
    let held = delegation::to_agent_at(db, own.id, now)?;
    let ids: Vec<i64> = held.iter().map(|held| held.office_id).collect();
    let offices = account::load_many(db, &ids)?;
    let mut offices: Vec<Account> = offices
        .into_values()
        .filter(|office| office.status == AccountStatus::Active)
        .collect();
    offices.sort_by(|one, other| one.user_id.cmp(&other.user_id));
    Ok(offices)
}

/// A class that is not configured any more acts for nobody else.
fn kind(own: &Account, classes: &Classes) -> ClassKind {
    let class = classes.class_of(&own.user_id);
    class.map_or(ClassKind::Applicant, |class| class.kind)
}
