//! The schema's steps, one folder for each database, embedded in the program.
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::connection::on_either;
use super::{Db, StoreError, StoreResult};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// How the database's schema compares to the program's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SchemaState {
    /// Equal.
    Current,
    /// So many steps are missing.
    Older(usize),
    /// Has this step, unknown here.
    Newer(String),
}

pub(super) fn state(db: &mut Db) -> StoreResult<SchemaState> {
    let known = known_steps(db)?;
    let applied: Vec<String> = on_either!(db, db => db.applied_migrations())
        .map_err(failed)?
        .iter()
        .map(ToString::to_string)
        .collect();
    if let Some(stranger) = applied.iter().find(|step| !known.contains(step)) {
        return Ok(SchemaState::Newer(stranger.clone()));
    }
    match known.len() - applied.len() {
        0 => Ok(SchemaState::Current),
        missing => Ok(SchemaState::Older(missing)),
    }
}

pub(super) fn run(db: &mut Db) -> StoreResult<()> {
    match db {
        Db::Postgres(db) => db.run_pending_migrations(POSTGRES).map(drop),
        Db::Sqlite(db) => db.run_pending_migrations(SQLITE).map(drop),
    }
    .map_err(failed)
}

pub(super) fn revert_all(db: &mut Db) -> StoreResult<()> {
    match db {
        Db::Postgres(db) => db.revert_all_migrations(POSTGRES).map(drop),
        Db::Sqlite(db) => db.revert_all_migrations(SQLITE).map(drop),
    }
    .map_err(failed)
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
