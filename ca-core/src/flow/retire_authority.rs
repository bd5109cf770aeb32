//! A root generation ends: not trusted at the gates, not offered on pages, nothing of it valid.
//!
//! What is left of it is revoked by the same commit, so that every page, every gate, CRL and OCSP follow by what they
//! look at anyway: the certificate's own status.
use chrono::{DateTime, Utc};

use super::abandon::abandon;
use super::revoke_certificates::revoke_in;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::revocation::{RevocationReason, Selection};
use crate::domain::serial::SerialNumber;
use crate::store::audit::Record;
use crate::store::certificate_search::{self, Found};
use crate::store::{Store, StoreError, audit, authority, certificate, intent};

/// Serials in one statement: SQLite takes 32,766 parameters.
const CHUNK: usize = 1_000;

/// Why a generation goes on.
#[derive(Debug, thiserror::Error)]
pub enum RetireError {
    /// There is no such root.
    #[error("there is no root of generation {0}; `ca-cli ca show` shows those there are")]
    Unknown(i64),
    /// It ended before.
    #[error("generation {0} is retired already")]
    Retired(i64),
    /// It is the one that signs.
    #[error(
        "generation {0} is the one that issues; make the next one first with `ca-cli ca rollover`"
    )]
    Current(i64),
    /// Somebody still uses it.
    #[error(
        "{living} certificates of generation {generation} are still valid and {open} are being signed; wait for their \
         end, or revoke what is left with --force"
    )]
    Living {
        /// The generation.
        generation: i64,
        /// Valid or suspended certificates.
        living: usize,
        /// Serials that may be signed at this moment.
        open: usize,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What would end with a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retirement {
    /// Certificates that are valid or suspended.
    pub living: Vec<Found>,
    /// Serials that may be signed at this moment.
    pub open: usize,
}

impl Retirement {
    /// Whether nothing ends that somebody still uses.
    pub fn is_harmless(&self) -> bool {
        self.living.is_empty() && self.open == 0
    }
}

/// What [`retire_authority`] would end at `at`; nothing is changed.
///
/// # Errors
/// [`RetireError`], as the retirement itself would say it.
pub fn preview_retirement(
    store: &Store,
    at: DateTime<Utc>,
    generation: i64,
) -> Result<Retirement, RetireError> {
    store.read(|db| {
        authority::find(db, generation)?.ok_or(RetireError::Unknown(generation))?;
        let active = authority::active(db)?;
        if !active.iter().any(|one| one.generation == generation) {
            return Err(RetireError::Retired(generation));
        }
        if !active.iter().any(|one| one.generation > generation) {
            return Err(RetireError::Current(generation));
        }
        let living = certificate::living_of_generation(db, generation, at)?;
        Ok(Retirement {
            living: certificate_search::select(db, &Selection::of(&living))?,
            open: intent::open_of_generation(db, generation)?.len(),
        })
    })
}

/// Ends `generation`; returns how many certificates were revoked with it. Without `force` there must be none.
pub fn retire_authority(
    store: &Store,
    act: &Act,
    generation: i64,
    force: bool,
) -> Result<usize, RetireError> {
    store.transaction(|db| {
        authority::find(db, generation)?.ok_or(RetireError::Unknown(generation))?;
        if !authority::retire(db, generation)? {
            return Err(RetireError::Retired(generation));
        }
        // Checked after the row is held: two at once cannot retire the last two.
        if !authority::active(db)?
            .iter()
            .any(|one| one.generation > generation)
        {
            return Err(RetireError::Current(generation));
        }
        let living = certificate::living_of_generation(db, generation, act.at)?;
        let open = intent::open_of_generation(db, generation)?;
        if !(force || living.is_empty() && open.is_empty()) {
            let (living, open) = (living.len(), open.len());
            return Err(RetireError::Living {
                generation,
                living,
                open,
            });
        }
        let open: Vec<SerialNumber> = open.iter().map(|intent| intent.serial).collect();
        for serials in open.chunks(CHUNK) {
            abandon(db, serials, act.at)?;
        }
        let mut records = Vec::new();
        for serials in living.chunks(CHUNK) {
            let (_, revoked) = revoke_in(db, serials, RevocationReason::Superseded, act.at)?;
            records.extend(revoked);
        }
        let facts =
            serde_json::json!({ "revoked": living.len(), "abandoned": open.len(), "force": force });
        let record = Record::new(AuditAct::CaRetire, format!("authority:{generation}"));
        records.push(record.with(facts));
        audit::append(db, act, &records)?;
        Ok(living.len())
    })
}
