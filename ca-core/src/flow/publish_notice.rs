//! An operator publishes a notice, or takes one back. Its mails follow in portions ([`super::owe_notice_mails`]).
use crate::domain::account::AccountStatus;
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::notice::{NoticeDraft, Readers};
use crate::store::audit::Record;
use crate::store::{Store, StoreError, account, audit, notice};

/// Why a notice is not published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The account that it is for is switched off.
    #[error("the account is switched off: nobody would read the notice")]
    AccountDisabled,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Publishes a notice; returns its number. A form that is sent twice (`form_key`, drawn when it was shown) publishes
/// one.
pub fn publish_notice(
    store: &Store,
    act: &Act,
    draft: &NoticeDraft,
    form_key: Option<&str>,
) -> Result<i64, PublishError> {
    store.transaction(|db| {
        let readers = match &draft.readers {
            Readers::Everybody => "everybody".to_owned(),
            Readers::Class(letters) => format!("class:{letters}"),
            Readers::Account(id) => {
                let account = account::load(db, *id)?;
                if account.status != AccountStatus::Active {
                    return Err(PublishError::AccountDisabled);
                }
                format!("account:{}", account.user_id)
            }
        };
        let Some(id) = notice::insert(db, draft, form_key, name(&act.actor), act.at)? else {
            let published = notice::of_form(db, form_key.unwrap_or_default())?;
            return published.ok_or_else(|| StoreError::Missing("the notice".into()).into());
        };
        let record = Record::new(AuditAct::NoticePublish, format!("notice:{id}"));
        let facts = serde_json::json!({ "readers": readers, "title": draft.title.as_str() });
        audit::append(db, act, &[record.with(facts)])?;
        Ok(id)
    })
}

/// Takes a notice back: nobody sees it any more, and no further mail tells of it. False if there was nothing to do.
pub fn withdraw_notice(store: &Store, act: &Act, id: i64) -> Result<bool, StoreError> {
    store.transaction(|db| {
        if !notice::withdraw(db, id, name(&act.actor), act.at)? {
            return Ok(false);
        }
        let record = Record::new(AuditAct::NoticeWithdraw, format!("notice:{id}"));
        audit::append(db, act, &[record])?;
        Ok(true)
    })
}

/// The name that operators see beside a notice.
fn name(actor: &Actor) -> &str {
    match actor {
        Actor::Operator(name) | Actor::Staff(name) | Actor::Worker(name) => name,
        Actor::Applicant(user_id) => user_id.as_str(),
        Actor::Anonymous => "anonymous",
    }
}
