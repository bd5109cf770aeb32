//! The audit chain is walked from its first entry to its head.
use std::collections::BTreeSet;

use super::record_checkpoint::named;
use crate::domain::audit::{AuditFact, GENESIS, chain_hash};
use crate::domain::certificate::Purpose;
use crate::domain::checkpoint::Chain;
use crate::domain::serial::SerialNumber;
use crate::store::audit::{AuditEntry, Head};
use crate::store::{Store, StoreResult, audit, certificate};

/// Entries read at a time.
const PAGE: i64 = 1_000;

/// What is wrong with an end.
const CUT: &str = "entries at the end are missing, or the head was changed";

/// What the walk found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditVerdict {
    /// Every entry is in its place.
    Whole {
        /// How many there are.
        entries: i64,
        /// Hash of the last one; written outside the database, it proves that none was cut off.
        head: String,
    },
    /// The first entry that is not as it was written.
    Broken {
        /// Its place in the chain.
        sequence: i64,
        /// What is wrong with it.
        finding: &'static str,
    },
}

/// What a walk saw on its way.
#[derive(Debug, Clone)]
pub struct Walk {
    /// How it ended.
    pub verdict: AuditVerdict,
    /// The chain as far as it holds together, with the hashes at the places that were asked for.
    pub chain: Chain,
}

/// Walks the whole chain.
pub fn verify_audit(store: &Store) -> StoreResult<AuditVerdict> {
    Ok(walk_audit(store, beginning(), &BTreeSet::new())?.verdict)
}

/// The place before the first entry.
pub fn beginning() -> Head {
    Head {
        sequence: 0,
        hash: GENESIS.to_owned(),
    }
}

/// Walks the chain from the entry `from` on, whose hash is known, and notes the hashes at `places`.
pub fn walk_audit(store: &Store, from: Head, places: &BTreeSet<i64>) -> StoreResult<Walk> {
    // The head is read first: entries that are appended meanwhile are beyond it.
    let head = store.read(audit::head)?;
    let mut chain = Chain::default();
    let mut last = from;
    note(&mut chain, places, &last);
    let stands = match last.sequence {
        0 => Some(last.hash.clone()),
        place => store.read(|db| audit::hash_at(db, place))?,
    };
    let mut fault = match stands {
        Some(hash) if hash == last.hash => None,
        Some(_) => Some((last.sequence, "it is another one than it was")),
        None if head.sequence < last.sequence => Some((head.sequence + 1, CUT)),
        None => Some((last.sequence, "an entry is missing")),
    };
    while fault.is_none() && last.sequence < head.sequence {
        let page = store.read(|db| audit::page(db, last.sequence, PAGE))?;
        if page.is_empty() {
            break;
        }
        for entry in page.iter().filter(|one| one.sequence <= head.sequence) {
            fault = fault_of(entry, &last).map(|finding| (last.sequence + 1, finding));
            if fault.is_some() {
                break;
            }
            chain.named.extend(named(entry));
            last = Head {
                sequence: entry.sequence,
                hash: entry.hash.clone(),
            };
            note(&mut chain, places, &last);
        }
        if page.iter().any(|entry| entry.sequence > head.sequence) {
            break;
        }
    }
    if fault.is_none() {
        fault = fault_of_end(store, &last, &head)?;
    }
    chain.entries = last.sequence;
    chain.is_whole = fault.is_none();
    let verdict = match fault {
        Some((sequence, finding)) => AuditVerdict::Broken { sequence, finding },
        None => AuditVerdict::Whole {
            entries: last.sequence,
            head: last.hash,
        },
    };
    Ok(Walk { verdict, chain })
}

fn note(chain: &mut Chain, places: &BTreeSet<i64>, last: &Head) {
    if places.contains(&last.sequence) {
        chain.hashes.insert(last.sequence, last.hash.clone());
    }
}

fn fault_of_end(
    store: &Store,
    last: &Head,
    head: &Head,
) -> StoreResult<Option<(i64, &'static str)>> {
    if last != head {
        return Ok(Some((last.sequence + 1, CUT)));
    }
    let beyond = store.read(audit::beyond_head)?;
    Ok(beyond.map(|sequence| (sequence, "it stands beyond the end of the chain")))
}

/// Those of the serials under which no certificate for checkpoints is recorded.
pub fn unknown_signers(
    store: &Store,
    serials: &BTreeSet<SerialNumber>,
) -> StoreResult<BTreeSet<SerialNumber>> {
    store.read(|db| {
        let mut unknown = BTreeSet::new();
        for serial in serials {
            if !certificate::is_for(db, *serial, Purpose::Audit)? {
                unknown.insert(*serial);
            }
        }
        Ok(unknown)
    })
}

fn fault_of(entry: &AuditEntry, last: &Head) -> Option<&'static str> {
    if entry.sequence != last.sequence + 1 {
        return Some("an entry is missing");
    }
    if entry.previous_hash != last.hash {
        return Some("it does not follow the entry before it");
    }
    let fact = AuditFact {
        at: entry.at,
        actor: entry.actor.clone(),
        act: entry.act.clone(),
        object: entry.object.clone(),
        detail: entry.detail.clone(),
    };
    (chain_hash(entry.sequence, &last.hash, &fact) != entry.hash).then_some("it was changed")
}
