//! A whole database at one instant, for backups, and whether there is one at all.
use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Text};
use diesel::{PgConnection, QueryableByName, RunQueryDsl};

use super::audit::Head;
use super::connection;
use super::{Db, Store, StoreError, StoreResult, audit, authority, journal_mark};
use crate::private_file;
use crate::store::journal_mark::Mark;

/// What a backup says about the database it holds.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The newest step of its schema.
    pub step: String,
    /// The end of its audit chain.
    pub audit: Head,
    /// Generation and number of the last list, for each root.
    pub lists: Vec<(i64, i64)>,
    /// How far the journals are known.
    pub marks: Vec<Mark>,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Store {
    /// Copies a SQLite database into a new file, consistent while others write (`VACUUM INTO`). Its owner alone may read
    /// it.
    pub fn copy_into(&self, file: &Path) -> StoreResult<()> {
        let mut db = self.connection()?;
        let Db::Sqlite(db) = &mut *db else {
            return Err(StoreError::Missing("a SQLite database".into()));
        };
        // SQLite fills an empty file, and would make a new one by the umask.
        private_file::create_empty(file).map_err(|error| {
            StoreError::Missing(format!("the file {} ({error})", file.display()))
        })?;
        let file = file.to_string_lossy().into_owned();
        diesel::sql_query("VACUUM INTO ?")
            .bind::<Text, _>(file)
            .execute(db)?;
        Ok(())
    }

    /// Holds a snapshot of a PostgreSQL database while `work` runs; `work` gets its name for `pg_dump --snapshot`, and a
    /// connection that sees the same.
    pub fn with_snapshot<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&mut Db, &str) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut db = self.connection()?;
        let name = export(&mut db)?;
        let done = work(&mut db, &name);
        // Where this fails, or `work` panics, the transaction manager knows that it is open, and the pool drops the
        // connection instead of lending it again.
        if let Err(error) = connection::roll_back(&mut db) {
            tracing::warn!(%error, "the snapshot of the backup could not be closed");
        }
        done
    }

    /// Whether the database has no table at all. A schema is not looked at.
    pub fn is_empty(&self) -> StoreResult<bool> {
        let mut db = self.connection()?;
        let count: Count = match &mut *db {
            Db::Postgres(db) => diesel::sql_query(
                "SELECT COUNT(*) AS count FROM pg_tables \
                 WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
            )
            .get_result(db),
            Db::Sqlite(db) => {
                diesel::sql_query("SELECT COUNT(*) AS count FROM sqlite_schema").get_result(db)
            }
        }
        .map_err(StoreError::from)?;
        Ok(count.count == 0)
    }
}

fn export(db: &mut Db) -> StoreResult<String> {
    let Db::Postgres(postgres) = db else {
        return Err(StoreError::Missing("a PostgreSQL database".into()));
    };
    // By the transaction manager, which the pool asks about every connection that comes back.
    connection::begin_repeatable_read(postgres)?;
    let named = name_snapshot(postgres);
    if named.is_err() {
        let _ = connection::roll_back(db);
    }
    named
}

fn name_snapshot(db: &mut PgConnection) -> StoreResult<String> {
    // A dump takes longer than a transaction of ours may idle.
    db.batch_execute("SET LOCAL idle_in_transaction_session_timeout = 0")?;
    let named: Word = diesel::sql_query("SELECT pg_export_snapshot() AS word").get_result(db)?;
    Ok(named.word)
}

/// What there is to say about a database.
pub fn facts(db: &mut Db) -> StoreResult<Facts> {
    let roots = authority::list(db)?;
    Ok(Facts {
        step: super::migration::newest_applied(db)?,
        audit: audit::head(db)?,
        lists: roots
            .iter()
            .map(|root| (root.generation, root.crl_number))
            .collect(),
        marks: journal_mark::list(db)?,
    })
}
