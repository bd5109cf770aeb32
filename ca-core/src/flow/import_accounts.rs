//! Staff registers accounts from a CSV file (J10): all lines, or none.
use crate::domain::account::{AccountDetails, FieldChange};
use crate::domain::actor::{Act, Actor};
use crate::domain::audit_act::AuditAct;
use crate::store::audit::Record;
use crate::store::{Store, StoreError, StoreResult, account, audit};

/// What an import did, or would do.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct ImportReport {
    /// User IDs that are new.
    pub added: Vec<String>,
    /// User IDs whose name, address or mail address changed.
    pub changed: Vec<String>,
    /// User IDs that were there, just so.
    pub unchanged: Vec<String>,
    /// The fields that changed, in the order of `changed`.
    pub changes: Vec<AccountChange>,
}

/// One field of one account that an import changes.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct AccountChange {
    /// Whose.
    pub user_id: String,
    /// Which field, from what to what.
    #[serde(flatten)]
    pub change: FieldChange,
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

/// Adds new accounts and brings known ones up to date, one transaction. Safe to run again. A field that a line
/// does not give stays as it is.
///
/// `registered_by` may not decide for the accounts that are new, nor about the next request of those whose name, post
/// address or mail address changes. With `rehearse` everything is
/// done and taken back.
pub fn import_accounts(
    store: &Store,
    act: &Act,
    registered_by: &str,
    accounts: &[AccountDetails],
    rehearse: bool,
) -> StoreResult<ImportReport> {
    let ended = store.transaction(|db| {
        let by = Actor::Staff(registered_by.to_owned()).to_string();
        let mut report = ImportReport::default();
        let mut records = Vec::new();
        for details in accounts {
            let id = details.user_id.to_string();
            let object = format!("account:{id}");
            let Some(found) = account::find(db, &details.user_id)? else {
                account::insert(db, details, registered_by, act.at)?;
                records.push(Record::new(AuditAct::AccountRegister, object));
                report.added.push(id);
                continue;
            };
            // What is not given is written as it was: nobody may change it meanwhile.
            let known = account::lock(db, found.id)?;
            let old = known.facts();
            let new = old.updated(details);
            let changes = old.changes_to(&new);
            if changes.is_empty() {
                report.unchanged.push(id);
                continue;
            }
            account::update_facts(db, known.id, &new, act.at)?;
            account::note_contact_change(db, &known, &by, act.at)?;
            let fields: Vec<&str> = changes.iter().map(|change| change.field).collect();
            let record = Record::new(AuditAct::AccountChange, object);
            records.push(record.with(serde_json::json!({ "fields": fields })));
            let of = |change| AccountChange {
                user_id: id.clone(),
                change,
            };
            report.changes.extend(changes.into_iter().map(of));
            report.changed.push(id);
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
