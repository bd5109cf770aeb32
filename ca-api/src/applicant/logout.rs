//! 「ログアウト」: ends the session on the server and in the browser.

use std::sync::Arc;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use ca_core::domain::actor::{Act, Actor};
use ca_core::flow::log_out::log_out;

use super::holder::Holder;
use super::path;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::{Area, Site};
use crate::visit::Visit;
use crate::work;

#[derive(Template)]
#[template(path = "applicant/signed_out.html")]
pub(crate) struct SignedOutPage {
    pub(crate) page: Page,
}

pub(super) async fn send(request: HttpRequest, _form: Form) -> Result<HttpResponse, Problem> {
    end_session(&request).await?;
    let mut reply = page::see_other(path::SIGNED_OUT);
    reply
        .add_cookie(&session::cleared(Area::Applicant))
        .map_err(Problem::internal)?;
    Ok(reply)
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&SignedOutPage { page: visit.page() })
}

/// Ends the request's session, if it has a live one.
pub(super) async fn end_session(request: &HttpRequest) -> Result<(), Problem> {
    let Some(holder) = Holder::of(request).await? else {
        return Ok(());
    };
    let site = Data::from(Arc::clone(&holder.visit.site));
    let work = move |site: &Site| {
        let act = Act::new(Actor::Applicant(holder.account.user_id), site.clock.now());
        log_out(&site.store, &act, &holder.token)
    };
    work::read(&site, work).await
}
