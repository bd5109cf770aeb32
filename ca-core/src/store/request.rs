//! Requests: the rows of the issuance queue. Every move is an UPDATE guarded by the state it leaves.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::account::Account;
use super::account_search;
use super::column::{At, MaybeAt, maybe_millis, millis};
use super::listed::{Listed, listed};
use super::schema::{account, request};
use super::wake::{self, Topic};
use super::{Db, StoreError, StoreResult};
use crate::domain::request::{RequestEvent, RequestId, RequestKind, RequestState, transition};
use crate::domain::seal::SealedPassword;
use crate::domain::search::SearchText;

/// One request.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = request)]
pub struct Request {
    /// Its name.
    #[diesel(deserialize_as = String)]
    pub id: RequestId,
    /// The account that asks.
    pub account_id: i64,
    /// First, renewal or reissue.
    #[diesel(deserialize_as = String)]
    pub kind: RequestKind,
    /// Name of the certificate profile.
    pub profile: String,
    /// The subject to be certified, as text.
    pub subject: String,
    /// Where it stands.
    #[diesel(deserialize_as = String)]
    pub state: RequestState,
    /// When it was sent.
    #[diesel(deserialize_as = At)]
    pub submitted_at: DateTime<Utc>,
    /// By when the applicant was promised the certificate.
    #[diesel(deserialize_as = MaybeAt)]
    pub promised_at: Option<DateTime<Utc>>,
    /// Sealing key of the issuance password.
    pub seal_key_id: String,
    /// The issuance password, sealed to the worker; gone once packed, rejected or withdrawn.
    pub sealed_password: Option<Vec<u8>>,
    /// When an operator decided.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was rejected; the applicant reads it.
    pub rejection_reason: Option<String>,
    /// The worker that holds it.
    pub lease_owner: Option<String>,
    /// Until when.
    #[diesel(deserialize_as = MaybeAt)]
    pub lease_until: Option<DateTime<Utc>>,
    /// Rises with every claim; a worker with an older number changes nothing.
    pub fence: i64,
    /// Claims so far that count against the request itself.
    pub attempts: i64,
    /// Why the last attempt failed; operators read it.
    pub failure: Option<String>,
    /// When it last changed.
    #[diesel(deserialize_as = At)]
    pub updated_at: DateTime<Utc>,
}

impl Request {
    /// The sealed issuance password, while it is there.
    pub fn sealed(&self) -> Option<SealedPassword> {
        let bytes = self.sealed_password.clone()?;
        Some(SealedPassword {
            key_id: self.seal_key_id.clone(),
            bytes,
        })
    }
}

/// What a new request consists of.
#[derive(Debug)]
pub struct NewRequest<'a> {
    /// Its name, drawn at the gate.
    pub id: &'a RequestId,
    /// The account that asks.
    pub account_id: i64,
    /// First, renewal or reissue.
    pub kind: RequestKind,
    /// Name of the certificate profile.
    pub profile: &'a str,
    /// The subject to be certified.
    pub subject: &'a str,
    /// The issuance password, sealed for this request.
    pub sealed: &'a SealedPassword,
    /// When it was sent.
    pub submitted_at: DateTime<Utc>,
    /// By when the applicant is promised the certificate.
    pub promised_at: Option<DateTime<Utc>>,
}

/// Which requests a list shows.
#[derive(Debug, Clone, Default)]
pub struct RequestFilter {
    /// Only this state.
    pub state: Option<RequestState>,
    /// Only this kind.
    pub kind: Option<RequestKind>,
    /// Only user IDs that begin so (a class's letters).
    pub class: Option<String>,
    /// Only user IDs or names that contain this, whatever its width, case and spaces.
    pub search: Option<String>,
    /// The newest first, for what is over; the oldest first otherwise, for what waits.
    pub newest_first: bool,
}

/// Stores a new request as pending.
pub fn insert(db: &mut Db, new: &NewRequest<'_>) -> StoreResult<()> {
    diesel::insert_into(request::table)
        .values((
            request::id.eq(new.id.as_str()),
            request::account_id.eq(new.account_id),
            request::kind.eq(new.kind.as_str()),
            request::profile.eq(new.profile),
            request::subject.eq(new.subject),
            request::state.eq(RequestState::Pending.as_str()),
            request::submitted_at.eq(millis(new.submitted_at)),
            request::promised_at.eq(maybe_millis(new.promised_at)),
            request::seal_key_id.eq(&new.sealed.key_id),
            request::sealed_password.eq(&new.sealed.bytes),
            request::updated_at.eq(millis(new.submitted_at)),
        ))
        .execute(db)?;
    Ok(())
}

/// The request named `id`.
pub fn find(db: &mut Db, id: &RequestId) -> StoreResult<Option<Request>> {
    Ok(request::table
        .find(id.as_str())
        .select(Request::as_select())
        .first(db)
        .optional()?)
}

/// The request named `id`, held until the transaction ends.
pub fn lock(db: &mut Db, id: &RequestId) -> StoreResult<Option<Request>> {
    if let Db::Postgres(db) = db {
        let row = request::table.find(id.as_str()).select(request::id);
        row.for_update().first::<String>(db).optional()?;
    }
    find(db, id)
}

