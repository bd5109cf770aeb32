//! An operator is added, bound to the certificate that was made for the purpose.
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::certificate::Certificate;
use crate::store::operator::NewOperator;
use crate::store::{Store, StoreError, audit, certificate, intent, operator};

/// Why nobody was added.
#[derive(Debug, thiserror::Error)]
pub enum AddOperatorError {
    /// The name is taken.
    #[error("an operator named {0} exists already; choose another name")]
    Exists(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whether the name is still free; asked before a certificate is signed for it.
pub fn check_name(store: &Store, name: &str) -> Result<(), AddOperatorError> {
    match store.read(|db| operator::find(db, name))? {
        Some(_) => Err(AddOperatorError::Exists(name.to_owned())),
        None => Ok(()),
    }
}

/// Records the operator and the certificate, one transaction.
pub fn add_operator(
    store: &Store,
    act: &Act,
    new: &NewOperator<'_>,
    issued: &Certificate,
) -> Result<(), AddOperatorError> {
    store.transaction(|db| {
        if operator::find(db, new.name)?.is_some() {
            return Err(AddOperatorError::Exists(new.name.to_owned()));
        }
        intent::settle(db, &[issued.serial], act.at)?;
        certificate::insert(db, std::slice::from_ref(issued))?;
        operator::insert(db, new, act.at)?;
        let facts =
            serde_json::json!({ "serial": issued.serial.to_hex(), "sha1": issued.sha1_thumbprint });
        let record = Record::new(AuditAct::OperatorAdd, format!("operator:{}", new.name));
        audit::append(db, act, &[record.with(facts)])?;
        Ok(())
    })
}
