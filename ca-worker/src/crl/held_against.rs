//! A list that was published, held against its row and the events that it covers.
use std::cmp::Ordering;
use std::iter::Peekable;

use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::update_time::SET_BACK;
use ca_core::store::crl::Crl;
use ca_core::store::{Store, StoreError, StoreResult};
use chrono::{DateTime, Months, SubsecRound, Utc};
use sha2::{Digest, Sha256};

use super::entry::Entry;
use super::events::{Leaving, pages};
use super::layout::Head;
use super::lint::{Expected, lint};
use super::reading::{Reading, read};
use crate::certificate::Issuer;

/// What is wrong with a list: about which serial, if it is about one; the finding; more words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) serial: Option<SerialNumber>,
    pub(crate) finding: &'static str,
    pub(crate) words: String,
}

/// A published list and what it followed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Published<'a> {
    pub(crate) list: &'a Crl,
    pub(crate) der: &'a [u8],
    /// The list before it.
    pub(crate) number_before: i64,
    /// The list before the last regular one: what that one could leave out.
    pub(crate) before_regular: Option<&'a Crl>,
}

/// The last event of a serial, as small as it gets.
#[derive(Clone, Copy)]
struct Last {
    serial: SerialNumber,
    sequence: i64,
    at: i64,
    reason: RevocationReason,
    released: bool,
    may_be_left_out: bool,
}

impl Last {
    /// Whether an entry may bear this date: the event's, or an earlier one by at most what lists are set back.
    fn is_dated(&self, entry: DateTime<Utc>) -> bool {
        let earlier = self.at - entry.timestamp();
        (0..=SET_BACK.num_seconds()).contains(&earlier)
    }
}

/// Looks at one list; `show` learns of each fault.
pub(crate) fn hold_against_events(
    store: &Store,
    issuer: &Issuer,
    published: Published<'_>,
    longest_life: Months,
    mut show: impl FnMut(Fault),
) -> StoreResult<()> {
    let mut said = |finding, words: String| {
        show(Fault {
            serial: None,
            finding,
            words,
        });
    };
    let Published { list, der, .. } = published;
    if hex::encode(Sha256::digest(der)) != list.sha256 {
        said("its bytes have another hash than its row", String::new());
    }
    let Ok(signed) = read(der) else {
        said("its bytes are no revocation list of ours", String::new());
        return Ok(());
    };
    if !issuer.public_key().verifies(signed.tbs, signed.signature) {
        said("the root of its generation did not sign it", String::new());
    }
    let expected = Expected {
        head: Head {
            issuer,
            number: list.number,
            this_update: list.this_update,
            next_update: list.next_update,
        },
        number_before: published.number_before,
        entries: list.entries,
    };
    if let Err(broken) = lint(signed.tbs, &expected) {
        said(
            "it breaks the lint",
            format!("{}: {}", broken.rule, broken.finding),
        );
    }
    let lasts = last_events(store, published, longest_life)?;
    compare(&signed, &lasts, &mut show);
    Ok(())
}

/// The last event of each serial that the list covers, in the order of the serials.
fn last_events(
    store: &Store,
    published: Published<'_>,
    longest_life: Months,
) -> StoreResult<Vec<Last>> {
    let list = published.list;
    let leaving = published.before_regular.map(|before| Leaving {
        regular_at: before.regular_at,
        regular_covered: before.regular_covered,
        longest_life,
    });
    let mut lasts: Vec<Last> = Vec::new();
    pages(store, list.generation, 0, |events| {
        let covered = events.iter().filter(|event| event.sequence <= list.covered);
        lasts.extend(covered.map(|event| Last {
            serial: event.serial,
            sequence: event.sequence,
            at: event.at.trunc_subsecs(0).timestamp(),
            reason: event.reason,
            released: event.event == RevocationEvent::Released,
            may_be_left_out: leaving.is_some_and(|leaving| leaving.allows(event)),
        }));
        Ok::<_, StoreError>(())
    })?;
    // The last one first, so that it is the one that stays.
    lasts.sort_unstable_by_key(|last| (last.serial, std::cmp::Reverse(last.sequence)));
    lasts.dedup_by_key(|last| last.serial);
    Ok(lasts)
}

/// Walks entries and events side by side; both are in the order of the serials.
fn compare(signed: &Reading<'_>, lasts: &[Last], show: &mut impl FnMut(Fault)) {
    // An entry that is not ours is the lint's finding; what follows it cannot be read.
    let mut entries = signed.said.entries().map_while(Result::ok).peekable();
    let mut fault = |serial, finding| {
        show(Fault {
            serial: Some(serial),
            finding,
            words: String::new(),
        });
    };
    for last in lasts {
        while let Some(stray) = next_before(&mut entries, last.serial) {
            fault(stray.serial, "it is on the list, and no event says why");
        }
        match entries.next_if(|entry| entry.serial == last.serial) {
            Some(_) if last.released => {
                fault(last.serial, "it was released and is on the list");
            }
            Some(entry) if !last.is_dated(entry.at) || entry.reason != last.reason => {
                fault(
                    last.serial,
                    "the list has another date or reason than the event",
                );
            }
            None if !last.released && !last.may_be_left_out => {
                fault(last.serial, "it is missing on the list");
            }
            _ => {}
        }
    }
    for stray in entries {
        fault(stray.serial, "it is on the list, and no event says why");
    }
}

fn next_before(
    entries: &mut Peekable<impl Iterator<Item = Entry>>,
    serial: SerialNumber,
) -> Option<Entry> {
    entries.next_if(|entry| entry.serial.cmp(&serial) == Ordering::Less)
}
