//! Accounts: who may apply, with the hashes of their passwords.
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, millis};
use super::listed::{Listed, readable};
use super::schema::account;
use super::{Db, StoreError, StoreResult, bulky};
use crate::domain::account::{AccountDetails, AccountFacts, AccountStatus};
use crate::domain::contact_change::{Contact, ContactChanges};
use crate::domain::user_id::UserId;

/// One office or agent.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = account)]
pub struct Account {
    /// Row number.
    pub id: i64,
    /// User ID, as on the letter.
    #[diesel(deserialize_as = String)]
    pub user_id: UserId,
    /// Name of the office.
    pub name: String,
    /// Person or section that the letter is addressed to.
    pub recipient: Option<String>,
    /// `NNN-NNNN`.
    pub postal_code: String,
    /// Address, one to three lines; empty where a line in the middle has nothing.
    pub address: String,
    /// Where notices go; none means no mail.
    pub mail_address: Option<String>,
    /// Whether it may log in.
    #[diesel(deserialize_as = String)]
    pub status: AccountStatus,
    /// Name of the person who registered it; that person may not decide for it.
    pub registered_by: String,
    /// Argon2id hash; none before the first letter.
    pub login_password_hash: Option<String>,
    /// The login password came by letter and must be changed.
    pub login_password_temporary: bool,
    /// When the login password was last set.
    #[diesel(deserialize_as = MaybeAt)]
    pub login_password_changed_at: Option<DateTime<Utc>>,
    /// Argon2id hash of the applicant's own password before the present one; may not be chosen again.
    pub previous_login_password_hash: Option<String>,
    /// Argon2id hash; none before the first letter.
    pub issuance_password_hash: Option<String>,
    /// A letter has to be printed.
    pub letter_due: bool,
    /// Whether it runs community-support services.
    pub community_support: bool,
    /// Who changed its name, post address or mail address, until another operator approved a request after it.
    #[diesel(deserialize_as = String)]
    pub contact_changes: ContactChanges,
    /// When it was registered.
    #[diesel(deserialize_as = At)]
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    #[diesel(deserialize_as = At)]
    pub updated_at: DateTime<Utc>,
}

impl Account {
    /// The address, line by line.
    pub fn address_lines(&self) -> impl Iterator<Item = &str> {
        self.address.lines().filter(|line| !line.is_empty())
    }

    /// What the register says about it.
    pub fn facts(&self) -> AccountFacts {
        AccountFacts {
            name: self.name.clone(),
            recipient: self.recipient.clone(),
            postal_code: self.postal_code.clone(),
            address: AccountFacts::address_of(&self.address),
            mail_address: self.mail_address.clone(),
            community_support: self.community_support,
        }
    }

    /// Its name and where letters and mails go.
    pub fn contact(&self) -> Contact {
        let recipient = self.recipient.iter().map(String::as_str);
        let lines = std::iter::once(self.postal_code.as_str()).chain(self.address_lines());
        Contact {
            name: self.name.clone(),
            post_address: lines.chain(recipient).collect::<Vec<_>>().join("\n"),
            mail_address: self.mail_address.clone(),
        }
    }
}

/// The account of `user_id`.
pub fn find(db: &mut Db, user_id: &UserId) -> StoreResult<Option<Account>> {
    let query = account::table.filter(account::user_id.eq(user_id.as_str()));
    Ok(query.select(Account::as_select()).first(db).optional()?)
}

/// The account numbered `id`.
pub fn load(db: &mut Db, id: i64) -> StoreResult<Account> {
    let found = account::table
        .find(id)
        .select(Account::as_select())
        .first(db)
        .optional()?;
    found.ok_or_else(|| StoreError::Missing(format!("account {id}")))
}

/// Those of the accounts numbered `ids` whose rows can be read, by number.
pub fn load_many(db: &mut Db, ids: &[i64]) -> StoreResult<HashMap<i64, Account>> {
    let large = bulky::accounts(db, ids)?;
    let ids: Vec<i64> = ids
        .iter()
        .copied()
        .filter(|id| !large.contains(id))
        .collect();
    let (accounts, _) = readable(db, &ids, |db, ids| {
        let query = account::table.filter(account::id.eq_any(ids));
        Ok(query.select(Account::as_select()).load::<Account>(db)?)
    })?;
    Ok(accounts
        .into_iter()
        .map(|account| (account.id, account))
        .collect())
}

