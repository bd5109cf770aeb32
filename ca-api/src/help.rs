//! The guides: importing the root, comparing its thumbprint, the certificate error, importing one's own certificate.

use actix_web::HttpResponse;
use actix_web::web::{self, ServiceConfig};
use askama::Template;

use crate::asset::Asset;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::visit::Visit;

pub(crate) mod authority;
mod guide;
mod picture;
mod thumbprint;
mod typed;

use picture::Picture;

/// Files that the guides link to.
pub const ASSETS: &[Asset] = &[Asset::css("help.css", include_bytes!("../assets/help.css"))];

/// Adds the guides to every listener: who sees the certificate error must be able to read about it.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/help", web::get().to(index))
        .route("/help/root", web::get().to(guide::root))
        .route("/help/client", web::get().to(guide::client))
        .route("/help/error", web::get().to(error))
        .route("/help/thumbprint", web::get().to(thumbprint::show))
        .route("/help/letter", web::get().to(letter))
        .route(
            "/help/picture/{language}/{name}.svg",
            web::get().to(picture::draw),
        );
}

#[derive(Template)]
#[template(path = "help/index.html")]
struct IndexPage {
    page: Page,
}

#[derive(Template)]
#[template(path = "help/error.html")]
struct ErrorPage {
    page: Page,
    picture: Picture,
}

#[derive(Template)]
#[template(path = "help/letter.html")]
struct LetterPage {
    page: Page,
    picture: Picture,
}

async fn index(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&IndexPage { page: visit.page() })
}

async fn error(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&ErrorPage {
        page: visit.page(),
        picture: Picture::BrowserError,
    })
}

async fn letter(visit: Visit) -> Result<HttpResponse, Problem> {
    page::show(&LetterPage {
        page: visit.page(),
        picture: Picture::Letter,
    })
}

#[cfg(test)]
mod tests;
