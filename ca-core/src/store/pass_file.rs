//! The pass file of a PostgreSQL address. libpq says nothing when it cannot read one: it logs in without a password.
use std::path::PathBuf;

use super::StoreError;
use crate::config::{DatabaseUrl, Need, Use};

/// What is wrong with the pass file that the address names, asked once a connection was refused.
pub(super) fn fault(target: &DatabaseUrl) -> Option<StoreError> {
    let file = PathBuf::from(target.parameter("passfile")?);
    let need = Need {
        key: "database.url (the pass file)",
        path: file,
        purpose: Use::Secret,
        made_by: None,
        place: "[database] url, passfile".to_owned(),
    };
    let unusable = need.check().err()?;
    Some(StoreError::PassFile(unusable.to_string()))
}
