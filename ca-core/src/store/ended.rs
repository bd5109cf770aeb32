//! Requests that have come to their end, whatever their state column says now.
//!
//! A state can be set back by whoever can write the table; a certificate, an intent that was settled and the audit
//! say what happened.
use std::collections::HashSet;

use diesel::prelude::*;

use super::schema::{audit, certificate, intent};
use super::{Db, StoreResult};
use crate::domain::certificate::IntentState;
use crate::domain::request::RequestId;

/// The acts after which a request never comes back.
const LAST_ACTS: [&str; 4] = [
    "certificate.issue",
    "request.reject",
    "request.void",
    "request.withdraw",
];

/// Those of `ids` that were issued, rejected or withdrawn at some time.
pub fn among(db: &mut Db, ids: &[&RequestId]) -> StoreResult<HashSet<String>> {
    let names: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
    let certified = certificate::table
        .filter(certificate::request_id.eq_any(&names))
        .select(certificate::request_id.assume_not_null());
    let mut ended: HashSet<String> = certified.load::<String>(db)?.into_iter().collect();
    let settled = intent::table
        .filter(intent::request_id.eq_any(&names))
        .filter(intent::state.eq(IntentState::Issued.as_str()))
        .select(intent::request_id.assume_not_null());
    ended.extend(settled.load::<String>(db)?);
    let objects: Vec<String> = names.iter().map(|name| format!("request:{name}")).collect();
    let told = audit::table
        .filter(audit::object.eq_any(objects))
        .filter(audit::act.eq_any(LAST_ACTS))
        .select(audit::object);
    let told = told.load::<String>(db)?;
    ended.extend(
        told.iter()
            .filter_map(|object| object.strip_prefix("request:").map(str::to_owned)),
    );
    Ok(ended)
}
