//! Operators: the people who decide, bound to their certificates.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeText, millis};
use super::listed::readable;
use super::schema::operator;
use super::{Db, StoreError, StoreResult};
use crate::domain::certificate::OperatorStatus;
use crate::domain::serial::SerialNumber;
use crate::domain::user_id::UserId;

/// One operator.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = operator)]
pub struct Operator {
    /// Row number.
    pub id: i64,
    /// Login name.
    pub name: String,
    /// Name as people write it.
    pub display_name: String,
    /// Argon2id hash.
    pub password_hash: String,
    /// Serial of the client certificate.
    #[diesel(deserialize_as = MaybeText)]
    pub certificate_serial: Option<SerialNumber>,
    /// SHA-256 of its public key, hex.
    pub certificate_spki_sha256: Option<String>,
    /// The operator's own account, for which he or she may not decide.
    #[diesel(deserialize_as = MaybeText)]
    pub own_user_id: Option<UserId>,
    /// Whether the operator may log in.
    #[diesel(deserialize_as = String)]
    pub status: OperatorStatus,
    /// When added.
    #[diesel(deserialize_as = At)]
    pub created_at: DateTime<Utc>,
}

/// What a new operator consists of.
#[derive(Debug)]
pub struct NewOperator<'a> {
    /// Login name.
    pub name: &'a str,
    /// Name as people write it.
    pub display_name: &'a str,
    /// Argon2id hash.
    pub password_hash: &'a str,
    /// The operator's own account, if there is one.
    pub own_user_id: Option<&'a UserId>,
    /// Serial of the client certificate.
    pub certificate_serial: SerialNumber,
    /// SHA-256 of its public key, hex.
    pub certificate_spki_sha256: &'a str,
}

/// Adds an operator.
pub fn insert(db: &mut Db, new: &NewOperator<'_>, at: DateTime<Utc>) -> StoreResult<()> {
    diesel::insert_into(operator::table)
        .values((
            operator::name.eq(new.name),
            operator::display_name.eq(new.display_name),
            operator::password_hash.eq(new.password_hash),
            operator::own_user_id.eq(new.own_user_id.map(UserId::as_str)),
            operator::certificate_serial.eq(new.certificate_serial.to_hex()),
            operator::certificate_spki_sha256.eq(new.certificate_spki_sha256),
            operator::status.eq(OperatorStatus::Active.as_str()),
            operator::created_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// The operator of this name.
pub fn find(db: &mut Db, name: &str) -> StoreResult<Option<Operator>> {
    let query = operator::table.filter(operator::name.eq(name));
    Ok(query.select(Operator::as_select()).first(db).optional()?)
}

/// The operator whose certificate this is.
pub fn of_certificate(db: &mut Db, serial: SerialNumber) -> StoreResult<Option<Operator>> {
    let query = operator::table.filter(operator::certificate_serial.eq(serial.to_hex()));
    Ok(query.select(Operator::as_select()).first(db).optional()?)
}

/// The operator numbered `id`.
pub fn load(db: &mut Db, id: i64) -> StoreResult<Operator> {
    let found = operator::table
        .find(id)
        .select(Operator::as_select())
        .first(db)
        .optional()?;
    found.ok_or_else(|| StoreError::Missing(format!("operator {id}")))
}

/// Those of the operators numbered `ids` whose rows can be read.
pub fn load_many(db: &mut Db, ids: &[i64]) -> StoreResult<Vec<Operator>> {
    let (operators, damaged) = readable(db, ids, |db, ids| {
        let query = operator::table.filter(operator::id.eq_any(ids));
        Ok(query.select(Operator::as_select()).load(db)?)
    })?;
    for (id, reason) in damaged {
        tracing::error!(
            operator = id,
            reason,
            "alarm: the row of an operator cannot be read"
        );
    }
    Ok(operators)
}

/// Every operator, by name.
pub fn list(db: &mut Db) -> StoreResult<Vec<Operator>> {
    Ok(operator::table
        .order(operator::name)
        .select(Operator::as_select())
        .load(db)?)
}

/// Binds an operator to another certificate.
pub fn set_certificate(
    db: &mut Db,
    id: i64,
    serial: SerialNumber,
    spki_sha256: &str,
) -> StoreResult<()> {
    diesel::update(operator::table.find(id))
        .set((
            operator::certificate_serial.eq(serial.to_hex()),
            operator::certificate_spki_sha256.eq(spki_sha256),
        ))
        .execute(db)?;
    Ok(())
}

/// Switches an operator on or off.
pub fn set_status(db: &mut Db, id: i64, status: OperatorStatus) -> StoreResult<()> {
    diesel::update(operator::table.find(id))
        .set(operator::status.eq(status.as_str()))
        .execute(db)?;
    Ok(())
}

/// Replaces the hash of the console password.
pub fn set_password(db: &mut Db, id: i64, hash: &str) -> StoreResult<()> {
    diesel::update(operator::table.find(id))
        .set(operator::password_hash.eq(hash))
        .execute(db)?;
    Ok(())
}

/// Writes the hash of the same console password at another cost; only if it is still the one verified.
pub fn renew_password_hash(db: &mut Db, id: i64, verified: &str, renewed: &str) -> StoreResult<()> {
    let unchanged = operator::table
        .find(id)
        .filter(operator::password_hash.eq(verified));
    diesel::update(unchanged)
        .set(operator::password_hash.eq(renewed))
        .execute(db)?;
    Ok(())
}
