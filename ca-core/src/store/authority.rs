//! Generations of the root, and the public halves of the workers' sealing keys.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::schema::{authority, seal_key};
use super::{Db, StoreResult};
use crate::domain::seal::SealingKey;

/// One generation of the root.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = authority)]
pub struct Authority {
    /// 1 for the first root.
    pub generation: i64,
    /// The root certificate, DER.
    pub certificate_der: Vec<u8>,
    /// Its subject, as text.
    pub subject: String,
    /// Begin of its validity.
    #[diesel(deserialize_as = At)]
    pub not_before: DateTime<Utc>,
    /// End of its validity.
    #[diesel(deserialize_as = At)]
    pub not_after: DateTime<Utc>,
    /// Number of the last CRL; only rises (RFC 5280 §5.2.3).
    pub crl_number: i64,
    /// `active` or `retired`.
    pub status: String,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub created_at: DateTime<Utc>,
}

/// Records a generation.
pub fn insert(db: &mut Db, authority: &Authority) -> StoreResult<()> {
    diesel::insert_into(authority::table)
        .values((
            authority::generation.eq(authority.generation),
            authority::certificate_der.eq(&authority.certificate_der),
            authority::subject.eq(&authority.subject),
            authority::not_before.eq(millis(authority.not_before)),
            authority::not_after.eq(millis(authority.not_after)),
            authority::crl_number.eq(authority.crl_number),
            authority::status.eq(&authority.status),
            authority::created_at.eq(millis(authority.created_at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Every generation, oldest first.
pub fn list(db: &mut Db) -> StoreResult<Vec<Authority>> {
    Ok(authority::table
        .order(authority::generation)
        .select(Authority::as_select())
        .load(db)?)
}

/// Every generation that is not retired, oldest first.
pub fn active(db: &mut Db) -> StoreResult<Vec<Authority>> {
    Ok(authority::table
        .filter(authority::status.eq("active"))
        .order(authority::generation)
        .select(Authority::as_select())
        .load(db)?)
}

/// Whether certificates of this generation open anything: it is there and not retired.
pub fn is_trusted(db: &mut Db, generation: i64) -> StoreResult<bool> {
    let row = authority::table.find(generation);
    let active = row.filter(authority::status.eq("active"));
    Ok(active.count().get_result::<i64>(db)? > 0)
}

/// The generation of this number.
pub fn find(db: &mut Db, generation: i64) -> StoreResult<Option<Authority>> {
    let row = authority::table.find(generation);
    Ok(row.select(Authority::as_select()).first(db).optional()?)
}

/// Ends a generation that is active; says whether it was.
pub fn retire(db: &mut Db, generation: i64) -> StoreResult<bool> {
    let row = authority::table.find(generation);
    let changed = diesel::update(row.filter(authority::status.eq("active")))
        .set(authority::status.eq("retired"))
        .execute(db)?;
    Ok(changed > 0)
}

/// The newest active generation: the one that signs.
pub fn current(db: &mut Db) -> StoreResult<Option<Authority>> {
    let active = authority::table.filter(authority::status.eq("active"));
    let newest = active.order(authority::generation.desc());
    Ok(newest.select(Authority::as_select()).first(db).optional()?)
}

/// Records a sealing key; from now on passwords are sealed to it.
pub fn insert_sealing_key(db: &mut Db, key: &SealingKey, at: DateTime<Utc>) -> StoreResult<()> {
    diesel::insert_into(seal_key::table)
        .values((
            seal_key::id.eq(&key.id),
            seal_key::public_key.eq(&key.public_key),
            seal_key::status.eq("active"),
            seal_key::created_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// The sealing key to be used for new passwords.
pub fn current_sealing_key(db: &mut Db) -> StoreResult<Option<SealingKey>> {
    let newest = seal_key::table
        .filter(seal_key::status.eq("active"))
        .order(seal_key::created_at.desc());
    let row = newest
        .select((seal_key::id, seal_key::public_key))
        .first(db)
        .optional()?;
    Ok(row.map(|(id, public_key)| SealingKey { id, public_key }))
}
