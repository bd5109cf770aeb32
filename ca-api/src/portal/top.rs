//! The portal's first page: who is in, what needs attention, what may be opened.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use ca_core::domain::password::PasswordAge;

use super::functions::{self, Functions};
use super::renewal;
use super::signed_in::SignedIn;
use super::{onward, path};
use crate::page::{self, Page};
use crate::problem::Problem;

/// Something that should be done soon, on top of the page.
#[derive(Debug, Clone)]
pub(crate) struct Warning {
    /// What is the matter.
    pub(crate) title: String,
    /// Until when, and what happens then.
    pub(crate) text: String,
    /// Where it is done, and what the button reads.
    pub(crate) action: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "portal/top.html")]
pub(crate) struct TopPage {
    pub(crate) page: Page,
    pub(crate) name: String,
    pub(crate) warnings: Vec<Warning>,
    pub(crate) valid_until: String,
    pub(crate) functions: Functions,
}

pub(super) async fn show(
    request: HttpRequest,
    signed_in: SignedIn,
) -> Result<HttpResponse, Problem> {
    if let Some(onward) = onward::follow(&request, &signed_in.visit.site)? {
        return Ok(onward);
    }
    let renewal = renewal::warning(&signed_in).await?;
    let page = signed_in.page();
    let functions = functions::of(&signed_in, &page).await?;
    page::show(&TopPage {
        functions,
        name: signed_in.account.name.clone(),
        warnings: warnings(&signed_in, &page, renewal),
        valid_until: page.moment(signed_in.certificate.not_after),
        page,
    })
}

/// What needs attention, the most pressing first.
fn warnings(signed_in: &SignedIn, page: &Page, renewal: Option<Warning>) -> Vec<Warning> {
    renewal
        .into_iter()
        .chain(password_warning(signed_in, page))
        .collect()
}

/// The login password's end, once it is near (J6).
pub(super) fn password_warning(signed_in: &SignedIn, page: &Page) -> Option<Warning> {
    let ageing = signed_in.visit.site.config.password.ageing();
    let changed_at = signed_in.account.login_password_changed_at;
    let PasswordAge::Warned { ends_at } = ageing.age(changed_at, signed_in.now) else {
        return None;
    };
    Some(Warning {
        title: page.t("portal-ageing-title"),
        text: page.with("portal-ageing-text", [("until", page.moment(ends_at))]),
        action: Some((path::PASSWORD.to_owned(), page.t("portal-ageing-change"))),
    })
}
