//! `GET /`: what this is, and three doors in the order a newcomer needs them.

use actix_web::HttpResponse;
use askama::Template;

use crate::help::authority::{self, Root};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "public/top.html")]
pub(crate) struct TopPage {
    pub(crate) page: Page,
    /// Roots before the one in use that are not retired, newest first.
    pub(crate) older: Vec<Root>,
}

pub(super) async fn show(visit: Visit) -> Result<HttpResponse, Problem> {
    let older = authority::roots(&visit).await?.into_iter().skip(1);
    page::show(&TopPage {
        page: visit.page(),
        older: older.collect(),
    })
}
