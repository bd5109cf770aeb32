//! One try at a password, counted before it is looked at. Every login goes through here.
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use crate::domain::lock::{LockRule, Reservation};
use crate::domain::password::{PasswordCost, PasswordHash, PasswordHashError, verify_dummy};
use crate::domain::random::Random;
use crate::domain::session::TryScope;
use crate::store::{Db, Store, StoreError, StoreResult, try_counter};

/// Why a try did not open the door. The same for IDs that do not exist.
#[derive(Debug, thiserror::Error)]
pub enum TryError {
    /// Wrong.
    #[error("wrong user ID or password")]
    Wrong {
        /// Tries that remain before the lock; 0 means that this one set it.
        left: u32,
        /// When the lock ends, if this try set it.
        locked_until: Option<DateTime<Utc>>,
    },
    /// Not even looked at.
    #[error("locked after too many wrong tries")]
    Locked {
        /// When the lock ends.
        until: DateTime<Utc>,
    },
    /// It was right, and was replaced or voided while it was looked at.
    #[error("the password was replaced at this moment")]
    Replaced,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing failed: out of memory, or a damaged hash.
    #[error(transparent)]
    Hashing(#[from] PasswordHashError),
}

/// The rules that tries are held to.
#[derive(Debug, Clone, Copy)]
pub struct TryRules {
    /// When a lock is set, and for how long.
    pub lock: LockRule,
    /// What a hash costs; spent for unknown IDs too.
    pub cost: PasswordCost,
}

/// The door that is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door<'a> {
    /// Which counter.
    pub scope: TryScope,
    /// The name that was typed.
    pub name: &'a str,
    /// The hash to open it with; none where the name does not exist or may not enter.
    pub hash: Option<&'a str>,
}

/// 1. Counts the try, or refuses it; committed. 2. Verifies, outside any transaction, at the same
///    cost whether or not there is a hash. 3. Forgets the count if it was right; committed.
pub(super) fn try_password(
    store: &Store,
    door: Door<'_>,
    password: Option<&SecretString>,
    rules: TryRules,
    at: DateTime<Utc>,
) -> Result<(), TryError> {
    let (left, locked_until) = match reserve(store, door, rules.lock, at)? {
        Reservation::Reserved { left, locked_until } => (left, locked_until),
        Reservation::Locked { until } => {
            // The refused try takes as long as a looked-at one.
            verify_dummy(&SecretString::from(""), rules.cost)?;
            return Err(TryError::Locked { until });
        }
    };
    let right = match (door.hash, password) {
        (Some(hash), Some(password)) => {
            PasswordHash::try_from(hash.to_owned())?.verify(password)?
        }
        _ => {
            verify_dummy(&SecretString::from(""), rules.cost)?;
            false
        }
    };
    if right {
        store.transaction(|db| try_counter::clear(db, door.scope, door.name))?;
        return Ok(());
    }
    Err(TryError::Wrong { left, locked_until })
}

fn reserve(
    store: &Store,
    door: Door<'_>,
    rule: LockRule,
    at: DateTime<Utc>,
) -> Result<Reservation, StoreError> {
    store.transaction(|db| {
        let mut counter = try_counter::lock(db, door.scope, door.name, at)?;
        let reservation = counter.reserve(rule, at);
        try_counter::set(db, door.scope, door.name, counter, at)?;
        Ok(reservation)
    })
}

/// Makes the hash of a password that was just verified anew if its cost is not the configured one, and has it written
/// in place of the one verified: old hashes follow a raised cost, and a known ID answers no sooner or later than an unknown one.
///
/// Whoever typed the right password is let in all the same: what goes wrong here is logged, and tried again at the next
/// login. `write` must leave a hash alone that is not the verified one any more.
pub(super) fn renew_hash(
    store: &Store,
    random: &dyn Random,
    cost: PasswordCost,
    (verified, password): (&str, &SecretString),
    write: impl FnMut(&mut Db, &str) -> StoreResult<()>,
) {
    if let Err(why) = try_renewing(store, random, cost, (verified, password), write) {
        tracing::warn!(%why, "a password's hash keeps its earlier cost until the next login");
    }
}

fn try_renewing(
    store: &Store,
    random: &dyn Random,
    cost: PasswordCost,
    (verified, password): (&str, &SecretString),
    mut write: impl FnMut(&mut Db, &str) -> StoreResult<()>,
) -> Result<(), TryError> {
    if PasswordHash::try_from(verified.to_owned())?.needs_rehash(cost) {
        let renewed = PasswordHash::of(password, cost, random)?;
        store.transaction(|db| write(db, renewed.as_str()))?;
    }
    Ok(())
}