/// The names of those of the accounts numbered `ids` that [`load_many`] could not read.
pub fn unreadable(ids: &[i64], read: &HashMap<i64, Account>) -> Vec<String> {
    let lost: BTreeSet<i64> = ids.iter().copied().collect();
    let lost = lost.into_iter().filter(|id| !read.contains_key(id));
    lost.map(|id| format!("account:{id}")).collect()
}

/// The account numbered `id`, held until the transaction ends.
pub fn lock(db: &mut Db, id: i64) -> StoreResult<Account> {
    if let Db::Postgres(db) = db {
        account::table
            .find(id)
            .select(account::id)
            .for_update()
            .first::<i64>(db)
            .optional()?;
    }
    load(db, id)
}

/// Holds the account; false if its login password was replaced or voided since it was read: a password that was
/// verified before a reissue must not open a session after it.
pub fn lock_unchanged(db: &mut Db, read: &Account) -> StoreResult<bool> {
    let held = lock(db, read.id)?;
    Ok(held.login_password_changed_at == read.login_password_changed_at)
}

/// Every account, by user ID.
pub fn list(db: &mut Db) -> StoreResult<Listed<Account>> {
    let ids = account::table.order(account::user_id).select(account::id);
    let ids: Vec<i64> = ids.load(db)?;
    let (rows, damaged) = readable(db, &ids, |db, ids| {
        let some = account::table.filter(account::id.eq_any(ids));
        let some = some.order(account::user_id).select(Account::as_select());
        Ok(some.load(db)?)
    })?;
    let names = damaged.iter().map(|(id, _)| name(db, *id));
    Ok(Listed {
        rows,
        unreadable: names.collect::<StoreResult<_>>()?,
        total: i64::try_from(ids.len()).unwrap_or(i64::MAX),
    })
}

/// What people call an account whose row cannot be read: its user ID, if that much can be, or its number.
fn name(db: &mut Db, id: i64) -> StoreResult<String> {
    let user_id = account::table.find(id).select(account::user_id);
    match user_id.first::<String>(db).map_err(StoreError::from) {
        Ok(user_id) => Ok(format!("account:{user_id}")),
        Err(error) if error.is_unreadable() => Ok(format!("account:{id}")),
        Err(error) => Err(error),
    }
}

/// The accounts that wait for a letter, by user ID.
pub fn list_letter_due(db: &mut Db) -> StoreResult<Vec<Account>> {
    let active = AccountStatus::Active.as_str();
    let query = account::table.filter(account::letter_due.eq(true).and(account::status.eq(active)));
    Ok(query
        .order(account::user_id)
        .select(Account::as_select())
        .load(db)?)
}

