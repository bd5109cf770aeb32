//! Offices without a mail address, or with one whose mails do not arrive, are reminded by post that their certificate
//! ends (J7): one letter a certificate.
//!
//! The PDF and the database move together, as with `print_letters`: `publish` is the last act inside the transaction.
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::renewal::LETTER_DAYS;
use crate::domain::serial::SerialNumber;
use crate::domain::user_id::UserId;
use crate::store::account::Account;
use crate::store::audit::Record;
use crate::store::expiring::{self, Ending, Span};
use crate::store::letter::{Letter, LetterRun};
use crate::store::{
    Db, Store, StoreError, StoreResult, account, audit, letter, mail_trouble, reminder,
};

/// The channel of these reminders.
const LETTER: &str = "letter";

/// A certificate that ends soon, and whom nothing but post reaches.
#[derive(Debug)]
pub struct Due {
    /// The certificate.
    pub ending: Ending,
    /// Its office.
    pub account: Account,
}

/// One reminder: to whom, for which certificate, its number.
#[derive(Debug, Clone)]
pub struct Reminder {
    /// The account.
    pub account_id: i64,
    /// Its user ID.
    pub user_id: UserId,
    /// The certificate that ends.
    pub serial: SerialNumber,
    /// The number on the paper.
    pub number: String,
}

/// Why nothing was printed.
#[derive(Debug, thiserror::Error)]
pub enum ReminderError<P> {
    /// A mail address that works or a new certificate came meanwhile, or another run was quicker.
    #[error("{0} no longer waits for a reminder: run the command again")]
    DueNoLonger(UserId),
    /// The file could not be put in its place.
    #[error(transparent)]
    Publish(P),
    /// The database failed.
    #[error(transparent)]
    Store(StoreError),
}

impl<P> From<StoreError> for ReminderError<P> {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The reminders that are due at `at`, by user ID: active account, no mail address or one whose newest mail was parked or dropped, no
/// newer certificate, no letter yet.
///
/// An open request does not count as renewed, since it may yet be rejected.
pub fn reminders_due(store: &Store, at: DateTime<Utc>) -> StoreResult<Vec<Due>> {
    store.read(|db| due(db, at))
}

fn due(db: &mut Db, at: DateTime<Utc>) -> StoreResult<Vec<Due>> {
    let span = Span {
        from: at,
        until: at + TimeDelta::days(i64::from(LETTER_DAYS)),
    };
    let mut due = Vec::new();
    let ending = expiring::list(db, span, 0, i64::MAX)?;
    ending.tell();
    let bounced = mail_trouble::bounced(db)?;
    for (ending, account) in ending.rows {
        let mail_arrives =
            (account.mail_address.as_ref()).is_some_and(|address| !bounced.contains(address));
        if !mail_arrives && !reminder::is_noted(db, &subject(ending.serial), LETTER)? {
            due.push(Due { ending, account });
        }
    }
    // Every run locks accounts in this order.
    due.sort_by(|a, b| a.account.user_id.cmp(&b.account.user_id));
    Ok(due)
}

/// Records a run and its reminders, then lets `publish` place the PDF.
pub fn remind_by_letter<P>(
    store: &Store,
    act: &Act,
    run: &LetterRun,
    reminders: &[Reminder],
    publish: impl FnOnce() -> Result<(), P>,
) -> Result<(), ReminderError<P>> {
    store.transaction(|db| {
        for one in reminders {
            account::lock(db, one.account_id)?;
        }
        let due = due(db, act.at)?;
        letter::insert_run(db, run)?;
        let mut rows = Vec::with_capacity(reminders.len());
        let mut records = Vec::with_capacity(reminders.len() + 1);
        for one in reminders {
            let subject = subject(one.serial);
            let waits = due.iter().any(|due| due.ending.serial == one.serial);
            if !waits || !reminder::note(db, &subject, LETTER_DAYS, LETTER, act.at)? {
                return Err(ReminderError::DueNoLonger(one.user_id.clone()));
            }
            rows.push(Letter {
                number: one.number.clone(),
                run_id: run.id.clone(),
                account_id: one.account_id,
                printed_at: act.at,
            });
            let facts = serde_json::json!({
                "letter": one.number, "run": run.id, "user_id": one.user_id.as_str(),
            });
            records.push(Record::new(AuditAct::LetterRemind, subject).with(facts));
        }
        letter::insert(db, &rows)?;
        let record = Record::new(AuditAct::LetterRun, format!("letter-run:{}", run.id));
        let facts = serde_json::json!({ "letters": run.letters, "pdf_sha256": run.pdf_sha256 });
        records.push(record.with(facts));
        audit::append(db, act, &records)?;
        publish().map_err(ReminderError::Publish)
    })
}

fn subject(serial: SerialNumber) -> String {
    format!("certificate:{serial}")
}
