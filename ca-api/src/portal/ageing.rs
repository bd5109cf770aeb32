//! Right after the login: the password's time ends soon; 「はい」 goes on (J6).

use actix_web::HttpResponse;
use askama::Template;

use super::path;
use super::signed_in::SignedIn;
use super::top::{Warning, password_warning};
use crate::page::{self, Page};
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "portal/ageing.html")]
pub(crate) struct AgeingPage {
    pub(crate) page: Page,
    pub(crate) warning: Warning,
}

pub(super) async fn show(signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    let page = signed_in.page();
    match password_warning(&signed_in, &page) {
        Some(warning) => page::show(&AgeingPage { page, warning }),
        None => Ok(page::see_other(path::TOP)),
    }
}
