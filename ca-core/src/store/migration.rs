//! The schema's steps, one folder for each database, embedded in the program.
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection;
use super::{Db, StoreError, StoreResult, role};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How the database's schema compares to the program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// Equal.
    Current,
    /// No step was ever taken: a new database.
    Empty,
    /// So many steps are missing.
    Older(usize),
    /// Has this step, unknown here.
    Newer(String),
}

diesel::table! {
    /// The steps that were taken; the migrations' own book.
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

diesel::table! {
    /// What there is, as SQLite tells it.
    sqlite_schema (name) {
        name -> Text,
    }
}

diesel::table! {
    /// What there is, as PostgreSQL tells it.
    pg_tables (tablename) {
        tablename -> Text,
    }
}

/// Compares without writing anything: a program's role may read the book and no more.
pub(super) fn state(db: &mut Db) -> StoreResult<SchemaState> {
    let known = known_steps(db)?;
    let Some(applied) = steps_in_book(db)? else {
        return Ok(SchemaState::Empty);
    };
    if let Some(stranger) = applied.iter().find(|step| !known.contains(step)) {
        return Ok(SchemaState::Newer(stranger.clone()));
    }
    match known.len() - applied.len() {
        0 => Ok(SchemaState::Current),
        missing => Ok(SchemaState::Older(missing)),
    }
}

/// Takes the missing steps, all of them or none. Of two programs that begin at once the second waits, then finds
/// nothing to do.
pub(super) fn run(db: &mut Db) -> StoreResult<()> {
    connection::begin(db, super::deadline::LONGEST_WAIT)?;
    match run_alone(db) {
        Ok(()) => Ok(connection::commit(db)?),
        Err(error) => {
            // The first error is the one to be told.
            let _ = connection::roll_back(db);
            Err(error)
        }
    }
}

/// Names the lock; any number will do that nobody else takes.
const MIGRATION_LOCK: i64 = 0x0069_6e6b_616e;

fn run_alone(db: &mut Db) -> StoreResult<()> {
    match db {
        Db::Postgres(db) => {
            let lock = diesel::sql_query("SELECT pg_advisory_xact_lock($1)");
            lock.bind::<diesel::sql_types::BigInt, _>(MIGRATION_LOCK)
                .execute(db)?;
            db.run_pending_migrations(POSTGRES).map(drop)
        }
        // The transaction began with the right to write.
        Db::Sqlite(db) => db.run_pending_migrations(SQLITE).map(drop),
    }
    .map_err(failed)?;
    match role::granted_prefix(db)? {
        Some(prefix) => role::grant_all(db, &prefix),
        None => Ok(()),
    }
}

/// The steps that were taken; none where no step ever was.
fn steps_in_book(db: &mut Db) -> StoreResult<Option<Vec<String>>> {
    const BOOK: &str = "__diesel_schema_migrations";
    let is_there: i64 = match db {
        Db::Postgres(db) => {
            let book = pg_tables::table.filter(pg_tables::tablename.eq(BOOK));
            book.count().get_result(db)?
        }
        Db::Sqlite(db) => {
            let book = sqlite_schema::table.filter(sqlite_schema::name.eq(BOOK));
            book.count().get_result(db)?
        }
    };
    if is_there == 0 {
        return Ok(None);
    }
    let steps = __diesel_schema_migrations::table.select(__diesel_schema_migrations::version);
    Ok(Some(steps.load(db)?))
}

pub(super) fn revert_all(db: &mut Db) -> StoreResult<()> {
    match db {
        Db::Postgres(db) => db.revert_all_migrations(POSTGRES).map(drop),
        Db::Sqlite(db) => db.revert_all_migrations(SQLITE).map(drop),
    }
    .map_err(failed)
}

/// The newest step that a database has.
pub(super) fn newest_applied(db: &mut Db) -> StoreResult<String> {
    let newest = steps_in_book(db)?.into_iter().flatten().max();
    Ok(newest.unwrap_or_default())
}

/// The newest step that this program knows.
pub fn newest_known() -> StoreResult<String> {
    let steps: Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>> =
        SQLITE.migrations().map_err(failed)?;
    let newest = steps.iter().map(|step| step.name().version().to_string());
    Ok(newest.max().unwrap_or_default())
}

fn known_steps(db: &Db) -> StoreResult<Vec<String>> {
    let names = |steps: Vec<Box<dyn Migration<_>>>| {
        steps
            .iter()
            .map(|step| step.name().version().to_string())
            .collect()
    };
    match db {
        Db::Postgres(_) => MigrationSource::<diesel::pg::Pg>::migrations(&POSTGRES)
            .map(names)
            .map_err(failed),
        Db::Sqlite(_) => {
            let steps =
                MigrationSource::<diesel::sqlite::Sqlite>::migrations(&SQLITE).map_err(failed)?;
            Ok(steps
                .iter()
                .map(|step| step.name().version().to_string())
                .collect())
        }
    }
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    StoreError::Migration(error.to_string())
}
