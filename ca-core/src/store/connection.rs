//! One connection, to either database, and how transactions begin and end on it.
use std::io::{Error, ErrorKind};
use std::path::Path;
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, PgConnection, QueryResult, SqliteConnection};

use crate::config::DatabaseUrl;
use crate::private_file;

/// A connection to SQLite or PostgreSQL.
#[derive(diesel::MultiConnection)]
pub enum Db {
    /// PostgreSQL 15 or newer.
    Postgres(PgConnection),
    /// SQLite, WAL, full sync.
    Sqlite(SqliteConnection),
}

/// Makes and checks connections for the pool.
#[derive(Debug)]
pub(super) struct Manager {
    target: DatabaseUrl,
}

impl Manager {
    pub(super) fn new(target: DatabaseUrl) -> Self {
        // libpq computes with OpenSSL, which by itself tidies up when the process ends, under the
        // hands of pool threads that are still connecting. Started here first, it leaves that be.
        openssl_sys::init();
        Self { target }
    }

    /// Connects once, so that a wrong address is told at once and in the driver's words.
    pub(super) fn probe(&self) -> Result<(), String> {
        self.connect().map(drop).map_err(|error| error.to_string())
    }
}

impl ManageConnection for Manager {
    type Connection = Db;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<Db, Self::Error> {
        match &self.target {
            DatabaseUrl::Sqlite(path) => open_sqlite(path).map(Db::Sqlite),
            DatabaseUrl::Postgres(url) => open_postgres(url).map(Db::Postgres),
        }
    }

    fn is_valid(&self, db: &mut Db) -> Result<(), Self::Error> {
        match db {
            Db::Postgres(db) => db.ping().map_err(diesel::r2d2::Error::QueryError),
            Db::Sqlite(_) => Ok(()),
        }
    }

    fn has_broken(&self, db: &mut Db) -> bool {
        match db {
            Db::Postgres(db) => AnsiTransactionManager::is_broken_transaction_manager(db),
            Db::Sqlite(db) => AnsiTransactionManager::is_broken_transaction_manager(db),
        }
    }
}

fn open_postgres(url: &str) -> Result<PgConnection, diesel::r2d2::Error> {
    let mut db = PgConnection::establish(url).map_err(diesel::r2d2::Error::ConnectionError)?;
    // A program that is stopped or swapped out in the middle of a transaction holds its locks, and with the audit's
    // head everybody else's work. No transaction of ours is idle for longer than it takes to write a file.
    db.batch_execute("SET idle_in_transaction_session_timeout = '30s'")
        .map_err(diesel::r2d2::Error::QueryError)?;
    Ok(db)
}

/// How long a database that is locked while it is opened is tried again, and the rest in between.
const PATIENCE: Duration = Duration::from_secs(5);
const REST: Duration = Duration::from_millis(50);

fn open_sqlite(path: &Path) -> Result<SqliteConnection, diesel::r2d2::Error> {
    close_to_others(path).map_err(refused)?;
    let name = path.to_string_lossy();
    let mut db =
        SqliteConnection::establish(&name).map_err(diesel::r2d2::Error::ConnectionError)?;
    // busy_timeout first: switching to WAL may itself have to wait for another program.
    // FULL: a commit that was answered survives a power cut; a CA cannot do with less.
    // secure_delete: what is wiped is overwritten in the file, not only unlinked.
    // wal_autocheckpoint: 16 MB and not 4, so that a batch of certificates does not fill it by itself.
    let settings = "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 4000;";
    // SQLite does not wait, whatever the timeout, where two programs switch a new file to WAL at once.
    let begun = Instant::now();
    loop {
        match db.batch_execute(settings) {
            Ok(()) => return Ok(db),
            Err(error) if error.to_string().contains("locked") && begun.elapsed() < PATIENCE => {
                std::thread::sleep(REST);
            }
            Err(error) => return Err(diesel::r2d2::Error::QueryError(error)),
        }
    }
}

/// The database belongs to its owner alone: a new file has that mode before SQLite writes into it, and SQLite gives
/// its log (`-wal`, `-shm`) the mode and owner of the file. What an earlier version left open to others is closed.
fn close_to_others(path: &Path) -> std::io::Result<()> {
    match private_file::create_empty(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        // SQLite says it better: the folder is missing, or may not be written to.
        Err(_) if !path.exists() => return Ok(()),
        Err(error) => return Err(error),
    }
    for ending in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(ending);
        let file = Path::new(&file);
        match private_file::close_to_others(file) {
            Ok(false) => {}
            Ok(true) => {
                tracing::warn!(file = %file.display(), "others could read this file of the database; its mode is 0600 now");
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let why = format!(
                    "others can read {} and its mode cannot be changed ({error}); run `chmod 600` on it as its owner",
                    file.display()
                );
                return Err(Error::new(error.kind(), why));
            }
        }
    }
    Ok(())
}

fn refused(error: Error) -> diesel::r2d2::Error {
    diesel::r2d2::Error::ConnectionError(diesel::ConnectionError::BadConnection(error.to_string()))
}

/// Lets SQLite wait so long at most where another program has the file locked.
pub(super) fn wait_at_most(db: &mut Db, longest: Duration) -> QueryResult<()> {
    match db {
        // PostgreSQL's readers wait for nobody.
        Db::Postgres(_) => Ok(()),
        Db::Sqlite(db) => {
            db.batch_execute(&format!("PRAGMA busy_timeout = {}", longest.as_millis()))
        }
    }
}

/// Begins a transaction; on PostgreSQL no lock in it is waited for longer than `longest`.
pub(super) fn begin(db: &mut Db, longest: Duration) -> QueryResult<()> {
    match db {
        Db::Postgres(db) => AnsiTransactionManager::begin_transaction_sql(
            db,
            &format!("BEGIN; SET LOCAL lock_timeout = {}", longest.as_millis()),
        ),
        Db::Sqlite(db) => AnsiTransactionManager::begin_transaction_sql(db, "BEGIN IMMEDIATE"),
    }
}

/// A transaction that sees the database at one instant, however long it takes.
pub(super) fn begin_repeatable_read(db: &mut PgConnection) -> QueryResult<()> {
    AnsiTransactionManager::begin_transaction_sql(db, "BEGIN ISOLATION LEVEL REPEATABLE READ")
}

pub(super) fn commit(db: &mut Db) -> QueryResult<()> {
    match db {
        Db::Postgres(db) => AnsiTransactionManager::commit_transaction(db),
        Db::Sqlite(db) => AnsiTransactionManager::commit_transaction(db),
    }
}

pub(super) fn roll_back(db: &mut Db) -> QueryResult<()> {
    match db {
        Db::Postgres(db) => AnsiTransactionManager::rollback_transaction(db),
        Db::Sqlite(db) => AnsiTransactionManager::rollback_transaction(db),
    }
}

/// Runs the same query text on whichever connection is there: for what diesel cannot say
/// through the enum (upserts, row locks, inserts of many rows).
macro_rules! on_either {
    ($db:expr, $inner:ident => $query:expr) => {
        match $db {
            $crate::store::connection::Db::Postgres($inner) => $query,
            $crate::store::connection::Db::Sqlite($inner) => $query,
        }
    };
}
pub(super) use on_either;
