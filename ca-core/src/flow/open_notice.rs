//! An account opens a notice of its list, or deletes it there. What is not in the list does not exist for it.
use chrono::{DateTime, Utc};

use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::notice::{Notice, Reader};
use crate::store::{Store, StoreResult, audit, notice};

/// The list of notices that belongs to an account.
pub fn reader_of(account: &Account) -> Reader {
    Reader {
        account_id: account.id,
        class: account.user_id.letters().to_owned(),
    }
}

/// Opens a notice of `whose` list; it is read from now on if the owner itself opened it.
///
/// An agent that looks for an office leaves the office's marks alone: the office has not read it.
pub fn open_notice(
    store: &Store,
    at: DateTime<Utc>,
    whose: &Account,
    by_owner: bool,
    id: i64,
) -> StoreResult<Option<Notice>> {
    store.transaction(|db| {
        let found = notice::find_of_reader(db, &reader_of(whose), id, at)?;
        if found.is_some() && by_owner {
            notice::mark_read(db, id, whose.id, at)?;
        }
        Ok(found)
    })
}

/// Takes a notice out of the account's own list. False: it was not in it.
pub fn delete_notice(
    store: &Store,
    at: DateTime<Utc>,
    account: &Account,
    id: i64,
) -> StoreResult<bool> {
    store.transaction(|db| {
        if notice::find_of_reader(db, &reader_of(account), id, at)?.is_none() {
            return Ok(false);
        }
        notice::mark_deleted(db, id, account.id, at)?;
        let act = Act::new(Actor::Applicant(account.user_id.clone()), at);
        let record = Record::new(AuditAct::NoticeDelete, format!("notice:{id}"));
        audit::append(db, &act, &[record])?;
        Ok(true)
    })
}
