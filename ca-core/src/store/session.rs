//! Browser sessions. The cookie's value is a secret: only its SHA-256 is stored.
use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::column::{At, MaybeText, millis};
use super::schema::session;
use super::{Db, StoreError, StoreResult};
use crate::domain::request::RequestId;
use crate::domain::seal::SealedPassword;
use crate::domain::serial::SerialNumber;
use crate::domain::session::{Audience, Stage};

/// One session.
#[derive(Debug, Clone, Queryable, Selectable)]
#[diesel(table_name = session)]
pub struct Session {
    /// SHA-256 of the cookie's value, hex.
    pub id_hash: String,
    /// Which pages it opens.
    #[diesel(deserialize_as = String)]
    pub audience: Audience,
    /// The applicant's account.
    pub account_id: Option<i64>,
    /// The operator.
    pub operator_id: Option<i64>,
    /// The certificate that a portal session is bound to.
    #[diesel(deserialize_as = MaybeText)]
    pub certificate_serial: Option<SerialNumber>,
    /// The account that a portal session looks at (参照ユーザ); none means its own.
    pub reference_account_id: Option<i64>,
    /// How far it got.
    #[diesel(deserialize_as = String)]
    pub stage: Stage,
    /// Name of the request that may be sent from this session.
    #[diesel(deserialize_as = MaybeText)]
    pub draft_request_id: Option<RequestId>,
    /// Sealing key of the draft.
    pub draft_key_id: Option<String>,
    /// Issuance password of the draft, sealed to the worker.
    pub draft_sealed_password: Option<Vec<u8>>,
    /// When it began.
    #[diesel(deserialize_as = At)]
    pub created_at: DateTime<Utc>,
    /// When it was last used.
    #[diesel(deserialize_as = At)]
    pub last_seen_at: DateTime<Utc>,
    /// When it ends in any case.
    #[diesel(deserialize_as = At)]
    pub ends_at: DateTime<Utc>,
}

/// A request that may be sent: its name and the sealed password that goes with it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The name the request will have.
    pub request_id: RequestId,
    /// The issuance password, sealed for that request.
    pub sealed_password: SealedPassword,
}

impl Session {
    /// The request that may be sent from this session, if the gate was passed and nothing sent yet.
    pub fn draft(&self) -> Option<Draft> {
        Some(Draft {
            request_id: self.draft_request_id.clone()?,
            sealed_password: SealedPassword {
                key_id: self.draft_key_id.clone()?,
                bytes: self.draft_sealed_password.clone()?,
            },
        })
    }
}

/// Begins a session.
pub fn insert(db: &mut Db, session: &Session) -> StoreResult<()> {
    diesel::insert_into(session::table)
        .values((
            session::id_hash.eq(&session.id_hash),
            session::audience.eq(session.audience.as_str()),
            session::account_id.eq(session.account_id),
            session::operator_id.eq(session.operator_id),
            session::certificate_serial.eq(session.certificate_serial.map(SerialNumber::to_hex)),
            session::reference_account_id.eq(session.reference_account_id),
            session::stage.eq(session.stage.as_str()),
            session::draft_request_id.eq(session.draft_request_id.as_ref().map(RequestId::as_str)),
            session::draft_key_id.eq(&session.draft_key_id),
            session::draft_sealed_password.eq(&session.draft_sealed_password),
            session::created_at.eq(millis(session.created_at)),
            session::last_seen_at.eq(millis(session.last_seen_at)),
            session::ends_at.eq(millis(session.ends_at)),
        ))
        .execute(db)?;
    Ok(())
}

/// The session of a cookie, by the hash of its value.
pub fn find(db: &mut Db, id_hash: &str) -> StoreResult<Option<Session>> {
    Ok(session::table
        .find(id_hash)
        .select(Session::as_select())
        .first(db)
        .optional()?)
}

