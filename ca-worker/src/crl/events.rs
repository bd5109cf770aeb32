//! From the events of the store to what a list says: the latest event of a serial counts.
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use ca_core::store::revocation::{self, Revocation};
use ca_core::store::{Store, StoreError, StoreResult};
use chrono::{DateTime, Months, SubsecRound, Utc};

use super::entry::{Changes, Entry};

/// Events read at a time.
const BATCH: i64 = 10_000;

/// When an entry may leave: it stood on a regular list that was made after its certificate's end (§3.3).
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaving {
    /// When the last regular list was made.
    pub(super) regular_at: DateTime<Utc>,
    /// The last event that it knew.
    pub(super) regular_covered: i64,
    /// The longest life of any profile: a certificate that nobody has seen ended after that.
    pub(super) longest_life: Months,
}

impl Leaving {
    pub(super) fn allows(&self, event: &Revocation) -> bool {
        let end = event.ends_at.or_else(|| {
            let recorded = event.at;
            recorded.checked_add_months(self.longest_life)
        });
        event.sequence <= self.regular_covered && end.is_some_and(|end| end < self.regular_at)
    }
}

/// The latest events, few: in a map. No entry is dated after the list's `thisUpdate`.
pub(super) fn changes(
    store: &Store,
    (generation, this_update): (i64, DateTime<Utc>),
    after: i64,
) -> StoreResult<(Changes, i64)> {
    let mut changes = Changes::new();
    let covered = each(store, generation, after, |event| {
        changes.insert(event.serial, entry(event, this_update));
    })?;
    Ok((changes, covered))
}

/// One event, as small as it gets: a list may have a million of them.
#[derive(Clone, Copy)]
struct Line {
    serial: SerialNumber,
    at: i64,
    sequence: u32,
    reason: RevocationReason,
    listed: bool,
}

/// Appends the entries that every event together makes, in the order of the serials.
///
/// No entry is dated after the list's `thisUpdate`. Returns how many entries that are, and the last event's number.
pub(super) fn write_all(
    store: &Store,
    (generation, this_update): (i64, DateTime<Utc>),
    leaving: Option<Leaving>,
    out: &mut Vec<u8>,
) -> StoreResult<(i64, i64)> {
    let expected = store.read(|db| revocation::last_sequence(db, generation))?;
    let mut lines = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    let covered = each(store, generation, 0, |event| {
        let left = leaving.is_some_and(|leaving| leaving.allows(event));
        lines.push(Line {
            serial: event.serial,
            at: event.at.min(this_update).timestamp(),
            // Events are counted from 1 for each generation; four thousand million are never reached.
            sequence: u32::try_from(event.sequence).unwrap_or(u32::MAX),
            reason: event.reason,
            listed: event.event != RevocationEvent::Released && !left,
        });
    })?;
    lines.sort_unstable_by_key(|line: &Line| (line.serial, line.sequence));
    out.reserve(lines.len() * 54);
    let mut count = 0;
    let mut lines = lines.iter().peekable();
    while let Some(line) = lines.next() {
        let latest = lines.peek().is_none_or(|next| next.serial != line.serial);
        if latest && line.listed {
            let at = DateTime::from_timestamp(line.at, 0).unwrap_or_default();
            let (serial, reason) = (line.serial, line.reason);
            Entry { serial, at, reason }.write(out);
            count += 1;
        }
    }
    Ok((count, covered))
}

fn entry(event: &Revocation, this_update: DateTime<Utc>) -> Option<Entry> {
    (event.event != RevocationEvent::Released).then(|| Entry {
        serial: event.serial,
        at: event.at.min(this_update).trunc_subsecs(0),
        reason: event.reason,
    })
}

/// Shows every event after the one numbered `after`, in order; returns the last one's number.
fn each(
    store: &Store,
    generation: i64,
    after: i64,
    mut show: impl FnMut(&Revocation),
) -> StoreResult<i64> {
    pages(store, generation, after, |events| -> StoreResult<()> {
        events.iter().for_each(&mut show);
        Ok(())
    })
}

/// The same, so many at a time.
pub(super) fn pages<E: From<StoreError>>(
    store: &Store,
    generation: i64,
    after: i64,
    mut show: impl FnMut(&[Revocation]) -> Result<(), E>,
) -> Result<i64, E> {
    let mut covered = after;
    loop {
        let events = store.read(|db| revocation::since(db, generation, covered, BATCH))?;
        let Some(last) = events.last() else {
            return Ok(covered);
        };
        covered = last.sequence;
        show(&events)?;
    }
}
