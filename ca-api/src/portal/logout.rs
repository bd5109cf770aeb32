//! 「ログアウト」: ends the session on the server and in the browser; the browser alone forgets the certificate.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use ca_core::domain::actor::{Act, Actor};
use ca_core::flow::log_out::log_out;

use super::path;
use super::signed_in::SignedIn;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::Area;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "portal/signed_out.html")]
pub(crate) struct SignedOutPage {
    pub(crate) page: Page,
}

pub(super) async fn send(request: HttpRequest, _form: Form) -> Result<HttpResponse, Problem> {
    end_session(&request).await?;
    let mut reply = page::see_other(path::SIGNED_OUT);
    reply
        .add_cookie(&session::cleared(Area::Portal))
        .map_err(Problem::internal)?;
    Ok(reply)
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&SignedOutPage { page: visit.page() })
}

/// Ends the request's session, if it has a live one under its own certificate.
pub(super) async fn end_session(request: &HttpRequest) -> Result<(), Problem> {
    let Some(signed_in) = SignedIn::of(request).await? else {
        return Ok(());
    };
    let act = Act::new(
        Actor::Applicant(signed_in.account.user_id.clone()),
        signed_in.now,
    );
    let token = signed_in.token.clone();
    let ended = signed_in.read(move |site| log_out(&site.store, &act, &token));
    ended.await
}
