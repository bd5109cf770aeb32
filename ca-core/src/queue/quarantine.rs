//! Requests whose rows cannot be understood: set aside at once, so that they hold up nobody.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::request_lease::{self, Unreadable};
use crate::store::{Db, StoreResult, audit};

/// What operators read about such a request.
const REASON: &str =
    "not signed: the record of this request cannot be read; somebody may have changed the database";

/// Parks them, with an alarm and an audit entry each. To be called last in a transaction.
pub fn quarantine(db: &mut Db, act: &Act, unreadable: &[Unreadable]) -> StoreResult<()> {
    let mut records = Vec::with_capacity(unreadable.len());
    for one in unreadable {
        request_lease::set_aside(db, &one.id, REASON, act.at)?;
        let (name, why) = (plain(&one.id), plain(&one.why));
        tracing::error!(
            request = name,
            why,
            "alarm: a request asks to be signed and cannot be read"
        );
        let record = Record::new(AuditAct::RequestPark, format!("request:{name}"));
        let facts = serde_json::json!({ "reason": REASON, "why": why });
        records.push(record.with(facts));
    }
    audit::append(db, act, &records)
}

/// What a hostile text may say in a log: a line of plain characters.
fn plain(text: &str) -> String {
    let plain = text.chars().filter(|c| c.is_ascii_graphic() || *c == ' ');
    plain.take(120).collect()
}
