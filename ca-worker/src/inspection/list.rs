//! Every revocation list: those with bytes by their bytes, the others by their row; and every event.
use ca_core::domain::update_time::SET_BACK;
use ca_core::store::StoreResult;
use ca_core::store::authority::Authority;
use ca_core::store::crl::Crl;
use ca_core::store::inspection::{events, list_bytes, lists};

use chrono::{DateTime, Utc};

use super::absent::{Absent, event};
use super::journal::Journals;
use super::{Inspection, Report};
use crate::certificate::Issuer;
use crate::crl::held_against::{Published, hold_against_events};

/// Lists, and events, read at a time.
const PAGE: i64 = 1_000;
const KIND: &str = "crl";

/// Looks at the lists and events of one generation; those that no journal has become `absent`.
pub(super) fn look(
    inspection: Inspection<'_>,
    root: &Authority,
    issuer: Option<&Issuer>,
    journals: &Journals,
    absent: &mut Absent,
    report: &mut Report,
) -> StoreResult<()> {
    let generation = root.generation;
    let (mut before, mut before_regular): (Option<Crl>, Option<Crl>) = (None, None);
    loop {
        let last = before.as_ref().map_or(0, |list| list.number);
        let page = inspection
            .store
            .read(|db| lists(db, generation, last, PAGE))?;
        if page.is_empty() {
            break;
        }
        for (list, has_bytes) in page {
            report.looked_at.lists += 1;
            if before
                .as_ref()
                .is_none_or(|before| before.regular_at != list.regular_at)
            {
                before_regular.clone_from(&before);
            }
            let row = Row {
                list: &list,
                has_bytes,
                before: before.as_ref(),
                before_regular: before_regular.as_ref(),
            };
            row.judge(inspection, issuer, report)?;
            let made = made_at(&list, before.as_ref()).timestamp_millis();
            if absent.counts(made) && !journals.has_list(generation, list.number) {
                absent.lists.push((generation, list.number, made));
            }
            before = Some(list);
        }
    }
    let told_until = before.as_ref().map_or(0, |list| list.covered);
    if let Some(newest) = before
        && !has_bytes(inspection, &newest)?
    {
        let object = name(&newest);
        report.find(KIND, "the newest list has no bytes", object, "");
    }
    look_at_events(
        inspection,
        (generation, told_until),
        journals,
        absent,
        report,
    )
}

/// When a list was signed: a regular one says so. Of the others `thisUpdate` is known, which is set back by as much.
fn made_at(list: &Crl, before: Option<&Crl>) -> DateTime<Utc> {
    if before.is_none_or(|before| before.regular_at != list.regular_at) {
        list.regular_at
    } else {
        list.this_update + SET_BACK
    }
}

fn name(list: &Crl) -> String {
    format!("{}/{}", list.generation, list.number)
}

fn has_bytes(inspection: Inspection<'_>, list: &Crl) -> StoreResult<bool> {
    // A newer one may have been published meanwhile, which took them away.
    inspection.store.read(|db| {
        let newer = lists(db, list.generation, list.number, 1)?;
        let bytes = list_bytes(db, list.generation, list.number)?;
        Ok(bytes.is_some() || !newer.is_empty())
    })
}

/// One list and what came before it.
struct Row<'a> {
    list: &'a Crl,
    has_bytes: bool,
    before: Option<&'a Crl>,
    before_regular: Option<&'a Crl>,
}

impl Row<'_> {
    fn judge(
        &self,
        inspection: Inspection<'_>,
        issuer: Option<&Issuer>,
        report: &mut Report,
    ) -> StoreResult<()> {
        let list = self.list;
        if self.before.is_some_and(|last| last.covered > list.covered) {
            report.find(
                KIND,
                "it knows less than the list before it",
                name(list),
                "",
            );
        }
        let (Some(issuer), true) = (issuer, self.has_bytes) else {
            return Ok(());
        };
        let bytes = inspection
            .store
            .read(|db| list_bytes(db, list.generation, list.number))?;
        let Some(der) = bytes else {
            return Ok(());
        };
        report.looked_at.lists_with_bytes += 1;
        let published = Published {
            list,
            der: &der,
            number_before: self.before.map_or(0, |before| before.number),
            before_regular: self.before_regular,
        };
        let life = inspection.profiles.longest_life();
        let looked = hold_against_events(inspection.store, issuer, published, life, |fault| {
            let object = match fault.serial {
                Some(serial) => format!("{} serial {serial}", name(list)),
                None => name(list),
            };
            report.find(KIND, fault.finding, object, fault.words);
        });
        match looked {
            Err(error) if error.is_unreadable() => {
                let finding = "an event that it covers cannot be read";
                report.find(KIND, finding, name(list), error);
                Ok(())
            }
            other => other,
        }
    }
}

/// Counts the events, and notes those that lists have told and a journal must have.
fn look_at_events(
    inspection: Inspection<'_>,
    (generation, told_until): (i64, i64),
    journals: &Journals,
    absent: &mut Absent,
    report: &mut Report,
) -> StoreResult<()> {
    let mut last = 0;
    loop {
        let page = inspection
            .store
            .read(|db| events(db, generation, last, PAGE))?;
        let Some((_, sequence, ..)) = page.last() else {
            return Ok(());
        };
        last = *sequence;
        for (_, sequence, serial, word, _, at) in page {
            report.looked_at.events += 1;
            let own = event(&serial, &word, at);
            if sequence <= told_until && absent.counts(at) && !journals.has_event(&own) {
                absent.events.push((own, serial));
            }
        }
    }
}
