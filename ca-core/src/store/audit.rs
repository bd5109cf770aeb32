//! The audit table: one entry an act, in the act's own transaction, chained by hashes.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::connection::on_either;
use super::listed::{Listed, listed};
use super::schema::{audit, audit_head};
use super::{Db, StoreResult};
use crate::domain::actor::Act;
use crate::domain::audit::{AuditFact, chain_hash};
use crate::domain::audit_act::AuditAct;

/// One entry, as stored.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = audit)]
pub struct AuditEntry {
    /// Place in the chain, from 1.
    pub sequence: i64,
    /// When.
    #[diesel(deserialize_as = At)]
    pub at: DateTime<Utc>,
    /// Who, as `kind:name`.
    pub actor: String,
    /// The verb.
    pub act: String,
    /// On what.
    pub object: String,
    /// Further facts, a JSON object.
    pub detail: String,
    /// The hash of the entry before.
    pub previous_hash: String,
    /// The hash of this entry.
    pub hash: String,
}

/// One entry to be written: verb, object, further facts.
#[derive(Debug, Clone)]
pub struct Record {
    /// The verb.
    pub act: AuditAct,
    /// On what, e.g. `request:<id>`.
    pub object: String,
    /// Further facts; never a secret.
    pub detail: serde_json::Value,
}

impl Record {
    /// An entry about `object`, without further facts.
    pub fn new(act: AuditAct, object: impl Into<String>) -> Self {
        Self {
            act,
            object: object.into(),
            detail: serde_json::json!({}),
        }
    }

    /// The entry with further facts.
    pub fn with(mut self, detail: serde_json::Value) -> Self {
        self.detail = detail;
        self
    }
}

/// The chain's end.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct Head {
    /// Number of entries.
    pub sequence: i64,
    /// Hash of the last one.
    pub hash: String,
}

/// Appends the entries of one act. To be called last in a transaction: it holds the chain's
/// head, and with it every other writer, until the commit.
pub fn append(db: &mut Db, by: &Act, records: &[Record]) -> StoreResult<()> {
    if records.is_empty() {
        return Ok(());
    }
    let mut head = lock_head(db)?;
    let actor = by.actor.to_string();
    let mut rows = Vec::with_capacity(records.len());
    for record in records {
        let fact = AuditFact {
            at: by.at,
            actor: actor.clone(),
            act: record.act.as_str().to_owned(),
            object: record.object.clone(),
            detail: detail_of(by, record),
        };
        let sequence = head.sequence + 1;
        let hash = chain_hash(sequence, &head.hash, &fact);
        rows.push((
            audit::sequence.eq(sequence),
            audit::at.eq(millis(fact.at)),
            audit::actor.eq(fact.actor),
            audit::act.eq(fact.act),
            audit::object.eq(fact.object),
            audit::detail.eq(fact.detail),
            audit::previous_hash.eq(head.hash),
            audit::hash.eq(hash.clone()),
        ));
        head = Head { sequence, hash };
    }
    // SQLite takes 32,766 parameters a statement, PostgreSQL 65,535.
    while !rows.is_empty() {
        let some: Vec<_> = rows.drain(..rows.len().min(1_000)).collect();
        on_either!(db, db => diesel::insert_into(audit::table).values(some).execute(db))?;
    }
    diesel::update(audit_head::table.find(1_i64))
        .set((
            audit_head::sequence.eq(head.sequence),
            audit_head::hash.eq(head.hash),
        ))
        .execute(db)?;
    Ok(())
}

/// The facts of an entry, with the address that the visitor came from where the act says one.
fn detail_of(by: &Act, record: &Record) -> String {
    let mut detail = record.detail.clone();
    if let (Some(source), Some(facts)) = (by.source, detail.as_object_mut()) {
        facts.insert("source".into(), source.to_string().into());
    }
    detail.to_string()
}

/// The chain's end, as it stands.
pub fn head(db: &mut Db) -> StoreResult<Head> {
    Ok(audit_head::table
        .find(1_i64)
        .select((audit_head::sequence, audit_head::hash))
        .first(db)?)
}

fn lock_head(db: &mut Db) -> StoreResult<Head> {
    let query = audit_head::table
        .find(1_i64)
        .select((audit_head::sequence, audit_head::hash));
    Ok(match db {
        Db::Postgres(db) => query.for_update().first(db)?,
        Db::Sqlite(db) => query.first(db)?,
    })
}

/// Up to `limit` entries after the one numbered `after`, in order.
pub fn page(db: &mut Db, after: i64, limit: i64) -> StoreResult<Vec<AuditEntry>> {
    let query = audit::table
        .filter(audit::sequence.gt(after))
        .order(audit::sequence)
        .limit(limit);
    Ok(query.select(AuditEntry::as_select()).load(db)?)
}

/// The first entry beyond the chain's end, in one look at both: an append moves them together, so
/// what is found there did not come by [`append`].
pub fn beyond_head(db: &mut Db) -> StoreResult<Option<i64>> {
    let end = audit_head::table
        .find(1_i64)
        .select(audit_head::sequence)
        .single_value();
    let beyond = audit::table
        .filter(audit::sequence.nullable().gt(end))
        .order(audit::sequence)
        .select(audit::sequence);
    Ok(beyond.first(db).optional()?)
}

/// The hash of the entry numbered `sequence`, if it is there.
pub fn hash_at(db: &mut Db, sequence: i64) -> StoreResult<Option<String>> {
    let entry = audit::table.find(sequence).select(audit::hash);
    Ok(entry.first(db).optional()?)
}

/// The entries of one verb after the one numbered `after`, in order.
pub fn acts_after(db: &mut Db, act: AuditAct, after: i64) -> StoreResult<Vec<AuditEntry>> {
    let query = audit::table
        .filter(audit::act.eq(act.as_str()))
        .filter(audit::sequence.gt(after))
        .order(audit::sequence);
    Ok(query.select(AuditEntry::as_select()).load(db)?)
}

/// When something was last done.
pub fn last_at(db: &mut Db, act: AuditAct) -> StoreResult<Option<DateTime<Utc>>> {
    let done = audit::table
        .filter(audit::act.eq(act.as_str()))
        .order(audit::sequence.desc());
    let last: Option<i64> = done.select(audit::at).first(db).optional()?;
    Ok(last.and_then(DateTime::from_timestamp_millis))
}

/// The entries about one object, oldest first.
pub fn about(db: &mut Db, object: &str) -> StoreResult<Listed<AuditEntry>> {
    let own = audit::table.filter(audit::object.eq(object));
    let own = own.order(audit::sequence).select(audit::sequence);
    let sequences: Vec<i64> = own.load(db)?;
    let total = i64::try_from(sequences.len()).unwrap_or(i64::MAX);
    listed(db, "audit", &sequences, total, |db, sequences| {
        let some = audit::table.filter(audit::sequence.eq_any(sequences));
        let some = some.order(audit::sequence).select(AuditEntry::as_select());
        Ok(some.load(db)?)
    })
}
