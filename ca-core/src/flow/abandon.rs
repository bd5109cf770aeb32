//! Serials that were drawn and will never be handed out: CRL and OCSP list them, since they may have been signed.
use chrono::{DateTime, Utc};

use crate::domain::revocation::{RevocationEvent, RevocationReason};
use crate::domain::serial::SerialNumber;
use crate::store::revocation::NewRevocation;
use crate::store::{Db, StoreResult, intent, revocation};

/// Gives up those of `serials` that are still only intended; returns them. Part of another verb's transaction.
pub(super) fn abandon(
    db: &mut Db,
    serials: &[SerialNumber],
    at: DateTime<Utc>,
) -> StoreResult<Vec<SerialNumber>> {
    let events: Vec<NewRevocation> = intent::abandon(db, serials, at)?
        .into_iter()
        .map(|intent| NewRevocation {
            generation: intent.generation,
            serial: intent.serial,
            event: RevocationEvent::Abandoned,
            reason: RevocationReason::CessationOfOperation,
            ends_at: None,
        })
        .collect();
    revocation::append(db, &events, at)?;
    Ok(events.iter().map(|event| event.serial).collect())
}
