//! An account says which mails it wants (メール通知サービス).
use chrono::{DateTime, Utc};

use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::mail::MailKind;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::{Store, StoreResult, audit, mail_preference};

/// Writes down the kinds that the account wants; of those that may be declined, every other one is declined.
pub fn choose_mails(
    store: &Store,
    at: DateTime<Utc>,
    account: &Account,
    wanted: &[MailKind],
) -> StoreResult<()> {
    store.transaction(|db| {
        let mut changed = serde_json::Map::new();
        for &kind in MailKind::ALL {
            let wants = wanted.contains(&kind);
            if kind.may_be_declined() && mail_preference::wants(db, account.id, kind)? != wants {
                mail_preference::set(db, account.id, kind, wants, at)?;
                changed.insert(kind.as_str().to_owned(), wants.into());
            }
        }
        if changed.is_empty() {
            return Ok(());
        }
        let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
        let record = Record::new(AuditAct::MailChoose, format!("account:{}", account.user_id));
        audit::append(db, &act, &[record.with(changed.into())])
    })
}
