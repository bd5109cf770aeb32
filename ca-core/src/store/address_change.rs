//! Changes of mail addresses on their way. One at most waits for each account; the database sees to it.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::account::Account;
use super::column::{At, MaybeAt, maybe_millis, millis};
use super::listed::{Listed, listed};
use super::schema::{account, address_change};
use super::{Db, StoreResult};
use crate::domain::address_change::{AddressChangeState, Agreed};

/// One change.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = address_change)]
pub struct AddressChange {
    /// Its name, drawn at random.
    pub id: String,
    /// The account.
    pub account_id: i64,
    /// The address before; none if there was none.
    pub old_address: Option<String>,
    /// The address after.
    pub new_address: String,
    /// Hash of the code that went to the new address.
    pub new_code_hash: String,
    /// Hash of the code that went to the old one.
    pub old_code_hash: Option<String>,
    /// Where it stands.
    #[diesel(deserialize_as = String)]
    pub state: AddressChangeState,
    /// When the new address proved itself.
    #[diesel(deserialize_as = MaybeAt)]
    pub new_proven_at: Option<DateTime<Utc>>,
    /// When the old one agreed.
    #[diesel(deserialize_as = MaybeAt)]
    pub old_proven_at: Option<DateTime<Utc>>,
    /// The operator who agreed instead of the old address, or refused.
    pub confirmed_by: Option<String>,
    /// Wrong codes so far.
    pub wrong_tries: i64,
    /// When it was asked for.
    #[diesel(deserialize_as = At)]
    pub requested_at: DateTime<Utc>,
    /// From when the codes are worth nothing.
    #[diesel(deserialize_as = At)]
    pub ends_at: DateTime<Utc>,
    /// When it stopped waiting.
    #[diesel(deserialize_as = MaybeAt)]
    pub settled_at: Option<DateTime<Utc>>,
}

impl AddressChange {
    /// Who agreed so far.
    pub fn agreed(&self) -> Agreed {
        Agreed {
            by_new: self.new_proven_at.is_some(),
            by_old: self.old_proven_at.is_some(),
            by_operator: self.confirmed_by.is_some(),
        }
    }
}

/// Stores a new change.
pub fn insert(db: &mut Db, change: &AddressChange) -> StoreResult<()> {
    diesel::insert_into(address_change::table)
        .values((
            address_change::id.eq(&change.id),
            address_change::account_id.eq(change.account_id),
            address_change::old_address.eq(&change.old_address),
            address_change::new_address.eq(&change.new_address),
            address_change::new_code_hash.eq(&change.new_code_hash),
            address_change::old_code_hash.eq(&change.old_code_hash),
            address_change::state.eq(change.state.as_str()),
            address_change::requested_at.eq(millis(change.requested_at)),
            address_change::ends_at.eq(millis(change.ends_at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Writes what moved: who agreed, wrong codes, the state.
pub fn save(db: &mut Db, change: &AddressChange) -> StoreResult<()> {
    diesel::update(address_change::table.find(&change.id))
        .set((
            address_change::state.eq(change.state.as_str()),
            address_change::new_proven_at.eq(maybe_millis(change.new_proven_at)),
            address_change::old_proven_at.eq(maybe_millis(change.old_proven_at)),
            address_change::confirmed_by.eq(&change.confirmed_by),
            address_change::wrong_tries.eq(change.wrong_tries),
            address_change::settled_at.eq(maybe_millis(change.settled_at)),
        ))
        .execute(db)?;
    Ok(())
}

/// The change that waits for this account. Whoever changes it holds the account's row first.
pub fn waiting(db: &mut Db, account_id: i64) -> StoreResult<Option<AddressChange>> {
    let query = address_change::table
        .filter(address_change::account_id.eq(account_id))
        .filter(address_change::state.eq(AddressChangeState::Waiting.as_str()));
    Ok(query
        .select(AddressChange::as_select())
        .first(db)
        .optional()?)
}

/// The last change of this account, whatever came of it.
pub fn last(db: &mut Db, account_id: i64) -> StoreResult<Option<AddressChange>> {
    let query = address_change::table
        .filter(address_change::account_id.eq(account_id))
        .order((address_change::requested_at.desc(), address_change::id));
    Ok(query
        .select(AddressChange::as_select())
        .first(db)
        .optional()?)
}

/// How many changes an account asked for after `since`.
pub fn count_since(db: &mut Db, account_id: i64, since: DateTime<Utc>) -> StoreResult<i64> {
    let query = address_change::table
        .filter(address_change::account_id.eq(account_id))
        .filter(address_change::requested_at.gt(millis(since)));
    Ok(query.count().get_result(db)?)
}

/// One page of the changes that can still be completed at `at`, the oldest first, with their accounts.
pub fn list_waiting(
    db: &mut Db,
    at: DateTime<Utc>,
    offset: i64,
    limit: i64,
) -> StoreResult<Listed<(AddressChange, Account)>> {
    let alive = || {
        address_change::table
            .inner_join(account::table)
            .filter(address_change::state.eq(AddressChangeState::Waiting.as_str()))
            .filter(address_change::ends_at.gt(millis(at)))
    };
    let total = alive().count().get_result(db)?;
    let oldest = (address_change::requested_at, address_change::id);
    let ids = alive().order(oldest).offset(offset).limit(limit);
    let ids: Vec<String> = ids.select(address_change::id).load(db)?;
    listed(db, "address_change", &ids, total, |db, ids| {
        let some = alive().filter(address_change::id.eq_any(ids)).order(oldest);
        let both = (AddressChange::as_select(), Account::as_select());
        Ok(some.select(both).load(db)?)
    })
}

/// The change named `id`.
pub fn find(db: &mut Db, id: &str) -> StoreResult<Option<AddressChange>> {
    let query = address_change::table.find(id);
    Ok(query
        .select(AddressChange::as_select())
        .first(db)
        .optional()?)
}
