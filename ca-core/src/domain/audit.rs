//! The audit chain: each entry's hash covers the entry and the hash before it.
use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

/// The hash that stands before the first entry.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What is said about one act, before it is placed in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFact {
    /// When, to the millisecond.
    pub at: DateTime<Utc>,
    /// Who, as `kind:name`.
    pub actor: String,
    /// The verb, as [`AuditAct::as_str`](super::audit_act::AuditAct::as_str) writes it; a newer program may know others.
    pub act: String,
    /// On what, e.g. `request:<id>` or `account:<user id>`.
    pub object: String,
    /// JSON object with further facts; never a secret.
    pub detail: String,
}

/// The hash of the entry numbered `sequence` that follows `previous`, as 64 hex digits.
pub fn chain_hash(sequence: i64, previous: &str, fact: &AuditFact) -> String {
    let mut hash = Sha256::new();
    hash.update(b"inkan/audit/v1");
    hash.update(sequence.to_be_bytes());
    hash.update(fact.at.timestamp_millis().to_be_bytes());
    for part in [previous, &fact.actor, &fact.act, &fact.object, &fact.detail] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn place_predecessor_and_every_field_count() {
        let fact = AuditFact {
            at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
            actor: "staff:sato".into(),
            act: "account.import".into(),
            object: "account:KJ2700000001".into(),
            detail: "{}".into(),
        };
        let later = fact.at + chrono::Duration::milliseconds(1);
        let variants = [
            chain_hash(1, GENESIS, &fact),
            chain_hash(2, GENESIS, &fact),
            chain_hash(1, &"1".repeat(64), &fact),
            chain_hash(
                1,
                GENESIS,
                &AuditFact {
                    at: later,
                    ..fact.clone()
                },
            ),
            chain_hash(
                1,
                GENESIS,
                &AuditFact {
                    actor: "staff:sat".into(),
                    ..fact.clone()
                },
            ),
            chain_hash(
                1,
                GENESIS,
                &AuditFact {
                    act: "account.importo".into(),
                    ..fact.clone()
                },
            ),
            chain_hash(
                1,
                GENESIS,
                &AuditFact {
                    object: String::new(),
                    ..fact.clone()
                },
            ),
            chain_hash(
                1,
                GENESIS,
                &AuditFact {
                    detail: "[]".into(),
                    ..fact.clone()
                },
            ),
        ];
        let unique: std::collections::HashSet<_> = variants.iter().collect();
        assert_eq!(unique.len(), variants.len());
    }
}
