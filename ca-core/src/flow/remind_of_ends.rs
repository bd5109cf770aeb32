//! Offices whose certificate ends and who have no newer one are reminded by mail (J7): once for each mark.
//!
//! An open request does not count as renewed, since it may yet be rejected; the mail says what holds then.
use chrono::TimeDelta;

use super::owe_mail::{Postmark, facts_of, owe_mail};
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::mail::{MailFacts, MailKind};
use crate::domain::renewal::due_mark;
use crate::store::audit::Record;
use crate::store::expiring::{self, Span};
use crate::store::{Db, Store, StoreResult, audit, reminder};

/// Certificates in one transaction.
const PORTION: i64 = 200;
/// The channel of these reminders.
const MAIL: &str = "mail";

/// Owes the reminders that are due; returns how many. Safe to run as often as one likes, and by several workers.
pub fn remind_of_ends(
    store: &Store,
    act: &Act,
    postmark: Postmark<'_>,
    marks: &[u32],
) -> StoreResult<usize> {
    let Some(farthest) = marks.iter().max() else {
        return Ok(0);
    };
    let span = Span {
        from: act.at,
        until: act.at + TimeDelta::days(i64::from(*farthest)),
    };
    let (mut offset, mut owed) = (0, 0);
    loop {
        let (seen, new) =
            store.transaction(|db| portion(db, act, postmark, marks, span, offset))?;
        owed += new;
        if seen < PORTION {
            return Ok(owed);
        }
        offset += PORTION;
    }
}

/// One portion; how many were looked at, and how many mails are owed.
fn portion(
    db: &mut Db,
    act: &Act,
    postmark: Postmark<'_>,
    marks: &[u32],
    span: Span,
    offset: i64,
) -> StoreResult<(i64, usize)> {
    let found = expiring::list(db, span, offset, PORTION)?;
    found.tell();
    let seen = found.rows.len() + found.unreadable.len();
    let seen = i64::try_from(seen).unwrap_or(PORTION);
    let mut records = Vec::new();
    for (ending, account) in found.rows {
        let Some(days) = due_mark(marks, ending.not_after, act.at) else {
            continue;
        };
        // Offices without an address are on the operators' list.
        if account.mail_address.is_none() {
            continue;
        }
        let subject = format!("certificate:{}", ending.serial);
        if !reminder::note(db, &subject, days, MAIL, act.at)? {
            continue;
        }
        let facts = MailFacts {
            until: Some(ending.not_after),
            ..facts_of(&account)
        };
        let kind = MailKind::CertificateExpiring;
        if owe_mail(db, postmark, &account, kind, facts, act.at)? {
            let facts = serde_json::json!({ "days": days, "user_id": account.user_id.as_str() });
            records.push(Record::new(AuditAct::CertificateRemind, subject).with(facts));
        }
    }
    let owed = records.len();
    audit::append(db, act, &records)?;
    Ok((seen, owed))
}