/// The requests of an account, newest first.
pub fn of_account(db: &mut Db, account_id: i64) -> StoreResult<Vec<Request>> {
    let query = request::table.filter(request::account_id.eq(account_id));
    let newest = query.order((request::submitted_at.desc(), request::id.desc()));
    Ok(newest.select(Request::as_select()).load(db)?)
}

/// The account's open request, if it has one.
pub fn open_of_account(db: &mut Db, account_id: i64) -> StoreResult<Option<Request>> {
    Ok(of_account(db, account_id)?
        .into_iter()
        .find(|request| request.state.is_open()))
}

/// How many requests stand in each state.
pub fn count_by_state(db: &mut Db) -> StoreResult<Vec<(RequestState, i64)>> {
    let mut counts = Vec::new();
    for &state in RequestState::ALL {
        let query = request::table.filter(request::state.eq(state.as_str()));
        counts.push((state, query.count().get_result(db)?));
    }
    Ok(counts)
}

/// One page of requests with their accounts.
pub fn list(
    db: &mut Db,
    filter: &RequestFilter,
    offset: i64,
    limit: i64,
) -> StoreResult<Listed<(Request, Account)>> {
    let search = filter.search.as_deref().and_then(SearchText::parse);
    let accounts = search.map(|search| account_search::matching(db, &search));
    let accounts = accounts.transpose()?;
    let accounts = accounts.as_deref();
    let total = filtered(filter, accounts).count().get_result(db)?;
    let ids = ordered(filter, accounts).offset(offset).limit(limit);
    let ids: Vec<String> = ids.select(request::id).load(db)?;
    listed(db, "request", &ids, total, |db, ids| {
        let some = ordered(filter, accounts).filter(request::id.eq_any(ids));
        let some = some.select((Request::as_select(), Account::as_select()));
        Ok(some.load(db)?)
    })
}

fn ordered<'a>(filter: &RequestFilter, accounts: Option<&[i64]>) -> Filtered<'a> {
    let chosen = filtered(filter, accounts);
    if filter.newest_first {
        chosen.order((request::submitted_at.desc(), request::id.desc()))
    } else {
        chosen.order((request::submitted_at, request::id))
    }
}

type Joined = diesel::dsl::InnerJoin<request::table, account::table>;
type Filtered<'a> = diesel::dsl::IntoBoxed<'a, Joined, <Db as Connection>::Backend>;

/// The requests of a filter; `accounts` are those that its search finds.
fn filtered<'a>(filter: &RequestFilter, accounts: Option<&[i64]>) -> Filtered<'a> {
    let mut query = request::table.inner_join(account::table).into_boxed();
    if let Some(state) = filter.state {
        query = query.filter(request::state.eq(state.as_str()));
    }
    if let Some(kind) = filter.kind {
        query = query.filter(request::kind.eq(kind.as_str()));
    }
    if let Some(class) = &filter.class {
        query = query.filter(
            account::user_id
                .like(format!("{}%", literal(class)))
                .escape('\\'),
        );
    }
    if let Some(accounts) = accounts {
        query = query.filter(account_search::one_of("request.account_id", accounts));
    }
    query
}

/// Text for LIKE in which every character means itself.
pub(super) fn literal(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_")
}

/// What a move changes besides the state.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// When an operator decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Why it was rejected.
    pub rejection_reason: Option<String>,
    /// Why an attempt failed.
    pub failure: Option<String>,
    /// The sealed password goes.
    pub wipe_password: bool,
    /// The attempts are forgotten: an operator retries.
    pub reset_attempts: bool,
}

/// Moves a request that no worker holds, by the one rule ([`transition`]).
///
/// The UPDATE is guarded by the state that was read: whoever comes second finds no row.
pub fn advance(
    db: &mut Db,
    held: &Request,
    event: RequestEvent,
    change: &Change,
    at: DateTime<Utc>,
) -> StoreResult<()> {
    let next =
        transition(held.state, event).map_err(|error| StoreError::Missing(error.to_string()))?;
    let password = if change.wipe_password {
        None
    } else {
        held.sealed_password.clone()
    };
    let attempts = if change.reset_attempts {
        0
    } else {
        held.attempts
    };
    let guarded = request::table
        .filter(request::id.eq(held.id.as_str()))
        .filter(request::state.eq(held.state.as_str()))
        .filter(request::fence.eq(held.fence));
    let rows = diesel::update(guarded)
        .set((
            request::state.eq(next.as_str()),
            request::decided_at.eq(maybe_millis(change.decided_at.or(held.decided_at))),
            request::rejection_reason.eq(change
                .rejection_reason
                .as_ref()
                .or(held.rejection_reason.as_ref())),
            request::failure.eq(&change.failure),
            request::sealed_password.eq(password),
            request::attempts.eq(attempts),
            request::lease_owner.eq(None::<String>),
            request::lease_until.eq(None::<i64>),
            request::updated_at.eq(millis(at)),
        ))
        .execute(db)?;
    if rows != 1 {
        return Err(StoreError::Missing(format!("request {}", held.id)));
    }
    if next == RequestState::Approved {
        wake::call(db, Topic::Queue)?;
    }
    Ok(())
}
