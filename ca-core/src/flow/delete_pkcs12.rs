//! A PKCS#12 is deleted when its certificate has ended, or some days after the first login at the portal: a file that nobody
//! needs is none that can be stolen. Revocation deletes it by itself (`revoke_certificates`).
use chrono::TimeDelta;

use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, StoreResult, audit, pkcs12};

/// Certificates in one transaction.
const PORTION: i64 = 200;

/// Deletes the files that are not kept any longer at `act.at`; `kept` is how long after the first login, none for until the
/// end of the certificate. Returns how many. Safe to run as often as one likes, and by several workers.
pub fn delete_pkcs12(store: &Store, act: &Act, kept: Option<TimeDelta>) -> StoreResult<usize> {
    let mut deleted = 0;
    loop {
        let due = store.read(|db| pkcs12::due(db, act.at, kept, PORTION))?;
        if due.is_empty() {
            return Ok(deleted);
        }
        let gone = store.transaction(|db| {
            let gone = pkcs12::delete(db, &due)?;
            let told = |serial| {
                let object = format!("certificate:{serial}");
                Record::new(AuditAct::CertificateDeletePkcs12, object)
            };
            let records: Vec<Record> = gone.iter().map(told).collect();
            audit::append(db, act, &records)?;
            Ok::<_, StoreError>(gone.len())
        })?;
        // Another worker was faster.
        if gone == 0 {
            return Ok(deleted);
        }
        deleted += gone;
    }
}
