//! What monitoring asks at every look: depths, ages and counts, read in one go. Nothing is changed.
use chrono::{DateTime, TimeDelta, Utc};

use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::{IntentState, MailState};
use crate::domain::request::RequestState;
use crate::domain::session::{Audience, TryScope};
use crate::store::crl::Crl;
use crate::store::expiring::Span;
use crate::store::measurement::{self, Depth};
use crate::store::worker_status::WorkerStatus;
use crate::store::{
    Db, Store, StoreError, StoreResult, audit, authority, crl, end, expiring, worker_status,
};

/// How far ahead clients' certificates are counted that end without a successor.
const AHEAD: TimeDelta = TimeDelta::days(30);

/// The acts of the audit that say that a password, or what was shown before one, was refused. The try that sets a
/// lock is told by the lock alone.
const REFUSALS: [AuditAct; 4] = [
    AuditAct::LoginRefuse,
    AuditAct::GateRefuse,
    AuditAct::OperatorLoginRefuse,
    AuditAct::PortalLoginRefuse,
];

/// The acts of the audit that say that a refusal set a lock.
const LOCKS: [AuditAct; 3] = [
    AuditAct::LoginLock,
    AuditAct::GateLock,
    AuditAct::OperatorLoginLock,
];

/// The service at one instant.
#[derive(Debug, Clone)]
pub struct Measurements {
    /// The instant.
    pub at: DateTime<Utc>,
    /// Requests by state.
    pub requests: Vec<(RequestState, Depth)>,
    /// Open requests whose promised day is over.
    pub past_promise: i64,
    /// Leases that lapsed and were taken back, since the beginning.
    pub lapses: i64,
    /// Serials that were drawn and given up, since the beginning.
    pub abandoned: i64,
    /// Mails by state.
    pub mails: Vec<(MailState, Depth)>,
    /// The generations of the root that are not retired.
    pub generations: Vec<Generation>,
    /// When the first certificate ends that an active operator logs in with.
    pub operators_end: Option<DateTime<Utc>>,
    /// Clients' certificates that end within 30 days and have no successor.
    pub clients_ending: i64,
    /// What each worker last said, latest first.
    pub workers: Vec<WorkerStatus>,
    /// Locks in force.
    pub locks: Vec<(TryScope, i64)>,
    /// Refusals since the beginning, by the act's word before the dot.
    pub refusals: Vec<(&'static str, i64)>,
    /// Locks that were set since the beginning, by the same word.
    pub locks_set: Vec<(&'static str, i64)>,
    /// Sessions that have not ended.
    pub sessions: Vec<(Audience, i64)>,
    /// Entries of the audit.
    pub audit_entries: i64,
    /// When the audit last said that a checkpoint was written; none before the first.
    pub last_checkpoint: Option<DateTime<Utc>>,
}

/// One generation of the root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Its number.
    pub number: i64,
    /// The root's last valid second.
    pub not_after: DateTime<Utc>,
    /// Its newest revocation list; none before the first.
    pub crl: Option<Crl>,
    /// OCSP answers that are to be signed now.
    pub answers_due: i64,
    /// When the certificate ends that signs them; none while there are none.
    pub responder_end: Option<DateTime<Utc>>,
}

/// Reads all of it.
pub fn take_measurements(store: &Store, now: DateTime<Utc>) -> StoreResult<Measurements> {
    store.read(|db| {
        Ok::<_, StoreError>(Measurements {
            at: now,
            requests: each(RequestState::ALL, |state| measurement::requests(db, state))?,
            past_promise: measurement::past_promise(db, now)?,
            lapses: measurement::acts(db, AuditAct::QueueLapse)?,
            abandoned: measurement::intents(db, IntentState::Abandoned)?,
            mails: each(MailState::ALL, |state| measurement::mails(db, state))?,
            generations: generations(db, now)?,
            operators_end: first(end::of_operators(db)?),
            clients_ending: expiring::count(
                db,
                Span {
                    from: now,
                    until: now + AHEAD,
                },
            )?,
            workers: worker_status::list(db)?,
            locks: each(TryScope::ALL, |scope| measurement::locks(db, scope, now))?,
            refusals: each(&REFUSALS, |act| measurement::acts(db, act)).map(doors)?,
            locks_set: each(&LOCKS, |act| measurement::acts(db, act)).map(doors)?,
            sessions: each(Audience::ALL, |audience| {
                measurement::sessions(db, audience, now)
            })?,
            audit_entries: audit::head(db)?.sequence,
            last_checkpoint: audit::last_at(db, AuditAct::AuditCheckpoint)?,
        })
    })
}

fn each<K: Copy, V>(
    keys: &[K],
    mut of: impl FnMut(K) -> StoreResult<V>,
) -> StoreResult<Vec<(K, V)>> {
    keys.iter().map(|key| Ok((*key, of(*key)?))).collect()
}

fn first(ends: Vec<(String, DateTime<Utc>)>) -> Option<DateTime<Utc>> {
    ends.into_iter().map(|(_, end)| end).min()
}

/// `login.refuse` is about the door `login`.
fn doors(acts: Vec<(AuditAct, i64)>) -> Vec<(&'static str, i64)> {
    let door = |(act, count): (AuditAct, i64)| {
        let act = act.as_str();
        let door = act.split_once('.').map_or(act, |(door, _)| door);
        (door, count)
    };
    acts.into_iter().map(door).collect()
}

fn generations(db: &mut Db, now: DateTime<Utc>) -> StoreResult<Vec<Generation>> {
    let mut generations = Vec::new();
    for root in authority::active(db)? {
        generations.push(Generation {
            number: root.generation,
            not_after: root.not_after,
            crl: crl::newest(db, root.generation)?,
            answers_due: measurement::answers_due(db, root.generation, now)?,
            responder_end: measurement::responder_end(db, root.generation)?,
        });
    }
    Ok(generations)
}
