//! Printed letters: which, when, by whom; never what passwords they carried.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, millis};
use super::connection::on_either;
use super::schema::{letter, letter_run};
use super::{Db, StoreResult};

/// One run of the letter printer: one PDF.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = letter_run)]
pub struct LetterRun {
    /// Its name, drawn at random.
    pub id: String,
    /// Who printed.
    pub printed_by: String,
    /// When.
    #[diesel(deserialize_as = At)]
    pub printed_at: DateTime<Utc>,
    /// How many letters.
    pub letters: i64,
    /// SHA-256 of the PDF, hex.
    pub pdf_sha256: String,
}

/// One letter.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = letter)]
pub struct Letter {
    /// The number printed on it.
    pub number: String,
    /// The run it belongs to.
    pub run_id: String,
    /// The account it is addressed to.
    pub account_id: i64,
    /// When it was printed.
    #[diesel(deserialize_as = At)]
    pub printed_at: DateTime<Utc>,
}

/// Records a run.
pub fn insert_run(db: &mut Db, run: &LetterRun) -> StoreResult<()> {
    diesel::insert_into(letter_run::table)
        .values((
            letter_run::id.eq(&run.id),
            letter_run::printed_by.eq(&run.printed_by),
            letter_run::printed_at.eq(millis(run.printed_at)),
            letter_run::letters.eq(run.letters),
            letter_run::pdf_sha256.eq(&run.pdf_sha256),
        ))
        .execute(db)?;
    Ok(())
}

/// Records the letters of a run.
pub fn insert(db: &mut Db, letters: &[Letter]) -> StoreResult<()> {
    let rows: Vec<_> = letters
        .iter()
        .map(|letter| {
            (
                letter::number.eq(&letter.number),
                letter::run_id.eq(&letter.run_id),
                letter::account_id.eq(letter.account_id),
                letter::printed_at.eq(millis(letter.printed_at)),
            )
        })
        .collect();
    on_either!(db, db => diesel::insert_into(letter::table).values(rows).execute(db))?;
    Ok(())
}

/// The run of this name.
pub fn find_run(db: &mut Db, id: &str) -> StoreResult<Option<LetterRun>> {
    Ok(letter_run::table
        .find(id)
        .select(LetterRun::as_select())
        .first(db)
        .optional()?)
}

/// The letters of an account, newest first.
pub fn of_account(db: &mut Db, account_id: i64) -> StoreResult<Vec<Letter>> {
    let query = letter::table.filter(letter::account_id.eq(account_id));
    Ok(query
        .order(letter::printed_at.desc())
        .select(Letter::as_select())
        .load(db)?)
}
