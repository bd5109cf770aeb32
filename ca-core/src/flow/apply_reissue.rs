//! Somebody asks for new passwords on the public page (J8.1). Nothing of the register is looked at.
//!
//! So known and unknown IDs cost the same work and get the same answer; an operator finds out later. What a
//! stranger can do is bounded: by source and by ID a day, and by how many applications may wait in all.
use chrono::{DateTime, Utc};

use crate::config::ReissueConfig;
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::domain::reissue::{ReissueApplication, ReissueId, ReissueState};
use crate::domain::throttle::{ThrottleScope, TokyoDay};
use crate::domain::user_id::UserId;
use crate::store::audit::Record;
use crate::store::{Db, Store, StoreError, StoreResult, audit, reissue, throttle};

/// What is asked for, and from where.
#[derive(Debug, Clone, Copy)]
pub struct ApplyReissue<'a> {
    /// Drawn with the confirm screen.
    pub id: &'a ReissueId,
    /// The form, checked.
    pub application: &'a ReissueApplication,
    /// The address it came from.
    pub source: &'a str,
    /// How much is taken.
    pub rules: &'a ReissueConfig,
}

/// Why no application was taken.
#[derive(Debug, thiserror::Error)]
pub enum ApplyReissueError {
    /// This source, or this ID, was used as often as it may be today.
    #[error("too many applications today; the next can be sent from {until}")]
    Throttled {
        /// The next midnight in Tokyo.
        until: DateTime<Utc>,
    },
    /// As many applications wait as may wait.
    #[error("too many applications wait for an operator")]
    Full,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes an application. Sent twice (the same `id`), it is one, and counted once.
pub fn apply_reissue(
    store: &Store,
    at: DateTime<Utc>,
    input: ApplyReissue<'_>,
) -> Result<(), ApplyReissueError> {
    let ApplyReissue {
        id,
        application,
        source,
        rules,
    } = input;
    store.transaction(|db| {
        if reissue::find(db, id)?.is_some() {
            return Ok(());
        }
        let day = TokyoDay::of(at);
        let throttled = || ApplyReissueError::Throttled { until: day.ends_at };
        let scope = ThrottleScope::ReissueSource;
        if throttle::count(db, scope, source, day.begins_at)? > i64::from(rules.per_source_a_day) {
            return Err(throttled());
        }
        let (scope, name) = (ThrottleScope::ReissueId, application.user_id.as_str());
        if throttle::count(db, scope, name, day.begins_at)? > i64::from(rules.per_id_a_day) {
            return Err(throttled());
        }
        if reissue::count(db, ReissueState::Waiting)? >= i64::from(rules.most_waiting) {
            return Err(ApplyReissueError::Full);
        }
        if !reissue::insert(db, id, application, source, at)? {
            return Ok(());
        }
        let record = Record::new(AuditAct::ReissueApply, format!("account:{name}"));
        let facts = serde_json::json!({ "reissue": id.as_str(), "source": source });
        audit::append(db, &Act::new(Actor::Anonymous, at), &[record.with(facts)])?;
        Ok(())
    })
}

/// Until when this source or this ID is to be sent away, told before anything is typed twice; counts nothing.
pub fn throttled_until(
    store: &Store,
    at: DateTime<Utc>,
    source: &str,
    user_id: Option<&UserId>,
    rules: &ReissueConfig,
) -> StoreResult<Option<DateTime<Utc>>> {
    let day = TokyoDay::of(at);
    let full = |db: &mut Db, scope, subject: &str, most: u32| {
        let uses = throttle::uses(db, scope, subject, day.begins_at)?;
        Ok::<_, StoreError>(uses >= i64::from(most))
    };
    store.read(|db| {
        let by_source = full(
            db,
            ThrottleScope::ReissueSource,
            source,
            rules.per_source_a_day,
        )?;
        let by_id = match user_id {
            Some(id) => full(
                db,
                ThrottleScope::ReissueId,
                id.as_str(),
                rules.per_id_a_day,
            )?,
            None => false,
        };
        Ok((by_source || by_id).then_some(day.ends_at))
    })
}
