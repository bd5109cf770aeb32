//! What the database's owner can do to the chain: anything, with every hash computed anew.

use ca_core::domain::audit::{AuditFact, GENESIS, chain_hash};
use ca_core::store::audit::{AuditEntry, page};
use ca_core::store::{Db, Store};
use inkan_tests::database::Sql;

/// Every entry, in order.
pub fn read(store: &Store) -> Vec<AuditEntry> {
    let all = |db: &mut Db| page(db, 0, 100_000);
    store.read(all).expect("the chain")
}

/// Places and hashes anew, from the first entry to the last.
pub fn computed_anew(mut entries: Vec<AuditEntry>) -> Vec<AuditEntry> {
    let mut last = GENESIS.to_owned();
    for (place, entry) in entries.iter_mut().enumerate() {
        entry.sequence = i64::try_from(place).expect("few") + 1;
        entry.previous_hash.clone_from(&last);
        let fact = AuditFact {
            at: entry.at,
            actor: entry.actor.clone(),
            act: entry.act.clone(),
            object: entry.object.clone(),
            detail: entry.detail.clone(),
        };
        entry.hash = chain_hash(entry.sequence, &entry.previous_hash, &fact);
        last.clone_from(&entry.hash);
    }
    entries
}

/// Puts these entries in the place of those that are there, and the head behind them.
pub fn put(sql: &mut Sql, entries: &[AuditEntry]) {
    let text = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let row = |one: &AuditEntry| {
        format!(
            "({}, {}, {}, {}, {}, {}, {}, {})",
            one.sequence,
            one.at.timestamp_millis(),
            text(&one.actor),
            text(&one.act),
            text(&one.object),
            text(&one.detail),
            text(&one.previous_hash),
            text(&one.hash),
        )
    };
    let rows: Vec<String> = entries.iter().map(row).collect();
    let last = entries.last().expect("an entry");
    sql.run(&format!(
        "DELETE FROM audit;
         INSERT INTO audit (sequence, at, actor, act, object, detail, previous_hash, hash) VALUES {};
         UPDATE audit_head SET sequence = {}, hash = '{}'",
        rows.join(", "),
        last.sequence,
        last.hash
    ));
}
