//! 「参照ユーザ」: in whose name an agent looks at the portal.

use actix_web::HttpResponse;
use ca_core::domain::user_id::UserId;
use ca_core::flow::choose_reference::{ChooseReferenceError, choose_reference};

use super::path;
use super::signed_in::SignedIn;
use crate::form::Form;
use crate::page;
use crate::problem::Problem;

/// Chooses. What is no user ID, nobody's, or somebody else's is one and the same answer.
pub(super) async fn choose(signed_in: SignedIn, form: Form) -> Result<HttpResponse, Problem> {
    let typed = form.required("reference")?;
    let chosen = UserId::parse(typed, &signed_in.visit.site.classes);
    let chosen = chosen.map_err(|_| Problem::NotFound)?.user_id;
    let (own, session, now) = (
        signed_in.account.clone(),
        signed_in.session.clone(),
        signed_in.now,
    );
    let done = signed_in.read(move |site| {
        let choice = (&chosen, now);
        match choose_reference(&site.store, &own, &session, &site.classes, choice) {
            Ok(()) => Ok(true),
            Err(ChooseReferenceError::NotYours) => Ok(false),
            Err(ChooseReferenceError::Store(error)) => Err(error),
        }
    });
    match done.await? {
        true => Ok(page::see_other(path::TOP)),
        false => Err(Problem::NotFound),
    }
}
