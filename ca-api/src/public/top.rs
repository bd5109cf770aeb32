//! `GET /`: what this is, and three doors in the order a newcomer needs them.

use actix_web::HttpResponse;
use askama::Template;

use crate::page::{self, Page};
use crate::problem::Problem;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "public/top.html")]
pub(crate) struct TopPage {
    pub(crate) page: Page,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&TopPage { page: visit.page() })
}
