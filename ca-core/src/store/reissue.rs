//! Reissue applications: what strangers typed, and what operators decided.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeAt, millis};
use super::connection::on_either;
use super::listed::{Listed, listed};
use super::schema::reissue;
use super::{Db, StoreError, StoreResult};
use crate::domain::reissue::{Lost, ReissueApplication, ReissueId, ReissueState};
use crate::domain::user_id::UserId;

/// One application.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = reissue)]
pub struct Reissue {
    /// Its name.
    #[diesel(deserialize_as = String)]
    pub id: ReissueId,
    /// The user ID that was typed; it may not exist.
    #[diesel(deserialize_as = String)]
    pub user_id: UserId,
    /// The office's name as typed.
    pub office_name: String,
    /// Who asks.
    pub person: String,
    /// Where that person can be called.
    pub telephone: String,
    /// Where that person can be written to.
    pub mail_address: Option<String>,
    /// What was lost.
    #[diesel(deserialize_as = String)]
    pub lost: Lost,
    /// How, or what else.
    pub detail: Option<String>,
    /// The address it came from; for IPv6 the network.
    pub source: String,
    /// Where it stands.
    #[diesel(deserialize_as = String)]
    pub state: ReissueState,
    /// When it was sent.
    #[diesel(deserialize_as = At)]
    pub submitted_at: DateTime<Utc>,
    /// When an operator decided.
    #[diesel(deserialize_as = MaybeAt)]
    pub decided_at: Option<DateTime<Utc>>,
    /// Which operator.
    pub decided_by: Option<String>,
    /// How identity was confirmed, or why not; operators read it.
    pub note: Option<String>,
}

/// Stores an application as waiting; `false` when one of this name is there already (sent twice).
pub fn insert(
    db: &mut Db,
    id: &ReissueId,
    application: &ReissueApplication,
    source: &str,
    at: DateTime<Utc>,
) -> StoreResult<bool> {
    let row = (
        reissue::id.eq(id.as_str()),
        reissue::user_id.eq(application.user_id.as_str()),
        reissue::office_name.eq(&application.office_name),
        reissue::person.eq(&application.person),
        reissue::telephone.eq(&application.telephone),
        reissue::mail_address.eq(&application.mail_address),
        reissue::lost.eq(application.lost.as_str()),
        reissue::detail.eq(&application.detail),
        reissue::source.eq(source),
        reissue::state.eq(ReissueState::Waiting.as_str()),
        reissue::submitted_at.eq(millis(at)),
    );
    let rows = on_either!(db, db => diesel::insert_into(reissue::table)
        .values(row)
        .on_conflict_do_nothing()
        .execute(db))?;
    Ok(rows == 1)
}

/// The application named `id`.
pub fn find(db: &mut Db, id: &ReissueId) -> StoreResult<Option<Reissue>> {
    Ok(reissue::table
        .find(id.as_str())
        .select(Reissue::as_select())
        .first(db)
        .optional()?)
}

/// The application named `id`, held until the transaction ends.
pub fn lock(db: &mut Db, id: &ReissueId) -> StoreResult<Option<Reissue>> {
    if let Db::Postgres(db) = db {
        let row = reissue::table.find(id.as_str()).select(reissue::id);
        row.for_update().first::<String>(db).optional()?;
    }
    find(db, id)
}

/// How many applications stand in `state`.
pub fn count(db: &mut Db, state: ReissueState) -> StoreResult<i64> {
    let query = reissue::table.filter(reissue::state.eq(state.as_str()));
    Ok(query.count().get_result(db)?)
}

/// One page: those that wait, oldest first; or those that are decided, newest first.
pub fn list(db: &mut Db, waiting: bool, offset: i64, limit: i64) -> StoreResult<Listed<Reissue>> {
    let word = ReissueState::Waiting.as_str();
    let chosen = || {
        let all = reissue::table.into_boxed();
        if waiting {
            all.filter(reissue::state.eq(word))
        } else {
            all.filter(reissue::state.ne(word))
        }
    };
    let total = chosen().count().get_result(db)?;
    let ordered = || match waiting {
        true => chosen().order((reissue::submitted_at, reissue::id)),
        false => chosen().order((reissue::decided_at.desc(), reissue::id.desc())),
    };
    let ids = ordered().offset(offset).limit(limit).select(reissue::id);
    let ids: Vec<String> = ids.load(db)?;
    listed(db, "reissue", &ids, total, |db, ids| {
        let some = ordered().filter(reissue::id.eq_any(ids));
        Ok(some.select(Reissue::as_select()).load(db)?)
    })
}

/// The newest applications for a user ID, at most `limit`.
pub fn of_user_id(db: &mut Db, user_id: &UserId, limit: i64) -> StoreResult<Vec<Reissue>> {
    let query = reissue::table.filter(reissue::user_id.eq(user_id.as_str()));
    let newest = query.order((reissue::submitted_at.desc(), reissue::id.desc()));
    Ok(newest.limit(limit).select(Reissue::as_select()).load(db)?)
}

/// What the applications for a user ID that wait say was lost.
pub fn lost_of_waiting(db: &mut Db, user_id: &UserId) -> StoreResult<Vec<Lost>> {
    let waiting = reissue::table
        .filter(reissue::user_id.eq(user_id.as_str()))
        .filter(reissue::state.eq(ReissueState::Waiting.as_str()));
    let lost: Vec<String> = waiting.select(reissue::lost).distinct().load(db)?;
    lost.into_iter()
        .map(|word| Lost::try_from(word).map_err(unreadable))
        .collect()
}

fn unreadable(error: crate::domain::request::UnknownWord) -> StoreError {
    StoreError::Query(diesel::result::Error::DeserializationError(Box::new(error)))
}

/// What an operator decided.
#[derive(Debug, Clone, Copy)]
pub struct Decided<'a> {
    /// The state that follows.
    pub state: ReissueState,
    /// Which operator.
    pub by: &'a str,
    /// How identity was confirmed, or why not.
    pub note: Option<&'a str>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Decides on an application that waits; whoever comes second finds no row.
pub fn decide(db: &mut Db, id: &ReissueId, decided: Decided<'_>) -> StoreResult<()> {
    let waiting = reissue::table
        .find(id.as_str())
        .filter(reissue::state.eq(ReissueState::Waiting.as_str()));
    let rows = diesel::update(waiting).set(change(decided)).execute(db)?;
    if rows == 1 {
        Ok(())
    } else {
        Err(StoreError::Missing(format!("reissue application {id}")))
    }
}

/// Settles the other applications of a user ID that wait; returns how many.
pub fn settle_others(db: &mut Db, user_id: &UserId, decided: Decided<'_>) -> StoreResult<usize> {
    let waiting = reissue::table
        .filter(reissue::user_id.eq(user_id.as_str()))
        .filter(reissue::state.eq(ReissueState::Waiting.as_str()));
    Ok(diesel::update(waiting).set(change(decided)).execute(db)?)
}

type Change<'a> = (
    diesel::dsl::Eq<reissue::state, &'static str>,
    diesel::dsl::Eq<reissue::decided_at, i64>,
    diesel::dsl::Eq<reissue::decided_by, &'a str>,
    diesel::dsl::Eq<reissue::note, Option<&'a str>>,
);

fn change(decided: Decided<'_>) -> Change<'_> {
    (
        reissue::state.eq(decided.state.as_str()),
        reissue::decided_at.eq(millis(decided.at)),
        reissue::decided_by.eq(decided.by),
        reissue::note.eq(decided.note),
    )
}
