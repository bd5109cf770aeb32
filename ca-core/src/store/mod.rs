//! The database, SQLite or PostgreSQL: one pool, one kind of transaction, one file per noun.
//!
//! Nothing outside this module meets diesel. Times are epoch milliseconds here and
//! `DateTime<Utc>` everywhere else; words are checked when a row is read, so that a
//! damaged or hostile row is an error and never a guess.
pub mod account;
pub mod account_search;
pub mod address_change;
pub mod approval;
pub mod audit;
pub mod authority;
mod bulky;
pub mod calendar_override;
pub mod certificate;
pub mod certificate_search;
pub mod certificate_use;
pub mod clock;
mod column;
mod connection;
pub mod crl;
pub mod deadline;
pub mod delegation;
pub mod end;
pub mod ended;
pub mod expiring;
pub mod heartbeat;
pub mod inspection;
pub mod intent;
pub mod invariant;
pub mod journal_mark;
pub mod letter;
pub mod listed;
pub mod mail_preference;
pub mod mail_trouble;
pub mod measurement;
mod migration;
pub mod notice;
pub mod notice_mail;
pub mod ocsp_answer;
pub mod operator;
pub mod outbox;
mod pass_file;
pub mod pkcs12;
#[cfg(test)]
mod plan;
mod refusal;
pub mod reissue;
pub mod reminder;
pub mod request;
pub mod request_lease;
pub mod restoration;
pub mod revocation;
pub mod role;
mod schema;
pub mod session;
pub mod snapshot;
pub mod throttle;
pub mod told;
pub mod try_counter;
mod turn;
pub mod wake;
pub mod worker_status;
mod writer_lock;

use std::path::Path;

use diesel::r2d2::{ManageConnection, NopErrorHandler, Pool, PooledConnection};

pub use connection::Db;
pub use migration::{SchemaState, newest_known};

use crate::config::{DatabaseConfig, DatabaseUrl};
use crate::fault::{self, Injected};
use crate::private_file;
use connection::Manager;
use deadline::{Deadline, LONGEST_WAIT};
use turn::Turn;

/// Why the store could not do something. None of these is the user's fault.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached or opened.
    #[error(
        "the database {target} cannot be opened: {reason}; check [database] url: a server must run, the folder of a file must exist (`ca-cli ca init` makes the data folder)"
    )]
    Open {
        /// The database, without credentials.
        target: String,
        /// What the driver said.
        reason: String,
        /// So that it is recognised behind other errors.
        source: Away,
    },
    /// The server wants a password, and the file that has it cannot be used.
    #[error("the pass file cannot be used, so there is no password to log in with: {0}")]
    PassFile(String),
    /// No step of the schema was ever taken.
    #[error(
        "the database is new, nothing is in it yet; run `ca-cli ca init` to set one up, or `ca-cli backup restore`, \
         or name the right database in [database] url"
    )]
    SchemaEmpty,
    /// The schema lacks migrations.
    #[error(
        "the database is older than this program ({0} steps missing); make a backup, then run `ca-cli database migrate`"
    )]
    SchemaOlder(usize),
    /// The schema has migrations that this program does not know.
    #[error(
        "the database is newer than this program (it has step {0}); install the program version that made it, or newer"
    )]
    SchemaNewer(String),
    /// A migration failed; nothing of it stays.
    #[error("the database could not be migrated: {0}")]
    Migration(String),
    /// SQLite has no roles: whoever may open the file may do everything.
    #[error(
        "this database has no roles; they are PostgreSQL's, set [database] url to postgres://…"
    )]
    NoRoles,
    /// A transaction was begun inside another one: it would wait for itself.
    #[error(
        "a transaction was begun inside another one, which is a fault of this program; nothing of it was done, please report it"
    )]
    Nested,
    /// A query failed.
    #[error("the database refused: {0}{advice}", advice = refusal::advice(.0))]
    Query(#[from] diesel::result::Error),
    /// A test made it fail.
    #[error(transparent)]
    Injected(#[from] Injected),
    /// A row that should be there is not, or was changed by somebody else meanwhile.
    #[error("{0} is not in the database, or was changed meanwhile")]
    Missing(String),
}

impl StoreError {
    /// Whether a row is there but cannot be understood: damaged, or hostile.
    pub fn is_unreadable(&self) -> bool {
        matches!(
            self,
            Self::Query(diesel::result::Error::DeserializationError(_))
        )
    }

    /// Whether a UNIQUE constraint said no: the same thing is there already.
    pub fn is_duplicate(&self) -> bool {
        use diesel::result::{DatabaseErrorKind, Error};
        matches!(
            self,
            Self::Query(Error::DatabaseError(DatabaseErrorKind::UniqueViolation, _))
        )
    }
}

/// The database cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the database is away")]
pub struct Away;

/// Whether the database is out of order (its server away, its disk full, the connection lost), and not what was asked
/// of it. Whatever `error` comes from is looked at too.
pub fn is_out_of_order(error: &(dyn std::error::Error + 'static)) -> bool {
    use diesel::result::{DatabaseErrorKind, Error};
    causes(error).any(|error| {
        error.is::<Away>()
            || matches!(
                error.downcast_ref::<StoreError>(),
                Some(StoreError::PassFile(_))
            )
            || matches!(
                error.downcast_ref::<Error>(),
                Some(
                    Error::BrokenTransactionManager
                        | Error::DatabaseError(
                            DatabaseErrorKind::ClosedConnection
                                | DatabaseErrorKind::UnableToSendCommand
                                | DatabaseErrorKind::Unknown,
                            _,
                        )
                )
            )
    })
}

/// Whether a row is there but cannot be understood. Whatever `error` comes from is looked at too.
pub fn is_about_a_damaged_row(error: &(dyn std::error::Error + 'static)) -> bool {
    causes(error).any(|error| {
        let of_store = error.downcast_ref::<StoreError>();
        of_store.is_some_and(StoreError::is_unreadable)
    })
}

/// The error, what it comes from, and so on.
fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(Some(error), |error| error.source())
}

/// What every function of the store returns.
pub type StoreResult<T> = Result<T, StoreError>;

/// A pool of connections to one database. Clones share it.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Manager>,
    target: DatabaseUrl,
    turn: Turn,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store")
    }
}

