//! Staff registers accounts from a CSV file (J10): all lines, or none.
use crate::domain::account::AccountDetails;
use crate::domain::actor::Act;
use crate::domain::audit_act::AuditAct;
use crate::store::account::{self, Account};
use crate::store::audit::Record;
use crate::store::{Store, StoreError, StoreResult, audit};

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct ImportReport {
    /// User IDs that are new.
    pub added: Vec<String>,
    /// User IDs whose name, address or mail address changed.
    pub changed: Vec<String>,
    /// User IDs that were there, just so.
    pub unchanged: Vec<String>,
}

/// An import that is only rehearsed ends the transaction with this.
enum Outcome {
    Rehearsed(ImportReport),
    Failed(StoreError),
}

impl From<StoreError> for Outcome {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Adds new accounts and brings known ones up to date, one transaction. Safe to run again.
///
/// `registered_by` may not decide for the accounts that are new. With `rehearse` everything is
/// done and taken back.
pub fn import_accounts(
    store: &Store,
    act: &Act,
    registered_by: &str,
    accounts: &[AccountDetails],
    rehearse: bool,
) -> StoreResult<ImportReport> {
    let ended = store.transaction(|db| {
        let mut report = ImportReport::default();
        let mut records = Vec::new();
        for details in accounts {
            let id = details.user_id.to_string();
            let object = format!("account:{id}");
            match account::find(db, &details.user_id)? {
                None => {
                    account::insert(db, details, registered_by, act.at)?;
                    records.push(Record::new(AuditAct::AccountRegister, object));
                    report.added.push(id);
                }
                Some(known) if differs(&known, details) => {
                    account::update_details(db, known.id, details, act.at)?;
                    records.push(Record::new(AuditAct::AccountChange, object));
                    report.changed.push(id);
                }
                Some(_) => report.unchanged.push(id),
            }
        }
        if rehearse {
            return Err(Outcome::Rehearsed(report));
        }
        audit::append(db, act, &records)?;
        Ok(report)
    });
    match ended {
        Ok(report) | Err(Outcome::Rehearsed(report)) => Ok(report),
        Err(Outcome::Failed(error)) => Err(error),
    }
}

fn differs(known: &Account, details: &AccountDetails) -> bool {
    known.name != details.name
        || known.recipient != details.recipient
        || known.postal_code != details.postal_code
        || known.address != details.address.join("\n")
        || known.mail_address != details.mail_address
        || details
            .community_support
            .is_some_and(|says| known.community_support != says)
}
