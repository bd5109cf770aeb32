//! Certificates as operators look for them: lists without keys and bytes, and what a revocation selects.
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::account_search;
use super::column::{At, MaybeAt, millis};
use super::listed::{Listed, listed};
use super::schema::{account, certificate, request};
use super::{Db, StoreError, StoreResult};
use crate::domain::certificate::{CertificateStatus, Purpose};
use crate::domain::request::{RequestId, RequestState};
use crate::domain::revocation::Selection;
use crate::domain::search::SearchText;
use crate::domain::serial::SerialNumber;

diesel::define_sql_function! {
    /// A text in small letters (of ASCII alone in SQLite).
    fn lower(text: Text) -> Text;
}
diesel::define_sql_function! {
    /// A text with every `old` replaced.
    fn replace(text: Text, old: Text, new: Text) -> Text;
}

/// SQLite takes 32,766 parameters a statement.
const SERIALS_AT_ONCE: usize = 10_000;

/// One certificate in a list.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = certificate)]
pub struct Found {
    /// Serial number.
    #[diesel(deserialize_as = String)]
    pub serial: SerialNumber,
    /// What it is for.
    #[diesel(deserialize_as = String)]
    pub purpose: Purpose,
    /// The account it belongs to.
    pub account_id: Option<i64>,
    /// Subject, as text.
    pub subject: String,
    /// Begin of validity.
    #[diesel(deserialize_as = At)]
    pub not_before: DateTime<Utc>,
    /// Last valid second.
    #[diesel(deserialize_as = At)]
    pub not_after: DateTime<Utc>,
    /// When it was recorded.
    #[diesel(deserialize_as = At)]
    pub issued_at: DateTime<Utc>,
    /// Valid, held or revoked.
    #[diesel(deserialize_as = String)]
    pub status: CertificateStatus,
    /// When it was revoked or held.
    #[diesel(deserialize_as = MaybeAt)]
    pub revoked_at: Option<DateTime<Utc>>,
    /// Why (RFC 5280 §5.3.1 names).
    pub revocation_reason: Option<String>,
}

/// What an operator looks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Search {
    /// Only those that stand so.
    pub status: Option<CertificateStatus>,
    /// Part of the serial number, the user ID, the account's name or the subject.
    pub text: Option<String>,
}

/// The certificates that a revocation selects, by serial; their rows are held until the transaction ends.
///
/// Nothing is selected by a selection without any condition.
pub fn lock_selected(db: &mut Db, selection: &Selection) -> StoreResult<Vec<Found>> {
    let found = select(db, selection)?;
    let Db::Postgres(held) = db else {
        return Ok(found);
    };
    let serials: Vec<String> = found.iter().map(|one| one.serial.to_hex()).collect();
    for serials in serials.chunks(SERIALS_AT_ONCE) {
        // In the order of the serials, so that two orders never wait for each other.
        certificate::table
            .filter(certificate::serial.eq_any(serials))
            .order(certificate::serial)
            .select(certificate::serial)
            .for_update()
            .load::<String>(held)?;
    }
    select(db, selection)
}

/// The certificates that a revocation would select, by serial.
pub fn select(db: &mut Db, selection: &Selection) -> StoreResult<Vec<Found>> {
    let mut found = Vec::new();
    if !selection.serials.is_empty() {
        for serials in selection.serials.chunks(SERIALS_AT_ONCE) {
            let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
            let query = conditions(selection).filter(certificate::serial.eq_any(serials));
            found.extend(query.select(Found::as_select()).load(db)?);
        }
    } else if !selection.is_empty() {
        found = conditions(selection).select(Found::as_select()).load(db)?;
    }
    found.sort_by_key(|one: &Found| one.serial);
    Ok(found)
}

