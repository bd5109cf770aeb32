//! A browser showed a certificate on the check page: it is installed. The first time is kept, later ones change
//! nothing, so that looking at the page stays harmless.
use chrono::{DateTime, Utc};

use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::{Store, StoreResult, audit, certificate};

/// Notes that the certificate was seen in a browser; true the first time.
pub fn note_installed(store: &Store, shown: &Certificate, at: DateTime<Utc>) -> StoreResult<bool> {
    if shown.installed_at.is_some() {
        return Ok(false);
    }
    store.transaction(|db| {
        if !certificate::note_installed(db, shown.serial, at)? {
            return Ok(false);
        }
        let record = Record::new(
            AuditAct::CertificateInstalled,
            format!("certificate:{}", shown.serial),
        );
        audit::append(db, &Act::new(Actor::Anonymous, at), &[record])?;
        Ok(true)
    })
}
