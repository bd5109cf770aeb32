//! Somebody gives up a mail that did not leave: it is not sent, and counts as stuck no longer.
use super::retry_mail::{StuckMail, record, stuck};
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::{Store, StoreResult, audit, mail_trouble};

/// Drops a stuck mail; its row stays, without a code.
pub fn drop_mail(store: &Store, act: &Act, id: i64) -> StoreResult<StuckMail> {
    store.transaction(|db| {
        let Some(mail) = stuck(db, act, id)? else {
            return Ok(StuckMail::NotStuck);
        };
        if !mail_trouble::give_up(db, &mail)? {
            return Ok(StuckMail::NotStuck);
        }
        audit::append(db, act, &[record(AuditAct::MailDrop, &mail)])?;
        Ok(StuckMail::Done)
    })
}
