//! Both databases have the same schema, every migration can be undone, and diesel's table is the truth.

use inkan_tests::database::{Database, Engine, Sql};
use inkan_tests::repository::{root, text};
use std::collections::BTreeSet;
use std::path::PathBuf;

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// The migrations of an engine in their order.
fn migrations(engine: Engine) -> Vec<PathBuf> {
    let folder = match engine {
        Engine::Sqlite => "ca-core/migrations/sqlite",
        Engine::Postgres => "ca-core/migrations/postgres",
    };
    let entries = std::fs::read_dir(root().join(folder)).expect("the folder of migrations");
    let mut all: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    all.sort();
    assert!(!all.is_empty(), "{folder} is empty");
    all
}

/// Every column, key, index and reference of a database, one sentence each.
fn schema(engine: Engine, sql: &mut Sql) -> BTreeSet<String> {
    let questions = match engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let lines = questions.iter().flat_map(|question| sql.lines(question));
    lines
        .map(|line| {
            if line.starts_with("only ") {
                literals(&line)
            } else {
                line
            }
        })
        .collect()
}

/// The name of an index of some rows and the literals of its condition: each engine writes the rest of
/// a condition in a way of its own.
fn literals(line: &str) -> String {
    let name = line.split(' ').nth(1).unwrap_or_default();
    let quoted: Vec<&str> = line.split('\'').skip(1).step_by(2).collect();
    format!("only {name} {}", quoted.join(" "))
}

const SQLITE: [&str; 4] = [
    "SELECT 'column ' || m.name || '.' || c.name || ' ' || CASE upper(c.type)
            WHEN 'INTEGER' THEN 'number' WHEN 'BIGINT' THEN 'number' WHEN 'TEXT' THEN 'text'
            WHEN 'BLOB' THEN 'bytes' WHEN 'BOOLEAN' THEN 'yes or no' ELSE c.type END
        || CASE WHEN c.\"notnull\" OR c.pk THEN ' required' ELSE ' optional' END
        || CASE WHEN c.dflt_value IS NULL THEN '' ELSE ' by default ' || lower(c.dflt_value) END
        || CASE c.pk WHEN 0 THEN '' ELSE ' key ' || c.pk END AS line
     FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    "SELECT CASE i.\"unique\" WHEN 1 THEN 'unique ' ELSE 'index ' END || m.name || ' ('
        || (SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')'
        || CASE i.partial WHEN 1 THEN ' of some' ELSE '' END AS line
     FROM sqlite_schema m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i.origin <> 'pk'",
    "SELECT 'reference ' || m.name || '.' || f.\"from\" || ' to ' || f.\"table\" || '.' || f.\"to\" || ' ' || lower(f.on_delete)
        AS line
     FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    "SELECT 'only ' || name || ' ' || sql AS line FROM sqlite_schema WHERE type = 'index' AND sql LIKE '% WHERE %'",
];

const POSTGRES: [&str; 4] = [
    "SELECT 'column ' || c.table_name || '.' || c.column_name || ' ' || CASE c.data_type
            WHEN 'bigint' THEN 'number' WHEN 'text' THEN 'text' WHEN 'bytea' THEN 'bytes'
            WHEN 'boolean' THEN 'yes or no' ELSE c.data_type END
        || CASE c.is_nullable WHEN 'NO' THEN ' required' ELSE ' optional' END
        || CASE WHEN c.column_default IS NULL THEN '' ELSE ' by default ' || replace(c.column_default, '::text', '') END
        || CASE WHEN k.ordinal_position IS NULL THEN '' ELSE ' key ' || k.ordinal_position END AS line
     FROM information_schema.columns c
     LEFT JOIN information_schema.table_constraints t
        ON t.table_name = c.table_name AND t.table_schema = c.table_schema AND t.constraint_type = 'PRIMARY KEY'
     LEFT JOIN information_schema.key_column_usage k
        ON k.constraint_name = t.constraint_name AND k.table_name = c.table_name AND k.column_name = c.column_name
     WHERE c.table_schema = 'public'",
    "SELECT CASE WHEN i.indisunique THEN 'unique ' ELSE 'index ' END || t.relname || ' ('
        || (SELECT string_agg(a.attname, ', ' ORDER BY o) FROM unnest(i.indkey) WITH ORDINALITY AS u(n, o)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = u.n) || ')'
        || CASE WHEN i.indpred IS NULL THEN '' ELSE ' of some' END AS line
     FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
     WHERE n.nspname = 'public' AND NOT i.indisprimary",
    "SELECT 'reference ' || s.relname || '.' || a.attname || ' to ' || d.relname || '.' || b.attname || ' '
        || CASE c.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'c' THEN 'cascade'
            WHEN 'n' THEN 'set null' ELSE c.confdeltype::text END AS line
     FROM pg_constraint c JOIN pg_class s ON s.oid = c.conrelid JOIN pg_class d ON d.oid = c.confrelid
     JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum = c.conkey[1]
     JOIN pg_attribute b ON b.attrelid = d.oid AND b.attnum = c.confkey[1] WHERE c.contype = 'f'",
    "SELECT 'only ' || t.relname || ' ' || pg_get_expr(i.indpred, i.indrelid) AS line
     FROM pg_index i JOIN pg_class t ON t.oid = i.indexrelid WHERE i.indpred IS NOT NULL",
];

/// A database with every migration applied.
fn migrated(engine: Engine) -> Database {
    let database = Database::new(engine);
    let mut sql = database.connect();
    for step in migrations(engine) {
        sql.run(&text(&step.join("up.sql")));
    }
    database
}

fn assert_same(one: &BTreeSet<String>, other: &BTreeSet<String>, what: &str) {
    let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.difference(b).cloned().collect::<Vec<_>>().join("\n  ")
    };
    assert!(
        one == other,
        "{what}\nonly in the first:\n  {}\nonly in the second:\n  {}",
        only(one, other),
        only(other, one)
    );
}