/// Registers an account; a letter is due.
pub fn insert(
    db: &mut Db,
    details: &AccountDetails,
    by: &str,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let facts = AccountFacts::of_new(details);
    diesel::insert_into(account::table)
        .values((
            account::user_id.eq(details.user_id.as_str()),
            account::name.eq(&facts.name),
            account::recipient.eq(&facts.recipient),
            account::postal_code.eq(&facts.postal_code),
            account::address.eq(facts.address_text()),
            account::mail_address.eq(&facts.mail_address),
            account::community_support.eq(facts.community_support),
            account::status.eq(AccountStatus::Active.as_str()),
            account::registered_by.eq(by),
            account::letter_due.eq(true),
            account::created_at.eq(millis(at)),
            account::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Writes the register's facts of an account anew; passwords stay.
pub fn update_facts(
    db: &mut Db,
    id: i64,
    facts: &AccountFacts,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    diesel::update(account::table.find(id))
        .set((
            account::name.eq(&facts.name),
            account::recipient.eq(&facts.recipient),
            account::postal_code.eq(&facts.postal_code),
            account::address.eq(facts.address_text()),
            account::mail_address.eq(&facts.mail_address),
            account::community_support.eq(facts.community_support),
            account::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Switches an account on or off.
pub fn set_status(
    db: &mut Db,
    id: i64,
    status: AccountStatus,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    diesel::update(account::table.find(id))
        .set((
            account::status.eq(status.as_str()),
            account::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Replaces both passwords by those of a letter: the login password is temporary, no letter is due. A password
/// of the applicant's own is remembered, so that it is not chosen again.
pub fn set_letter_passwords(
    db: &mut Db,
    id: i64,
    login_hash: &str,
    issuance_hash: &str,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    remember_login_password(db, id)?;
    diesel::update(account::table.find(id))
        .set((
            account::login_password_hash.eq(login_hash),
            account::login_password_temporary.eq(true),
            account::login_password_changed_at.eq(millis(at)),
            account::issuance_password_hash.eq(issuance_hash),
            account::letter_due.eq(false),
            account::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Voids both passwords: nobody logs in until the next letter, which is due.
pub fn void_passwords(db: &mut Db, id: i64, at: DateTime<Utc>) -> StoreResult<()> {
    remember_login_password(db, id)?;
    diesel::update(account::table.find(id))
        .set((
            account::login_password_hash.eq(None::<String>),
            account::login_password_temporary.eq(false),
            account::login_password_changed_at.eq(millis(at)),
            account::issuance_password_hash.eq(None::<String>),
            account::letter_due.eq(true),
            account::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Replaces the login password by one that the applicant chose.
///
/// Guarded by when the password that was verified was set: a letter printed meanwhile wins, another hash of that same
/// password does not.
pub fn set_login_password(
    db: &mut Db,
    read: &Account,
    new_hash: &str,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    if !lock_unchanged(db, read)? {
        return Err(StoreError::Missing(format!(
            "the password of account {}",
            read.id
        )));
    }
    remember_login_password(db, read.id)?;
    diesel::update(account::table.find(read.id))
        .set((
            account::login_password_hash.eq(new_hash),
            account::login_password_temporary.eq(false),
            account::login_password_changed_at.eq(millis(at)),
            account::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Keeps the hash of the applicant's own password as the previous one; to be called before it is replaced or voided.
/// A letter's password is not kept: it opened nothing but its change.
pub fn remember_login_password(db: &mut Db, id: i64) -> StoreResult<()> {
    let own = account::table
        .find(id)
        .filter(account::login_password_temporary.eq(false))
        .filter(account::login_password_hash.is_not_null());
    diesel::update(own)
        .set(account::previous_login_password_hash.eq(account::login_password_hash))
        .execute(db)?;
    Ok(())
}

/// Writes the hash of the same login password at another cost; only if it is still the one verified.
pub fn renew_login_hash(db: &mut Db, id: i64, verified: &str, renewed: &str) -> StoreResult<()> {
    let unchanged = account::table
        .find(id)
        .filter(account::login_password_hash.eq(verified));
    diesel::update(unchanged)
        .set(account::login_password_hash.eq(renewed))
        .execute(db)?;
    Ok(())
}

/// Writes the hash of the same issuance password at another cost; only if it is still the one verified.
pub fn renew_issuance_hash(db: &mut Db, id: i64, verified: &str, renewed: &str) -> StoreResult<()> {
    let unchanged = account::table
        .find(id)
        .filter(account::issuance_password_hash.eq(verified));
    diesel::update(unchanged)
        .set(account::issuance_password_hash.eq(renewed))
        .execute(db)?;
    Ok(())
}

/// Replaces the mail address.
pub fn set_mail_address(db: &mut Db, id: i64, address: &str, at: DateTime<Utc>) -> StoreResult<()> {
    diesel::update(account::table.find(id))
        .set((
            account::mail_address.eq(address),
            account::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    Ok(())
}

/// Notes what `by` (`kind:name`) changed of an account since it was `before`. Part of the transaction that changed it.
pub fn note_contact_change(
    db: &mut Db,
    before: &Account,
    by: &str,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let after = load(db, before.id)?;
    let known = &after.contact_changes;
    let changes = known.with(before.contact(), after.contact(), by, at);
    diesel::update(account::table.find(after.id))
        .set(account::contact_changes.eq(changes.to_column()))
        .execute(db)?;
    Ok(())
}

/// Leaves only `left` of the changes noted in `read`; nothing happens if another was noted since it was read.
pub fn settle_contact_changes(
    db: &mut Db,
    read: &Account,
    left: &ContactChanges,
) -> StoreResult<()> {
    let unchanged = account::table
        .find(read.id)
        .filter(account::contact_changes.eq(read.contact_changes.to_column()));
    diesel::update(unchanged)
        .set(account::contact_changes.eq(left.to_column()))
        .execute(db)?;
    Ok(())
}
