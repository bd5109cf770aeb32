//! The account's certificates as the portal shows them: state, end, thumbprint, downloads, whether installed.

use actix_web::HttpResponse;
use askama::Template;
use ca_core::store::certificate;

use super::signed_in::SignedIn;
use crate::applicant::card::CertificateCard;
use crate::page::{self, Page};
use crate::problem::Problem;

/// One certificate with what only the portal knows.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) card: CertificateCard,
    pub(crate) installed: Option<String>,
    pub(crate) first_login: Option<String>,
    /// This browser shows it now.
    pub(crate) is_this: bool,
}

#[derive(Template)]
#[template(path = "portal/certificates.html")]
pub(crate) struct CertificatesPage {
    pub(crate) page: Page,
    pub(crate) rows: Vec<Row>,
}

pub(super) async fn show(signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    let id = signed_in.account.id;
    let found = signed_in.read(move |site| site.store.read(|db| certificate::of_account(db, id)));
    let held = found.await?;
    let page = signed_in.page();
    let valid = held.iter().filter(|one| one.will_hold(signed_in.now));
    let newest = valid.map(|one| one.not_after).max();
    let row = |one: &certificate::Certificate| Row {
        card: CertificateCard::of(
            &page,
            one,
            &signed_in.account.user_id,
            newest,
            None,
            signed_in.now,
        ),
        installed: one.installed_at.map(|at| page.moment(at)),
        first_login: one.first_portal_login_at.map(|at| page.moment(at)),
        is_this: one.serial == signed_in.certificate.serial,
    };
    let rows = held.iter().map(row).collect();
    page::show(&CertificatesPage { rows, page })
}
