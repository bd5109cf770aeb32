//! Nothing of the service ends unannounced: those who run it are told, at each mark once.
use chrono::{DateTime, Utc};

use super::owe_mail::Postmark;
use crate::domain::actor::Act;
use crate::domain::ends::{End, EndingKind};
use crate::domain::mail::{MailFacts, MailKind, MailedEnd};
use crate::store::{Db, Store, StoreResult, authority, end, outbox, reminder};

/// The channel of these in the memory of reminders.
const OPERATORS: &str = "operators";

/// Everything that ends, the nearest first. `calendar` is the last second that the calendar knows.
pub fn list_ends(db: &mut Db, calendar: Option<DateTime<Utc>>) -> StoreResult<Vec<End>> {
    let one = |kind, name: String, at| End { kind, name, at };
    let mut ends = Vec::new();
    let server = end::of_server(db)?;
    ends.extend(server.map(|at| one(EndingKind::Server, String::new(), at)));
    let operators = end::of_operators(db)?.into_iter();
    ends.extend(operators.map(|(name, at)| one(EndingKind::Operator, name, at)));
    let newest = authority::active(db)?.pop();
    ends.extend(newest.map(|root| {
        one(
            EndingKind::Root,
            root.generation.to_string(),
            root.not_after,
        )
    }));
    ends.extend(calendar.map(|at| one(EndingKind::Calendar, String::new(), at)));
    ends.sort_by_key(|end| end.at);
    Ok(ends)
}

/// Owes a mail to each of `mail_to` for every end whose mark is due and was not told; returns those ends with their marks,
/// for the log. Safe to run as often as one likes, and by several workers.
pub fn tell_of_ends(
    store: &Store,
    act: &Act,
    postmark: Postmark<'_>,
    mail_to: &[String],
    calendar: Option<DateTime<Utc>>,
) -> StoreResult<Vec<(End, u32)>> {
    let due = |end: End| Some((end.mark(act.at)?, end));
    let ends = store.read(|db| list_ends(db, calendar))?;
    let due: Vec<(u32, End)> = ends.into_iter().filter_map(due).collect();
    if due.is_empty() {
        return Ok(Vec::new());
    }
    store.transaction(|db| {
        let mut told = Vec::new();
        for (days, end) in due {
            if !reminder::note(db, &end.subject(), days, OPERATORS, act.at)? {
                continue;
            }
            let mail = |address: &String| {
                let facts = MailFacts {
                    until: Some(end.at),
                    end: Some(MailedEnd {
                        kind: end.kind,
                        name: end.name.clone(),
                        is_over: end.is_over(act.at),
                    }),
                    ..MailFacts::default()
                };
                postmark.mail(MailKind::EndsSoon, address, facts, act.at)
            };
            let mails: Vec<_> = mail_to.iter().map(mail).collect();
            outbox::insert(db, &mails, act.at)?;
            told.push((end, days));
        }
        Ok(told)
    })
}
