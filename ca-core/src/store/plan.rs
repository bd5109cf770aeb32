//! How SQLite goes about a query, for tests that hold it to an index.
use diesel::prelude::*;
use diesel::query_builder::QueryFragment;
use diesel::sqlite::Sqlite;

use super::{Db, Store, StoreResult};
use crate::config::DatabaseConfig;

#[derive(QueryableByName)]
struct Step {
    #[diesel(sql_type = diesel::sql_types::Text)]
    detail: String,
}

/// The steps of `query` in a fresh database; its values are left open.
pub(super) fn plan_of(query: &impl QueryFragment<Sqlite>) -> Vec<String> {
    let text = diesel::debug_query::<Sqlite, _>(query).to_string();
    let (query, _values) = text.split_once("--").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::migrate(&DatabaseConfig::default(), folder.path()).unwrap();
    let explain = |db: &mut Db| -> StoreResult<Vec<Step>> {
        match db {
            Db::Sqlite(db) => {
                Ok(diesel::sql_query(format!("EXPLAIN QUERY PLAN {query}")).load(db)?)
            }
            Db::Postgres(_) => Ok(Vec::new()),
        }
    };
    let steps = store.read(explain).unwrap().into_iter();
    steps.map(|step| step.detail).collect()
}
