//! In whose name a request is made, and what the access matrix lets it do: asked before every function of our own.

use ca_core::domain::access::{Decision, VIEW, decide};
use ca_core::flow::choose_reference::{Reference, reference_at};
use ca_core::store::account::Account;

use super::signed_in::SignedIn;
use crate::problem::Problem;

/// The key of お知らせ in the access matrix.
pub(super) const NOTICES: &str = "notices";
/// The key of メール通知サービス.
const MAIL: &str = "mail-notices";
/// What an agent may not do with an office's notices.
const DELETE: &str = "delete";

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

/// Whose notices are looked at, if the matrix allows it.
pub(super) async fn look(signed_in: &SignedIn) -> Result<Looking, Problem> {
    let reference = reference(signed_in).await?;
    if !allows(signed_in, &reference, NOTICES, VIEW) {
        return Err(Problem::Forbidden("notices for this reference user"));
    }
    let is_own = reference.account.id == signed_in.account.id;
    Ok(Looking {
        may_delete: is_own && allows(signed_in, &reference, NOTICES, DELETE),
        is_own,
        account: reference.account,
    })
}

/// Refuses unless the matrix lets this user open its own mail settings now.
pub(super) async fn may_choose_mails(signed_in: &SignedIn) -> Result<(), Problem> {
    let reference = reference(signed_in).await?;
    match allows(signed_in, &reference, MAIL, VIEW) {
        true => Ok(()),
        false => Err(Problem::Forbidden("mail settings for this reference user")),
    }
}

async fn reference(signed_in: &SignedIn) -> Result<Reference, Problem> {
    let (own, session, now) = (
        signed_in.account.clone(),
        signed_in.session.clone(),
        signed_in.now,
    );
    let found =
        signed_in.read(move |site| reference_at(&site.store, &own, &session, &site.classes, now));
    found.await
}

fn allows(signed_in: &SignedIn, reference: &Reference, function: &str, action: &str) -> bool {
    let matrix = &signed_in.visit.site.access;
    let (who, for_whom) = (&reference.who, &reference.for_whom);
    decide(matrix, who, for_whom, function, action) == Decision::Allow
}
