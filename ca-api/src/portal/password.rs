//! 「パスワード変更」 at the portal: forced after a letter or a year, or whenever one likes (J6).

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::session::Stage;

use super::path;
use super::signed_in::{AnyStage, SignedIn};
use crate::applicant::fault::Faults;
use crate::applicant::password::{self, Typed};
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::Area;

#[derive(Template)]
#[template(path = "portal/change_password.html")]
pub(crate) struct ChangePage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) why: String,
    /// The present password was typed a moment ago and is not asked for again.
    pub(crate) is_step: bool,
    pub(crate) user_id: String,
}

impl ChangePage {
    fn new(signed_in: &SignedIn, faults: Faults) -> Self {
        let page = signed_in.page();
        let is_step = is_forced(signed_in);
        Self {
            why: password::why(&page, is_step, &signed_in.account),
            page,
            faults,
            is_step,
            user_id: signed_in.account.user_id.to_string(),
        }
    }
}

fn is_forced(signed_in: &SignedIn) -> bool {
    signed_in.session.stage == Stage::ChangePassword
}

pub(super) async fn show(AnyStage(signed_in): AnyStage) -> Result<HttpResponse, Problem> {
    page::show(&ChangePage::new(&signed_in, Faults::default()))
}

pub(super) async fn send(
    form: Form,
    AnyStage(signed_in): AnyStage,
) -> Result<HttpResponse, Problem> {
    let typed = Typed::of(&form);
    let page = signed_in.page();
    let faults = password::faults_of_typing(&page, is_forced(&signed_in), &typed);
    if !faults.is_empty() {
        return refuse(&signed_in, faults);
    }
    let lock = signed_in.visit.site.config.lock;
    let changed = password::change(
        &signed_in.visit,
        signed_in.session.clone(),
        signed_in.account.clone(),
        typed,
    );
    match changed.await? {
        Ok(token) => {
            let mut reply = page::see_other(path::TOP);
            let cookie = session::cookie(Area::Portal, token.expose().to_owned());
            reply.add_cookie(&cookie).map_err(Problem::internal)?;
            Ok(reply)
        }
        Err(error) => refuse(&signed_in, password::faults_of(&page, lock, error)?),
    }
}

fn refuse(signed_in: &SignedIn, faults: Faults) -> Result<HttpResponse, Problem> {
    page::reply(
        StatusCode::UNPROCESSABLE_ENTITY,
        &ChangePage::new(signed_in, faults),
    )
}