/// All conditions but the serials.
fn conditions(
    selection: &Selection,
) -> certificate::BoxedQuery<'static, <Db as Connection>::Backend> {
    let mut query = certificate::table.into_boxed();
    if let Some(account) = selection.account_id {
        query = query.filter(certificate::account_id.eq(account));
    }
    if let Some((from, to)) = selection.issued {
        let range = certificate::issued_at.between(millis(from), millis(to));
        query = query.filter(range);
    }
    if let Some(purpose) = selection.purpose {
        query = query.filter(certificate::purpose.eq(purpose.as_str()));
    }
    query
}

/// One page of what is found, newest first.
pub fn page(db: &mut Db, search: &Search, offset: i64, limit: i64) -> StoreResult<Listed<Found>> {
    let text = search.text.as_deref().and_then(SearchText::parse);
    let accounts = match &text {
        Some(text) => account_search::matching(db, text)?,
        None => Vec::new(),
    };
    let searched = || searched(search.status, text.as_ref(), &accounts);
    let total = searched().count().get_result(db)?;
    let newest = || searched().order((certificate::issued_at.desc(), certificate::serial));
    let serials = newest().offset(offset).limit(limit);
    let serials: Vec<String> = serials.select(certificate::serial).load(db)?;
    listed(db, "certificate", &serials, total, |db, serials| {
        let some = newest().filter(certificate::serial.eq_any(serials));
        Ok(some.select(Found::as_select()).load(db)?)
    })
}

/// Until when an account has a certificate that holds at `now`; none if it has none.
pub fn holds_until(
    db: &mut Db,
    account_id: i64,
    now: DateTime<Utc>,
) -> StoreResult<Option<DateTime<Utc>>> {
    let holding = certificate::table
        .filter(certificate::account_id.eq(account_id))
        .filter(certificate::status.eq(CertificateStatus::Valid.as_str()))
        .filter(certificate::not_before.le(millis(now)))
        .filter(certificate::not_after.ge(millis(now)));
    let last = holding.select(diesel::dsl::max(certificate::not_after));
    let last: Option<i64> = last.get_result(db)?;
    Ok(last.and_then(DateTime::from_timestamp_millis))
}

type Searched<'a> = diesel::helper_types::IntoBoxed<
    'a,
    diesel::helper_types::LeftJoin<certificate::table, account::table>,
    <Db as Connection>::Backend,
>;

/// Certificates of this status; with a `text`, those of `accounts` and those that it finds by serial or subject.
fn searched<'a>(
    status: Option<CertificateStatus>,
    text: Option<&SearchText>,
    accounts: &[i64],
) -> Searched<'a> {
    let mut query = certificate::table.left_join(account::table).into_boxed();
    if let Some(status) = status {
        query = query.filter(certificate::status.eq(status.as_str()));
    }
    let Some(text) = text else { return query };
    let pattern = |text: &str| format!("%{}%", super::request::literal(text));
    let plain = replace(lower(certificate::subject), " ", "");
    let subject = plain.like(pattern(text.as_str())).escape('\\');
    // No serial number has a hyphen.
    let key = pattern(text.key().unwrap_or("-"));
    let serial = certificate::serial.like(key).escape('\\');
    let account = account_search::one_of("certificate.account_id", accounts);
    query = query.filter(subject.or(serial).or(account));
    query
}

/// The requests of an account that may become a certificate without anybody saying yes again: approved, or being
/// signed. They are held until the transaction ends.
pub fn lock_approved(db: &mut Db, account_id: i64) -> StoreResult<Vec<RequestId>> {
    let states = [RequestState::Approved, RequestState::Signing].map(RequestState::as_str);
    let query = request::table
        .filter(request::account_id.eq(account_id))
        .filter(request::state.eq_any(states))
        .order(request::id)
        .select(request::id);
    let ids: Vec<String> = match db {
        Db::Postgres(db) => query.for_update().load(db)?,
        Db::Sqlite(db) => query.load(db)?,
    };
    let id = |text: String| {
        RequestId::try_from(text).map_err(|error| StoreError::Missing(error.to_string()))
    };
    ids.into_iter().map(id).collect()
}
