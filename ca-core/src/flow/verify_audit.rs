//! The audit chain is walked from its first entry to its head.
use crate::domain::audit::{AuditFact, GENESIS, chain_hash};
use crate::store::audit::{AuditEntry, Head};
use crate::store::{Store, StoreResult, audit};

/// Entries read at a time.
const PAGE: i64 = 1_000;

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

/// Walks the whole chain.
pub fn verify_audit(store: &Store) -> StoreResult<AuditVerdict> {
    // The head is read first: entries that are appended meanwhile are beyond it.
    let head = store.read(audit::head)?;
    let mut last = Head {
        sequence: 0,
        hash: GENESIS.to_owned(),
    };
    loop {
        let page = store.read(|db| audit::page(db, last.sequence, PAGE))?;
        for entry in &page {
            if entry.sequence > head.sequence {
                break;
            }
            if let Some(finding) = fault_of(entry, &last) {
                return Ok(AuditVerdict::Broken {
                    sequence: last.sequence + 1,
                    finding,
                });
            }
            last = Head {
                sequence: entry.sequence,
                hash: entry.hash.clone(),
            };
        }
        if page
            .last()
            .is_none_or(|entry| entry.sequence >= head.sequence)
        {
            break;
        }
    }
    if last != head {
        let finding = "entries at the end are missing, or the head was changed";
        return Ok(AuditVerdict::Broken {
            sequence: last.sequence + 1,
            finding,
        });
    }
    if let Some(sequence) = store.read(audit::beyond_head)? {
        return Ok(AuditVerdict::Broken {
            sequence,
            finding: "it stands beyond the end of the chain",
        });
    }
    Ok(AuditVerdict::Whole {
        entries: last.sequence,
        head: last.hash,
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
