//! Counts and instants for monitoring: each query reads an index or a small table.
use chrono::{DateTime, Utc};
use diesel::dsl::{exists, min};
use diesel::prelude::*;

use super::column::millis;
use super::schema::{
    audit, certificate, intent, ocsp_answer, outbox, request, session, try_counter,
};
use super::{Db, StoreResult};
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::{CertificateStatus, IntentState, MailState, Purpose};
use crate::domain::request::RequestState;
use crate::domain::session::{Audience, TryScope};

/// How many there are, and since when the oldest waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Depth {
    /// How many.
    pub count: i64,
    /// Since when the oldest is there; none when there is none, or when it waits for nobody.
    pub since: Option<DateTime<Utc>>,
}

impl Depth {
    fn of(count: i64, since: Option<i64>) -> Self {
        Self {
            count,
            since: since.and_then(DateTime::from_timestamp_millis),
        }
    }
}

/// Requests in one state. They wait since they were sent, since they were decided, or since they failed.
pub fn requests(db: &mut Db, state: RequestState) -> StoreResult<Depth> {
    let found = || request::table.filter(request::state.eq(state.as_str()));
    let count = found().count().get_result(db)?;
    let since = match state {
        RequestState::Pending => found().select(min(request::submitted_at)).first(db)?,
        RequestState::Approved | RequestState::Signing => {
            found().select(min(request::decided_at)).first(db)?
        }
        RequestState::Failed => found().select(min(request::updated_at)).first(db)?,
        RequestState::Issued | RequestState::Rejected | RequestState::Withdrawn => None,
    };
    Ok(Depth::of(count, since))
}

/// Open requests whose promised day is over.
pub fn past_promise(db: &mut Db, now: DateTime<Utc>) -> StoreResult<i64> {
    let open = RequestState::ALL.iter().filter(|state| state.is_open());
    let open: Vec<&str> = open.map(|state| state.as_str()).collect();
    let late = request::table
        .filter(request::state.eq_any(open))
        .filter(request::promised_at.lt(millis(now)));
    Ok(late.count().get_result(db)?)
}

/// Serials in one state of their intent.
pub fn intents(db: &mut Db, state: IntentState) -> StoreResult<i64> {
    let found = intent::table.filter(intent::state.eq(state.as_str()));
    Ok(found.count().get_result(db)?)
}

/// Mails in one state, with when the oldest was owed.
pub fn mails(db: &mut Db, state: MailState) -> StoreResult<Depth> {
    let found = || outbox::table.filter(outbox::state.eq(state.as_str()));
    let count = found().count().get_result(db)?;
    let since = match state {
        MailState::Sent | MailState::Dropped => None,
        _ => found().select(min(outbox::created_at)).first(db)?,
    };
    Ok(Depth::of(count, since))
}

/// Serials of a generation whose OCSP answer is to be signed now.
pub fn answers_due(db: &mut Db, generation: i64, now: DateTime<Utc>) -> StoreResult<i64> {
    let due = ocsp_answer::table
        .filter(ocsp_answer::generation.eq(generation))
        .filter(ocsp_answer::due_at.le(millis(now)));
    Ok(due.count().get_result(db)?)
}

/// The last second of the newest valid certificate of a generation's OCSP responders; none while no answer is kept that
/// one would have to sign again.
pub fn responder_end(db: &mut Db, generation: i64) -> StoreResult<Option<DateTime<Utc>>> {
    let kept = ocsp_answer::table.filter(ocsp_answer::generation.eq(generation));
    let is_kept: bool = diesel::select(exists(kept)).get_result(db)?;
    if !is_kept {
        return Ok(None);
    }
    let newest = certificate::table
        .filter(certificate::generation.eq(generation))
        .filter(certificate::purpose.eq(Purpose::Ocsp.as_str()))
        .filter(certificate::status.eq(CertificateStatus::Valid.as_str()))
        .order(certificate::not_after.desc())
        .select(certificate::not_after);
    let end: Option<i64> = newest.first(db).optional()?;
    Ok(end.and_then(DateTime::from_timestamp_millis))
}

/// Locks in force after wrong tries.
pub fn locks(db: &mut Db, scope: TryScope, now: DateTime<Utc>) -> StoreResult<i64> {
    let locked = try_counter::table
        .filter(try_counter::scope.eq(scope.as_str()))
        .filter(try_counter::locked_until.gt(millis(now)));
    Ok(locked.count().get_result(db)?)
}

/// Sessions that have not come to their absolute end.
pub fn sessions(db: &mut Db, audience: Audience, now: DateTime<Utc>) -> StoreResult<i64> {
    let open = session::table
        .filter(session::audience.eq(audience.as_str()))
        .filter(session::ends_at.gt(millis(now)));
    Ok(open.count().get_result(db)?)
}

/// How often the audit says that this was done.
pub fn acts(db: &mut Db, act: AuditAct) -> StoreResult<i64> {
    let done = audit::table.filter(audit::act.eq(act.as_str()));
    Ok(done.count().get_result(db)?)
}