#[test]
fn both_databases_have_the_same_schema() {
    let [sqlite, postgres] = ENGINES.map(|engine| schema(engine, &mut migrated(engine).connect()));
    assert!(sqlite.len() > 100, "the schema looks empty: {sqlite:?}");
    let condition = "only request_one_open_per_account pending approved signing failed";
    assert!(
        sqlite.contains(condition),
        "one open request for each account"
    );
    assert_same(&sqlite, &postgres, "SQLite and PostgreSQL differ");
}

#[test]
fn both_databases_have_the_same_steps() {
    let [sqlite, postgres] = ENGINES.map(|engine| {
        let names = migrations(engine);
        names
            .iter()
            .filter_map(|path| Some(path.file_name()?.to_owned()))
            .collect::<Vec<_>>()
    });
    assert_eq!(sqlite, postgres);
}

#[test]
fn every_step_can_be_undone_and_done_again() {
    for engine in ENGINES {
        let database = Database::new(engine);
        let mut sql = database.connect();
        for step in migrations(engine) {
            let before = schema(engine, &mut sql);
            sql.run(&text(&step.join("up.sql")));
            let after = schema(engine, &mut sql);
            assert_ne!(before, after, "{} does nothing", step.display());
            sql.run(&text(&step.join("down.sql")));
            assert_same(
                &before,
                &schema(engine, &mut sql),
                &format!("{} is not undone", step.display()),
            );
            sql.run(&text(&step.join("up.sql")));
            assert_same(
                &after,
                &schema(engine, &mut sql),
                &format!("{} differs the second time", step.display()),
            );
        }
    }
}

#[test]
fn the_programs_own_migration_makes_this_schema() {
    for engine in ENGINES {
        let database = Database::new(engine);
        let config = ca_core::config::DatabaseConfig {
            url: database.url().to_owned(),
            ..Default::default()
        };
        let nowhere = std::path::Path::new("");
        ca_core::store::Store::migrate(&config, nowhere).expect("a new database is migrated");
        let mut made = schema(engine, &mut database.connect());
        made.retain(|line| !line.contains("__diesel_schema_migrations"));
        assert_same(
            &schema(engine, &mut migrated(engine).connect()),
            &made,
            "program and files differ",
        );
    }
}

#[test]
fn diesel_sees_the_columns_that_are_there() {
    let real: BTreeSet<String> = schema(Engine::Sqlite, &mut migrated(Engine::Sqlite).connect())
        .iter()
        .filter_map(|line| line.strip_prefix("column "))
        .map(|line| {
            line.split(" by default")
                .next()
                .unwrap_or_default()
                .split(" key")
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_same(
        &real,
        &told_to_diesel(),
        "the database and schema.rs differ",
    );
}

/// The columns of schema.rs in the words of [`schema`].
fn told_to_diesel() -> BTreeSet<String> {
    let mut table = String::new();
    let mut columns = BTreeSet::new();
    for line in text(&root().join("ca-core/src/store/schema.rs")).lines() {
        let line = line.trim().trim_end_matches(',');
        if let Some((name, _)) = line.split_once(" (").filter(|_| line.ends_with('{')) {
            table = name.to_owned();
        } else if let Some((column, kind)) = line.split_once(" -> ").filter(|_| !line.contains('!'))
        {
            let optional = kind.starts_with("Nullable<");
            let word = match kind.trim_start_matches("Nullable<").trim_end_matches('>') {
                "BigInt" => "number",
                "Text" => "text",
                "Binary" => "bytes",
                "Bool" => "yes or no",
                other => other,
            };
            let need = if optional { "optional" } else { "required" };
            columns.insert(format!("{table}.{column} {word} {need}"));
        }
    }
    columns
}
