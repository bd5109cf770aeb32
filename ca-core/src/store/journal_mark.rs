//! How far the journals, which lie outside the database, are known to agree with it.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::millis;
use super::connection::on_either;
use super::schema::journal_mark;
use super::{Db, StoreResult};

/// A place in a journal.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = journal_mark)]
pub struct Mark {
    /// The journal: its file's name without the ending.
    pub journal: String,
    /// The last line that is known, from 1.
    pub sequence: i64,
    /// Where that line ends, in bytes.
    pub position: i64,
    /// Its hash.
    pub hash: String,
    /// Whether it, and so every line after it, carries a MAC.
    pub is_keyed: bool,
}

/// Every mark.
pub fn list(db: &mut Db) -> StoreResult<Vec<Mark>> {
    let query = journal_mark::table.order(journal_mark::journal);
    Ok(query.select(Mark::as_select()).load(db)?)
}

/// The mark of one journal.
pub fn find(db: &mut Db, journal: &str) -> StoreResult<Option<Mark>> {
    let row = journal_mark::table.find(journal);
    Ok(row.select(Mark::as_select()).first(db).optional()?)
}

/// Moves a mark; never back.
pub fn put(db: &mut Db, mark: &Mark, at: DateTime<Utc>) -> StoreResult<()> {
    if find(db, &mark.journal)?.is_some_and(|known| known.sequence >= mark.sequence) {
        return Ok(());
    }
    let facts = (
        journal_mark::sequence.eq(mark.sequence),
        journal_mark::position.eq(mark.position),
        journal_mark::hash.eq(&mark.hash),
        journal_mark::is_keyed.eq(mark.is_keyed),
        journal_mark::marked_at.eq(millis(at)),
    );
    on_either!(db, db => diesel::insert_into(journal_mark::table)
        .values((journal_mark::journal.eq(&mark.journal), facts))
        .on_conflict(journal_mark::journal)
        .do_update()
        .set(facts)
        .execute(db))?;
    Ok(())
}

/// Forgets a journal that is lost for good.
pub fn forget(db: &mut Db, journal: &str) -> StoreResult<bool> {
    let rows = diesel::delete(journal_mark::table.find(journal)).execute(db)?;
    Ok(rows == 1)
}
