//! Why a certificate does not open the portal: what happened, which certificate was shown, the way out.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::portal_admission::Refusal;
use ca_core::store::certificate::Certificate;

use crate::certified::{Certified, Offered};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::visit::Visit;

/// A page of its own for each refusal.
#[derive(Template)]
#[template(path = "portal/refused.html")]
pub(crate) struct RefusedPage {
    pub(crate) page: Page,
    pub(crate) title: String,
    /// What is wrong.
    pub(crate) what: String,
    /// What to do, in order.
    pub(crate) steps: Vec<String>,
    /// Where to go: address and label.
    pub(crate) action: (String, String),
    /// Another way, for some.
    pub(crate) also: Option<(String, String)>,
    /// What the browser showed.
    pub(crate) certificate: Option<Certified>,
    /// From when to when it holds, where that is what is wrong.
    pub(crate) dates: Option<(String, String)>,
    /// The ID that was typed, where it is not the certificate's.
    pub(crate) typed: Option<String>,
}

/// The page, 403: the browser may come back with another certificate.
pub(super) fn reply(
    visit: &Visit,
    refusal: Refusal,
    offered: Offered,
    recorded: Option<&Certificate>,
    typed: Option<String>,
) -> Result<HttpResponse, Problem> {
    let page = refused_page(visit.page(), refusal, offered.0, recorded, typed);
    page::reply(StatusCode::FORBIDDEN, &page)
}

/// What the page says.
pub(crate) fn refused_page(
    page: Page,
    refusal: Refusal,
    certificate: Option<Certified>,
    recorded: Option<&Certificate>,
    typed: Option<String>,
) -> RefusedPage {
    let (title, what) = heading(&page, refusal);
    let is_about_dates = matches!(refusal, Refusal::Expired | Refusal::NotYetValid);
    let dates = recorded
        .filter(|_| is_about_dates)
        .map(|held| (page.moment(held.not_before), page.moment(held.not_after)));
    RefusedPage {
        steps: steps(&page, refusal),
        action: action(&page, refusal),
        also: (refusal == Refusal::NoCertificate).then(|| to_service(&page)),
        title,
        what,
        certificate,
        dates,
        typed,
        page,
    }
}

fn heading(page: &Page, refusal: Refusal) -> (String, String) {
    let (title, what) = match refusal {
        Refusal::NoCertificate => (page.t("refused-none"), page.t("refused-none-what")),
        Refusal::Expired => (page.t("refused-expired"), page.t("refused-expired-what")),
        Refusal::NotYetValid => (page.t("refused-early"), page.t("refused-early-what")),
        Refusal::Revoked => (page.t("refused-revoked"), page.t("refused-revoked-what")),
        Refusal::Held => (page.t("refused-held"), page.t("refused-held-what")),
        Refusal::Disabled => (page.t("refused-disabled"), page.t("refused-disabled-what")),
        Refusal::OtherAccount => (page.t("refused-other"), page.t("refused-other-what")),
        // The login page itself says these two; a certificate is never the reason.
        Refusal::Unknown | Refusal::Locked | Refusal::WrongPassword => {
            (page.t("refused-unknown"), page.t("refused-unknown-what"))
        }
    };
    (title, what)
}

fn steps(page: &Page, refusal: Refusal) -> Vec<String> {
    match refusal {
        Refusal::NoCertificate => vec![
            page.t("refused-step-import"),
            page.t("refused-step-ended"),
            page.t("refused-step-close"),
            page.t("refused-step-choose"),
        ],
        Refusal::Expired => vec![
            page.t("refused-step-newer"),
            page.t("refused-step-apply"),
            page.t("refused-step-import"),
            page.t("refused-step-close"),
        ],
        Refusal::NotYetValid => vec![
            page.t("refused-step-clock"),
            page.t("refused-step-older"),
            page.t("refused-step-close"),
        ],
        Refusal::Revoked => vec![
            page.t("refused-step-newer"),
            page.t("refused-step-apply"),
            page.t("refused-step-reissued"),
        ],
        Refusal::Held | Refusal::Disabled => vec![page.t("refused-step-ask")],
        Refusal::OtherAccount => vec![
            page.t("refused-step-same"),
            page.t("refused-step-close"),
            page.t("refused-step-choose-other"),
        ],
        Refusal::Unknown | Refusal::Locked | Refusal::WrongPassword => vec![
            page.t("refused-step-close"),
            page.t("refused-step-choose-other"),
            page.t("refused-step-ask"),
        ],
    }
}

/// The application needs no certificate.
fn to_service(page: &Page) -> (String, String) {
    let service = format!("{}service", page.public_url);
    (service, page.t("refused-to-service"))
}

fn action(page: &Page, refusal: Refusal) -> (String, String) {
    match refusal {
        Refusal::NoCertificate => (
            format!("{}help/client", page.public_url),
            page.t("refused-to-guide"),
        ),
        Refusal::Expired | Refusal::Revoked => to_service(page),
        Refusal::OtherAccount => (super::path::LOGIN.to_owned(), page.t("refused-to-login")),
        _ => (page.public_url.clone(), page.t("problem-to-top")),
    }
}
