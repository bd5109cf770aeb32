//! 「この申請を取り下げる」: while nobody has decided.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use askama::Template;
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::flow::withdraw_request::{WithdrawError, withdraw_request};
use ca_core::store::StoreError;

use super::certificates::Held;
use super::holder::{Holder, Inside};
use super::path;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;
use crate::work;

#[derive(Template)]
#[template(path = "applicant/withdraw.html")]
pub(crate) struct WithdrawPage {
    pub(crate) page: Page,
    pub(crate) may_withdraw: bool,
}

pub(super) async fn show(Inside(holder): Inside) -> Result<HttpResponse, Problem> {
    let may_withdraw = pending(&holder).await?.is_some();
    page::show(&WithdrawPage {
        page: holder.page(),
        may_withdraw,
    })
}

pub(super) async fn send(_form: Form, Inside(holder): Inside) -> Result<HttpResponse, Problem> {
    let Some(id) = pending(&holder).await? else {
        return too_late(&holder);
    };
    let site = Data::from(Arc::clone(&holder.visit.site));
    let account = holder.account.clone();
    let work = move |site: &Site| {
        Ok::<_, StoreError>(withdraw_request(
            &site.store,
            site.clock.now(),
            &account,
            &id,
        ))
    };
    match work::read(&site, work).await? {
        Ok(()) => Ok(page::see_other(path::CERTIFICATES)),
        // An operator decided between the page and the click.
        Err(WithdrawError::NotPending) => too_late(&holder),
        Err(error @ WithdrawError::Store(_)) => Err(Problem::internal(error)),
    }
}

async fn pending(holder: &Holder) -> Result<Option<RequestId>, Problem> {
    let held = Held::of(holder).await?;
    let mut requests = held.requests.into_iter();
    Ok(requests
        .find(|request| request.state == RequestState::Pending)
        .map(|request| request.id))
}

fn too_late(holder: &Holder) -> Result<HttpResponse, Problem> {
    page::reply(
        StatusCode::CONFLICT,
        &WithdrawPage {
            page: holder.page(),
            may_withdraw: false,
        },
    )
}
