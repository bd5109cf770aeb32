//! Staff gives an operator another certificate: before the old one ends, after a rollover, or when a PC was lost.
use super::revoke_certificates::revoke_in;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::domain::revocation::RevocationReason;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::{Store, StoreError, audit, certificate, intent, operator};

/// Why nobody got one.
#[derive(Debug, thiserror::Error)]
pub enum RenewOperatorError {
    /// Nobody has this name.
    #[error("there is no operator named {0}; `ca-cli operator list` shows them")]
    Unknown(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether there is such an operator; asked before a certificate is signed.
pub fn check_operator(store: &Store, name: &str) -> Result<(), RenewOperatorError> {
    match store.read(|db| operator::find(db, name))? {
        Some(_) => Ok(()),
        None => Err(RenewOperatorError::Unknown(name.to_owned())),
    }
}

/// Binds the operator to the certificate `issued` and revokes the one before for `reason`, in one transaction. Sessions under that
/// one end at their next request.
pub fn renew_operator(
    store: &Store,
    act: &Act,
    name: &str,
    issued: &Certificate,
    reason: RevocationReason,
) -> Result<(), RenewOperatorError> {
    store.transaction(|db| {
        let Some(held) = operator::find(db, name)? else {
            return Err(RenewOperatorError::Unknown(name.to_owned()));
        };
        intent::settle(db, &[issued.serial], act.at)?;
        certificate::insert(db, std::slice::from_ref(issued))?;
        operator::set_certificate(db, held.id, issued.serial, &issued.spki_sha256)?;
        let before: Vec<_> = held.certificate_serial.into_iter().collect();
        let (_, mut records) = revoke_in(db, &before, reason, act.at)?;
        let facts =
            serde_json::json!({ "serial": issued.serial.to_hex(), "sha1": issued.sha1_thumbprint });
        let record = Record::new(AuditAct::OperatorRenew, format!("operator:{name}"));
        records.push(record.with(facts));
        Ok(audit::append(db, act, &records)?)
    })
}
