//! Somebody lets a mail that did not leave be sent again.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::MailState;
use crate::store::audit::Record;
use crate::store::mail_trouble::{self, Stuck};
use crate::store::{Db, Store, StoreResult, audit};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StuckMail {
    /// Done.
    Done,
    /// There is no such mail, it has left or was dropped, or a worker is sending it.
    NotStuck,
    /// Its code is gone: the change of the mail address is to be asked for again.
    NeedsCode,
    /// Its row cannot be read: it can only be dropped.
    Unreadable,
    /// The account has no mail address now: it can only be dropped.
    NoAddress,
}

/// Sends a stuck mail again, to the address that its account has now; its tries are forgotten.
pub fn retry_mail(store: &Store, act: &Act, id: i64) -> StoreResult<StuckMail> {
    store.transaction(|db| {
        let Some(mail) = stuck(db, act, id)? else {
            return Ok(StuckMail::NotStuck);
        };
        let Some((kind, facts)) = &mail.content else {
            return Ok(StuckMail::Unreadable);
        };
        if kind.has_code() && facts.code.is_none() {
            return Ok(StuckMail::NeedsCode);
        }
        let to = match kind.follows_address() {
            true => mail_trouble::address_of(db, &facts.user_id)?,
            false => Some(mail.to_address.clone()),
        };
        let Some(to) = to else {
            return Ok(StuckMail::NoAddress);
        };
        if !mail_trouble::release(db, &mail, &to, act.at)? {
            return Ok(StuckMail::NotStuck);
        }
        audit::append(db, act, &[record(AuditAct::MailRetry, &mail)])?;
        Ok(StuckMail::Done)
    })
}

/// The mail if it is parked, or waits after a try that failed, and nobody holds it.
pub(super) fn stuck(db: &mut Db, act: &Act, id: i64) -> StoreResult<Option<Stuck>> {
    let found = mail_trouble::find(db, id, act.at)?;
    Ok(found.filter(|mail| matches!(mail.state, Some(MailState::Parked | MailState::Waiting))))
}

/// What the audit says: which mail, of which kind, whose.
pub(super) fn record(verb: AuditAct, mail: &Stuck) -> Record {
    let facts = mail.content.as_ref().map(
        |(kind, facts)| serde_json::json!({ "kind": kind.as_str(), "user_id": facts.user_id }),
    );
    Record::new(verb, format!("mail:{}", mail.id)).with(facts.unwrap_or_default())
}
