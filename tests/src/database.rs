//! Databases of one's own for each test, on both engines, and plain SQL against them.
//!
//! The product's queries live in `ca_core::store`; the SQL here is what an attacker, an auditor or a
//! curious administrator would type, so it goes around the product on purpose.

use crate::folder::Folder;
use crate::secret::files_below;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use std::process::Command;

/// The two engines that everything has to work on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Embedded, in one file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database that exists for one test.
pub struct Database {
    url: String,
    name: String,
    engine: Engine,
    folder: Option<Folder>,
}

impl Database {
    /// A new, empty database.
    pub fn new(engine: Engine) -> Self {
        match engine {
            Engine::Sqlite => Self::sqlite(),
            Engine::Postgres => Self::postgres(),
        }
    }

    /// A new SQLite database in a folder of the test's.
    pub fn sqlite_in(folder: &std::path::Path) -> Self {
        Self {
            url: format!("sqlite:{}", folder.join("inkan.sqlite").display()),
            name: String::new(),
            engine: Engine::Sqlite,
            folder: None,
        }
    }

    /// The first database of a server of the test's own.
    pub fn on_server(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            name: String::new(),
            engine: Engine::Postgres,
            folder: None,
        }
    }

    /// What `[database] url` has to say.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name on the server; empty on SQLite.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A connection for plain SQL.
    pub fn connect(&self) -> Sql {
        Sql::connect(self.engine, &self.url)
    }

    /// Everything that is in it: each table's values, and what lies on the disk: the file with its journal, or the dump
    /// that an administrator would take.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn dump(&self) -> Vec<(String, Vec<u8>)> {
        match self.engine {
            Engine::Sqlite => {
                let mut parts = self.tables();
                let folder = self.folder.as_ref().expect("a folder of its own");
                for file in files_below(folder.path()) {
                    let bytes = std::fs::read(&file).expect("a file of the database");
                    parts.push((file.display().to_string(), bytes));
                }
                parts
            }
            Engine::Postgres => {
                let dump = Command::new("pg_dump")
                    .args(["--dbname", &self.url])
                    .output();
                let dump = dump.expect("pg_dump");
                let said = String::from_utf8_lossy(&dump.stderr);
                assert!(dump.status.success(), "pg_dump: {said}");
                vec![("pg_dump".to_owned(), dump.stdout)]
            }
        }
    }

    /// The values of each table, one after the other; a value may lie on several pages of the file.
    fn tables(&self) -> Vec<(String, Vec<u8>)> {
        let mut sql = self.connect();
        let mut parts = Vec::new();
        for table in sql.lines("SELECT name AS line FROM sqlite_master WHERE type = 'table'") {
            let columns = sql.lines(&format!(
                "SELECT 'hex(CAST(\"' || name || '\" AS BLOB))' AS line FROM pragma_table_info('{table}')"
            ));
            let values = columns
                .join(" || '0a' || ")
                .replace("hex(", "coalesce(hex(");
            let values = values.replace("BLOB))", "BLOB)), '')");
            let rows = sql.lines(&format!("SELECT {values} AS line FROM \"{table}\""));
            let bytes = rows.iter().flat_map(|row| unhex(row)).collect();
            parts.push((table, bytes));
        }
        parts
    }

    fn sqlite() -> Self {
        let folder = Folder::new("sqlite");
        let url = format!("sqlite:{}", folder.join("inkan.sqlite").display());
        Self {
            url,
            name: String::new(),
            engine: Engine::Sqlite,
            folder: Some(folder),
        }
    }

    fn postgres() -> Self {
        let server = server_url();
        let name = format!(
            "test_{}_{}",
            std::process::id(),
            crate::port::free::<1>()[0]
        );
        Sql::connect(Engine::Postgres, &server)
            .run(&format!("CREATE DATABASE {name} TEMPLATE template0"));
        let (base, _) = server.rsplit_once('/').expect("a URL with a database name");
        Self {
            url: format!("{base}/{name}"),
            name,
            engine: Engine::Postgres,
            folder: None,
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.name.is_empty()
            && let Ok(mut server) = PgConnection::establish(&server_url())
        {
            let _ = server.batch_execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
            for role in ["web", "console", "worker", "staff", "auditor", "backup"] {
                let _ = server.batch_execute(&format!("DROP ROLE IF EXISTS {}_{role}", self.name));
            }
        }
    }
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).expect("a hex digit");
    let pairs = text.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| u8::try_from(digit(pair[0]) * 16 + digit(pair[1])).expect("a byte"))
        .collect()
}

/// A connection that takes plain SQL.
pub enum Sql {
    /// To a SQLite file.
    Sqlite(Box<SqliteConnection>),
    /// To a PostgreSQL server.
    Postgres(Box<PgConnection>),
}

impl Sql {
    /// Connects to a database by the product's own URL form.
    ///
    /// # Panics
    /// When that fails.
    pub fn connect(engine: Engine, url: &str) -> Self {
        // Before libpq does: see the store's own connections.
        openssl::init();
        match engine {
            Engine::Sqlite => {
                let file = url
                    .trim_start_matches("sqlite://")
                    .trim_start_matches("sqlite:");
                let mut connection = SqliteConnection::establish(file).expect("the SQLite file");
                connection
                    .batch_execute("PRAGMA busy_timeout = 20000")
                    .expect("a busy time-out");
                Self::Sqlite(Box::new(connection))
            }
            Engine::Postgres => Self::Postgres(Box::new(
                PgConnection::establish(url).expect("the PostgreSQL server"),
            )),
        }
    }

    /// Runs statements that answer nothing.
    ///
    /// # Panics
    /// When the engine refuses them.
    pub fn run(&mut self, sql: &str) {
        self.try_run(sql)
            .unwrap_or_else(|error| panic!("{error}\n{sql}"));
    }

    /// Runs statements that answer nothing; the engine's refusal is the error.
    pub fn try_run(&mut self, sql: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(connection) => connection.batch_execute(sql),
            Self::Postgres(connection) => connection.batch_execute(sql),
        }
    }

    /// The rows of a query that has one text column named `line`.
    ///
    /// # Panics
    /// When the engine refuses it.
    pub fn lines(&mut self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            line: String,
        }
        let query = diesel::sql_query(sql);
        let rows: QueryResult<Vec<Row>> = match self {
            Self::Sqlite(connection) => query.load(&mut **connection),
            Self::Postgres(connection) => query.load(&mut **connection),
        };
        let rows = rows.unwrap_or_else(|error| panic!("{error}\n{sql}"));
        rows.into_iter().map(|row| row.line).collect()
    }

    /// The single number that a query finds, for counts.
    pub fn count(&mut self, from_where: &str) -> i64 {
        let sql = format!("SELECT CAST(COUNT(*) AS TEXT) AS line FROM {from_where}");
        let lines = self.lines(&sql);
        lines
            .first()
            .and_then(|line| line.parse().ok())
            .expect("a count")
    }
}

/// The throw-away server of this run.
fn server_url() -> String {
    std::env::var("INKAN_TEST_POSTGRES_URL").expect(
        "INKAN_TEST_POSTGRES_URL is not set: run the tests by `cargo nextest run`, \
         which starts a throw-away PostgreSQL by tests/postgres",
    )
}