impl Store {
    /// Opens the database and refuses one whose schema is not this program's.
    pub fn open(config: &DatabaseConfig, data: &Path) -> StoreResult<Self> {
        let store = Self::connect(config, data)?;
        match store.schema_state()? {
            SchemaState::Current => Ok(store),
            SchemaState::Empty => Err(StoreError::SchemaEmpty),
            SchemaState::Older(missing) => Err(StoreError::SchemaOlder(missing)),
            SchemaState::Newer(step) => Err(StoreError::SchemaNewer(step)),
        }
    }

    /// Opens the database, makes it if it is new, and brings an older schema up to date.
    pub fn migrate(config: &DatabaseConfig, data: &Path) -> StoreResult<Self> {
        let store = Self::connect(config, data)?;
        match store.schema_state()? {
            SchemaState::Current => {}
            SchemaState::Newer(step) => return Err(StoreError::SchemaNewer(step)),
            SchemaState::Empty | SchemaState::Older(_) => {
                migration::run(&mut *store.connection()?)?
            }
        }
        Ok(store)
    }

    /// Opens the database without a look at its schema.
    pub fn connect(config: &DatabaseConfig, data: &Path) -> StoreResult<Self> {
        shut_out_strangers(data);
        let target = config.target(data);
        let manager = Manager::new(target.clone());
        manager
            .probe()
            .map_err(|reason| closed(&target, display_name(&target), reason))?;
        let pool = Pool::builder()
            .max_size(config.connections.max(1))
            .min_idle(Some(0))
            .connection_timeout(LONGEST_WAIT)
            // Whoever waits for a connection is told why there is none; the pool's own tries are not told one by one.
            .error_handler(Box::new(NopErrorHandler))
            .test_on_check_out(true)
            .build(manager)
            .map_err(|error| closed(&target, display_name(&target), error.to_string()))?;
        let turn = Turn::of(&target);
        Ok(Self { pool, target, turn })
    }

    /// Whether the schema is older than, equal to or newer than this program.
    pub fn schema_state(&self) -> StoreResult<SchemaState> {
        migration::state(&mut *self.connection()?)
    }

    /// Takes every migration back, newest first. For tests and for emptying a trial.
    pub fn revert_all(&self) -> StoreResult<()> {
        migration::revert_all(&mut *self.connection()?)
    }

