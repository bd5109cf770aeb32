//! One revoked certificate in a list (RFC 5280 §5.1.2.6), and lists of them in the order of their serials.
use std::collections::BTreeMap;

use ca_core::domain::revocation::RevocationReason;
use ca_core::domain::serial::SerialNumber;
use chrono::{DateTime, Utc};

use super::der::{INTEGER, SEQUENCE, expect, take_time, write_time};

/// Extensions with a reasonCode (§5.3.1), up to the code itself; not critical.
const REASON: [u8; 13] = [
    0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01,
];

/// One line of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The serial number.
    pub serial: SerialNumber,
    /// Since when, to the second.
    pub at: DateTime<Utc>,
    /// Why; `Unspecified` is left out of the list, as §5.3.1 asks.
    pub reason: RevocationReason,
}

/// An entry that this product does not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an entry of the list has a form that is not ours")]
pub struct EntryError;

impl Entry {
    /// Appends the entry's DER.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        // Always shorter than 128 octets: one octet of length, filled in below.
        let serial = self.serial.as_bytes();
        out.extend([SEQUENCE, 0, INTEGER]);
        out.push(u8::try_from(serial.len()).unwrap_or(0));
        out.extend(serial);
        write_time(out, self.at);
        if self.reason != RevocationReason::Unspecified {
            out.extend(REASON);
            out.push(self.reason.code());
        }
        let length = u8::try_from(out.len() - start - 2).unwrap_or(0);
        if let Some(place) = out.get_mut(start + 1) {
            *place = length;
        }
    }

    /// Takes one entry off the input.
    pub(super) fn take(input: &[u8]) -> Result<(Self, &[u8]), EntryError> {
        let parsed = || {
            let (content, rest) = expect(SEQUENCE, input)?;
            let (serial, content) = serial(content)?;
            let (at, extensions) = take_time(content)?;
            let reason = match extensions.strip_prefix(&REASON) {
                None if extensions.is_empty() => RevocationReason::Unspecified,
                Some([code]) if *code != 0 => reason(*code)?,
                _ => return None,
            };
            Some((Self { serial, at, reason }, rest))
        };
        parsed().ok_or(EntryError)
    }
}

fn serial(content: &[u8]) -> Option<(SerialNumber, &[u8])> {
    let (serial, rest) = expect(INTEGER, content)?;
    Some((SerialNumber::from_bytes(serial).ok()?, rest))
}

fn reason(code: u8) -> Option<RevocationReason> {
    let mut all = RevocationReason::ALL.iter().copied();
    all.find(|reason| reason.code() == code)
}

/// What became of serials since the last list: listed so, or listed no more.
pub(super) type Changes = BTreeMap<SerialNumber, Option<Entry>>;

/// Appends `old`, the entries of the list before, with the changes worked in. Both are in the order of the
/// serials, and so is what comes out. Returns how many entries that are.
///
/// Nothing is taken apart but each entry's serial; what is unchanged is copied in runs.
pub(super) fn merge(old: &[u8], changes: &Changes, out: &mut Vec<u8>) -> Result<i64, EntryError> {
    let mut changes = changes.iter().peekable();
    let (mut run, mut left, mut count) = (old, old, 0);
    while !left.is_empty() {
        let (content, rest) = expect(SEQUENCE, left).ok_or(EntryError)?;
        let (serial, _) = serial(content).ok_or(EntryError)?;
        let mut replaced = false;
        while let Some((changed, entry)) = changes.next_if(|(changed, _)| **changed <= serial) {
            copy(run, left, out);
            run = left;
            replaced |= *changed == serial;
            count += add(entry.as_ref(), out);
        }
        if replaced {
            run = rest;
        } else {
            count += 1;
        }
        left = rest;
    }
    copy(run, left, out);
    for (_, entry) in changes {
        count += add(entry.as_ref(), out);
    }
    Ok(count)
}

/// Copies from where `run` begins to where `end` begins; `end` is a tail of it.
fn copy(run: &[u8], end: &[u8], out: &mut Vec<u8>) {
    let length = run.len().saturating_sub(end.len());
    out.extend_from_slice(run.get(..length).unwrap_or_default());
}

fn add(entry: Option<&Entry>, out: &mut Vec<u8>) -> i64 {
    entry.map_or(0, |entry| {
        entry.write(out);
        1
    })
}
