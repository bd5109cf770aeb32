//! A certificate revocation list is published: a number is drawn, then, signed and linted, the list is stored.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::crl::{self, Crl};
use crate::store::{Store, StoreResult, audit};

/// Draws the number of the next list, before it is signed: no number is ever under two lists, whatever dies.
pub fn draw_crl_number(store: &Store, generation: i64) -> StoreResult<i64> {
    store.step("crl-number", |db| crl::draw_number(db, generation))
}

/// Publishes a signed list; false when another worker published a newer one meanwhile.
pub fn publish_crl(store: &Store, act: &Act, list: &Crl, der: &[u8]) -> StoreResult<bool> {
    store.step("crl-publish", |db| {
        if !crl::publish(db, list, der)? {
            return Ok(false);
        }
        let object = format!("crl:{}/{}", list.generation, list.number);
        let facts = serde_json::json!({
            "entries": list.entries,
            "covered": list.covered,
            "next_update": list.next_update.to_rfc3339(),
            "sha256": list.sha256,
        });
        audit::append(
            db,
            act,
            &[Record::new(AuditAct::CrlPublish, object).with(facts)],
        )?;
        Ok(true)
    })
}