    /// Runs `work` in one transaction: all of it is stored, or nothing.
    ///
    /// On SQLite it is `BEGIN IMMEDIATE`: the right to write is taken at the start, since a
    /// transaction that reads first and writes later would fail at once when another writes
    /// (measured: half of them). On PostgreSQL it is read committed; what must not move
    /// meanwhile is read with a row lock, or changed by a guarded UPDATE.
    pub fn transaction<T, E, W>(&self, work: W) -> Result<T, E>
    where
        E: From<StoreError>,
        W: FnOnce(&mut Db) -> Result<T, E>,
    {
        let _entered = tracing::debug_span!("transaction").entered();
        // Before the connection: who waits for a turn keeps none from those who only read.
        let deadline = Deadline::current();
        let turn = self.turn.taken(deadline)?;
        let mut db = self.connection_within(deadline)?;
        connection::begin(&mut db, deadline.left()).map_err(StoreError::from)?;
        match work(&mut db) {
            Ok(value) => {
                fault::before("commit").map_err(StoreError::from)?;
                connection::commit(&mut db).map_err(StoreError::from)?;
                drop(turn);
                fault::after("commit").map_err(StoreError::from)?;
                Ok(value)
            }
            Err(error) => {
                if let Err(rollback) = connection::roll_back(&mut db) {
                    tracing::error!(%rollback, "a transaction could not be rolled back");
                }
                Err(error)
            }
        }
    }

    /// The transaction of a step that has fault points ([`fault::STEPS`]).
    pub fn step<T, E, W>(&self, name: &'static str, work: W) -> Result<T, E>
    where
        E: From<StoreError>,
        W: FnOnce(&mut Db) -> Result<T, E>,
    {
        fault::before(name).map_err(StoreError::from)?;
        let done = self.transaction(work)?;
        fault::after(name).map_err(StoreError::from)?;
        Ok(done)
    }

    /// Runs reading `work` outside a transaction.
    pub fn read<T, E, W>(&self, work: W) -> Result<T, E>
    where
        E: From<StoreError>,
        W: FnOnce(&mut Db) -> Result<T, E>,
    {
        work(&mut *self.connection()?)
    }

    /// A connection outside the pool, for whoever keeps one for good.
    fn another_connection(&self) -> StoreResult<Db> {
        let connected = Manager::new(self.target.clone()).connect();
        connected
            .map_err(|error| closed(&self.target, display_name(&self.target), error.to_string()))
    }

    fn connection(&self) -> StoreResult<PooledConnection<Manager>> {
        self.connection_within(Deadline::current())
    }

    fn connection_within(&self, deadline: Deadline) -> StoreResult<PooledConnection<Manager>> {
        let connection = self.pool.get_timeout(deadline.left());
        let mut db = connection
            .map_err(|error| closed(&self.target, "connection pool".into(), error.to_string()))?;
        connection::wait_at_most(&mut db, deadline.left())?;
        Ok(db)
    }
}

/// Why there is no connection: the pass file, if that is what is wrong, else what the driver said.
fn closed(target: &DatabaseUrl, name: String, reason: String) -> StoreError {
    pass_file::fault(target).unwrap_or(StoreError::Open {
        target: name,
        reason,
        source: Away,
    })
}

/// The database for people to read, without a password.
/// The data folder holds keys, mails and working copies: nobody looks into it but its owner and group.
fn shut_out_strangers(data: &Path) {
    match private_file::close_to_strangers(data) {
        Ok(false) => {}
        Ok(true) => {
            tracing::warn!(folder = %data.display(), "everybody could look into the data folder; its mode is changed");
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::error!(folder = %data.display(), %error,
                "everybody can look into the data folder; run `chmod o-rwx` on it as its owner");
        }
    }
}

fn display_name(target: &DatabaseUrl) -> String {
    match target {
        DatabaseUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        DatabaseUrl::Postgres(url) => match (url.find("://"), url.rfind('@')) {
            (Some(scheme), Some(at)) if at > scheme => {
                format!(
                    "{}{}",
                    url.get(..scheme + 3).unwrap_or(""),
                    url.get(at + 1..).unwrap_or("")
                )
            }
            _ => "postgres".into(),
        },
    }
}
