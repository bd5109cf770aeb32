//! Requests that have come to their end, whatever their state column says now.
//!
//! A state can be set back by whoever can write the table; a certificate, an intent that was settled and the audit
//! say what happened.
use std::collections::HashSet;

use diesel::prelude::*;

use super::schema::{audit, certificate, intent};
use super::{Db, StoreResult};
use crate::domain::audit_act::AuditAct;
use crate::domain::certificate::IntentState;
use crate::domain::request::RequestId;

/// Requests of `names` that have an intent, each with its state: few. Asked for a state as well, SQLite would look
/// through every intent there ever was that is in it.
#[diesel::dsl::auto_type(no_type_alias)]
fn intents_of<'a>(names: &'a [&'a str]) -> _ {
    let of_requests = intent::request_id.eq_any(names);
    let id = intent::request_id.assume_not_null();
    intent::table
        .filter(of_requests)
        .select((id, intent::state))
}

/// Those of `ids` that were issued, rejected or withdrawn at some time.
pub fn among(db: &mut Db, ids: &[&RequestId]) -> StoreResult<HashSet<String>> {
    let names: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
    let certified = certificate::table
        .filter(certificate::request_id.eq_any(&names))
        .select(certificate::request_id.assume_not_null());
    let mut ended: HashSet<String> = certified.load::<String>(db)?.into_iter().collect();
    let intents = intents_of(&names).load::<(String, String)>(db)?;
    let settled = |state: &str| state == IntentState::Issued.as_str();
    ended.extend(
        intents
            .into_iter()
            .filter_map(|(id, state)| settled(&state).then_some(id)),
    );
    let objects: Vec<String> = names.iter().map(|name| format!("request:{name}")).collect();
    let told = audit::table
        .filter(audit::object.eq_any(objects))
        .filter(audit::act.eq_any(AuditAct::ENDS_REQUEST.map(AuditAct::as_str)))
        .select(audit::object);
    let told = told.load::<String>(db)?;
    ended.extend(
        told.iter()
            .filter_map(|object| object.strip_prefix("request:").map(str::to_owned)),
    );
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::plan::plan_of;

    #[test]
    fn a_request_is_looked_up_and_not_looked_for_among_all_that_were_issued() {
        let names = vec!["one"; 100];
        let plan = plan_of(&intents_of(&names));
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(plan[0].contains("intent_by_request"), "{plan:?}");
    }
}
