//! The mails of a published notice go into the outbox, some at a time: a notice to ten thousand offices holds
//! nobody up, and a worker that is killed goes on where it was.
use chrono::{DateTime, Utc};

use super::owe_mail::{Postmark, facts_of};
use crate::domain::mail::{MailFacts, MailKind};
use crate::store::{Store, StoreResult, mail_preference, notice_mail, outbox};

/// Readers looked at in one transaction.
pub const PORTION: usize = 200;

/// Owes the next portion of mails, one transaction; tells how many readers were looked at. Zero: nothing is due.
pub fn owe_notice_mails(
    store: &Store,
    postmark: Postmark<'_>,
    at: DateTime<Utc>,
) -> StoreResult<usize> {
    store.transaction(|db| {
        let Some(notice) = notice_mail::next_to_mail(db, at)? else {
            return Ok(0);
        };
        let limit = i64::try_from(PORTION).unwrap_or(i64::MAX);
        let readers = notice_mail::next_readers(db, &notice, limit)?;
        let kind = MailKind::NoticePublished;
        let ids: Vec<i64> = readers.iter().map(|reader| reader.id).collect();
        let declined = mail_preference::declined(db, &ids, kind)?;
        let wanting = readers.iter().filter(|one| !declined.contains(&one.id));
        let mails: Vec<_> = wanting
            .filter_map(|reader| {
                let facts = MailFacts {
                    title: Some(notice.title.clone()),
                    ..facts_of(reader)
                };
                let to_address = reader.mail_address.as_deref()?;
                Some(postmark.mail(kind, to_address, facts, at))
            })
            .collect();
        if !mails.is_empty() {
            outbox::insert(db, &mails, at)?;
        }
        let through = ids.last().copied().unwrap_or(notice.mailed_through);
        let complete = (readers.len() < PORTION).then_some(at);
        notice_mail::note_mailed(db, notice.id, through, complete)?;
        Ok(readers.len().max(1))
    })
}