/// The session, held until the transaction ends.
pub fn lock(db: &mut Db, id_hash: &str) -> StoreResult<Session> {
    if let Db::Postgres(db) = db {
        session::table
            .find(id_hash)
            .select(session::id_hash)
            .for_update()
            .first::<String>(db)
            .optional()?;
    }
    find(db, id_hash)?.ok_or_else(|| StoreError::Missing("the session".into()))
}

/// Notes that the session was used at `at`.
pub fn touch(db: &mut Db, id_hash: &str, at: DateTime<Utc>) -> StoreResult<()> {
    diesel::update(session::table.find(id_hash))
        .set(session::last_seen_at.eq(millis(at)))
        .execute(db)?;
    Ok(())
}

/// Chooses the account that a portal session looks at; none is its own.
pub fn set_reference(db: &mut Db, id_hash: &str, account_id: Option<i64>) -> StoreResult<()> {
    diesel::update(session::table.find(id_hash))
        .set(session::reference_account_id.eq(account_id))
        .execute(db)?;
    Ok(())
}

/// Takes the draft out of the session: it became a request.
pub fn clear_draft(db: &mut Db, id_hash: &str) -> StoreResult<()> {
    diesel::update(session::table.find(id_hash))
        .set((
            session::draft_key_id.eq(None::<String>),
            session::draft_sealed_password.eq(None::<Vec<u8>>),
        ))
        .execute(db)?;
    Ok(())
}

/// Ends one session.
pub fn delete(db: &mut Db, id_hash: &str) -> StoreResult<usize> {
    Ok(diesel::delete(session::table.find(id_hash)).execute(db)?)
}

/// Ends the sessions of an operator.
pub fn delete_of_operator(db: &mut Db, operator_id: i64) -> StoreResult<usize> {
    let own = session::table.filter(session::operator_id.eq(operator_id));
    Ok(diesel::delete(own).execute(db)?)
}

/// Ends every session of an account, but for `except`.
pub fn delete_of_account(db: &mut Db, account_id: i64, except: Option<&str>) -> StoreResult<usize> {
    let all = session::table.filter(session::account_id.eq(account_id));
    let others = all.filter(session::id_hash.ne(except.unwrap_or("")));
    Ok(diesel::delete(others).execute(db)?)
}

/// Ends an account's sessions of one audience.
pub fn delete_of_audience(db: &mut Db, account_id: i64, audience: Audience) -> StoreResult<usize> {
    let own = session::table
        .filter(session::account_id.eq(account_id))
        .filter(session::audience.eq(audience.as_str()));
    Ok(diesel::delete(own).execute(db)?)
}

/// How many sessions of an account have not ended.
pub fn count_of_account(db: &mut Db, account_id: i64, now: DateTime<Utc>) -> StoreResult<i64> {
    let all = session::table.filter(session::account_id.eq(account_id));
    let open = all.filter(session::ends_at.gt(millis(now)));
    Ok(open.count().get_result(db)?)
}

/// Ends every session that is bound to one of these certificates.
pub fn delete_of_certificates(db: &mut Db, serials: &[SerialNumber]) -> StoreResult<usize> {
    let serials: Vec<String> = serials.iter().map(|serial| serial.to_hex()).collect();
    let mut ended = 0;
    // SQLite takes 32,766 parameters a statement.
    for serials in serials.chunks(10_000) {
        let bound = session::table.filter(session::certificate_serial.eq_any(serials));
        ended += diesel::delete(bound).execute(db)?;
    }
    Ok(ended)
}

/// Ends the sessions that ran out: idle since `idle_since`, or past their end.
pub fn delete_ended(
    db: &mut Db,
    now: DateTime<Utc>,
    idle_since: DateTime<Utc>,
) -> StoreResult<usize> {
    let ended = session::ends_at
        .le(millis(now))
        .or(session::last_seen_at.lt(millis(idle_since)));
    Ok(diesel::delete(session::table.filter(ended)).execute(db)?)
}
