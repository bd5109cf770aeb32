//! The next generation of the root comes to life; from this commit on certificates come from it.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::authority::{self, Authority};
use crate::store::{Store, StoreError, audit};

/// Why there is no next generation.
#[derive(Debug, thiserror::Error)]
pub enum RollOverError {
    /// There is no root yet.
    #[error("there is no certificate authority yet; make one with `ca-cli ca init`")]
    None,
    /// Two generations are enough for people to tell apart.
    #[error(
        "generations {0} and {1} are both active; end the older one first with `ca-cli ca retire --generation {0}`"
    )]
    TwoAlready(i64, i64),
    /// Somebody else was quicker.
    #[error("a root of generation {0} was made meanwhile; `ca-cli ca show` shows it")]
    Exists(i64),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The number that the next root gets; asked before its key is made.
pub fn next_generation(store: &Store) -> Result<i64, RollOverError> {
    let active = store.read(authority::active)?;
    check(&active)?;
    let all = store.read(authority::list)?;
    Ok(all.last().map_or(1, |newest| newest.generation + 1))
}

fn check(active: &[Authority]) -> Result<(), RollOverError> {
    match active {
        [] => Err(RollOverError::None),
        [_] => Ok(()),
        [older, newer, ..] => {
            let (older, newer) = (older.generation, newer.generation);
            Err(RollOverError::TwoAlready(older, newer))
        }
    }
}

/// Records the next generation. The sealing key stays: it has nothing to do with roots.
pub fn roll_over_authority(
    store: &Store,
    act: &Act,
    root: &Authority,
) -> Result<(), RollOverError> {
    let taken = |error: StoreError| match error.is_duplicate() {
        true => RollOverError::Exists(root.generation),
        false => error.into(),
    };
    store.step("rollover", |db| {
        if authority::find(db, root.generation)?.is_some() {
            return Err(RollOverError::Exists(root.generation));
        }
        check(&authority::active(db)?)?;
        authority::insert(db, root).map_err(taken)?;
        let record = Record::new(
            AuditAct::CaRollover,
            format!("authority:{}", root.generation),
        );
        let facts = serde_json::json!({ "subject": root.subject });
        audit::append(db, act, &[record.with(facts)])?;
        Ok(())
    })
}
