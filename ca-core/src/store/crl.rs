//! Certificate revocation lists as they were published: numbers only rise, the newest has its bytes.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::schema::{authority, crl};
use super::{Db, StoreResult};

/// One list, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = crl)]
pub struct Crl {
    /// The generation whose key signed it.
    pub generation: i64,
    /// Its number (RFC 5280 §5.2.3).
    pub number: i64,
    /// When it was made.
    #[diesel(deserialize_as = At)]
    pub this_update: DateTime<Utc>,
    /// Until when it may be relied on.
    #[diesel(deserialize_as = At)]
    pub next_update: DateTime<Utc>,
    /// The last event of the generation that it knows (see [`super::revocation`]).
    pub covered: i64,
    /// When the last list was made that was due by its age: this one, or an earlier one.
    #[diesel(deserialize_as = At)]
    pub regular_at: DateTime<Utc>,
    /// The last event that that one knew.
    pub regular_covered: i64,
    /// How many serials it lists.
    pub entries: i64,
    /// SHA-256 of its bytes, hex.
    pub sha256: String,
}

/// The newest list of a generation.
pub fn newest(db: &mut Db, generation: i64) -> StoreResult<Option<Crl>> {
    let query = crl::table.filter(crl::generation.eq(generation));
    let newest = query.order(crl::number.desc()).select(Crl::as_select());
    Ok(newest.first(db).optional()?)
}

/// The newest list of a generation with its bytes, DER.
pub fn newest_with_bytes(db: &mut Db, generation: i64) -> StoreResult<Option<(Crl, Vec<u8>)>> {
    let query = crl::table
        .filter(crl::generation.eq(generation))
        .filter(crl::der.is_not_null());
    let newest = query.order(crl::number.desc());
    let row: Option<(Crl, Option<Vec<u8>>)> = newest
        .select((Crl::as_select(), crl::der))
        .first(db)
        .optional()?;
    Ok(row.and_then(|(list, der)| Some((list, der?))))
}

/// The last lists of a generation, newest first.
pub fn list(db: &mut Db, generation: i64, limit: i64) -> StoreResult<Vec<Crl>> {
    let query = crl::table.filter(crl::generation.eq(generation));
    let newest = query.order(crl::number.desc()).limit(limit);
    Ok(newest.select(Crl::as_select()).load(db)?)
}

/// Draws the next number. A number that was drawn is never used again, published or not.
pub fn draw_number(db: &mut Db, generation: i64) -> StoreResult<i64> {
    // The first UPDATE holds the generation's row; the list that is there is looked at after that.
    let next = |number: i64| {
        diesel::update(authority::table.find(generation))
            .set(authority::crl_number.eq(number))
            .returning(authority::crl_number)
    };
    let drawn: i64 = diesel::update(authority::table.find(generation))
        .set(authority::crl_number.eq(authority::crl_number + 1))
        .returning(authority::crl_number)
        .get_result(db)?;
    let published = newest(db, generation)?.map_or(0, |list| list.number);
    if drawn > published {
        return Ok(drawn);
    }
    // A restored row of the generation does not lower the numbers.
    Ok(next(published + 1).get_result(db)?)
}

/// Lifts the number of the last list to `number`; never lowers it.
pub fn raise_number(db: &mut Db, generation: i64, number: i64) -> StoreResult<()> {
    let lower = authority::table
        .find(generation)
        .filter(authority::crl_number.lt(number));
    diesel::update(lower)
        .set(authority::crl_number.eq(number))
        .execute(db)?;
    Ok(())
}

/// Stores a list as the newest one and takes the bytes of the older ones away.
///
/// Returns false, and changes nothing, when a list with a higher number or with later events is there already:
/// another worker was faster.
pub fn publish(db: &mut Db, list: &Crl, der: &[u8]) -> StoreResult<bool> {
    // Whoever publishes holds the generation's row: the second one sees the first one's list.
    if let Db::Postgres(db) = db {
        authority::table
            .find(list.generation)
            .select(authority::generation)
            .for_update()
            .first::<i64>(db)?;
    }
    let before = newest(db, list.generation)?;
    if before.is_some_and(|before| before.number >= list.number || before.covered > list.covered) {
        return Ok(false);
    }
    diesel::update(crl::table.filter(crl::generation.eq(list.generation)))
        .filter(crl::der.is_not_null())
        .set(crl::der.eq(None::<Vec<u8>>))
        .execute(db)?;
    diesel::insert_into(crl::table)
        .values((
            crl::generation.eq(list.generation),
            crl::number.eq(list.number),
            crl::this_update.eq(millis(list.this_update)),
            crl::next_update.eq(millis(list.next_update)),
            crl::covered.eq(list.covered),
            crl::regular_at.eq(millis(list.regular_at)),
            crl::regular_covered.eq(list.regular_covered),
            crl::entries.eq(list.entries),
            crl::sha256.eq(&list.sha256),
            crl::der.eq(der),
        ))
        .execute(db)?;
    Ok(true)
}
