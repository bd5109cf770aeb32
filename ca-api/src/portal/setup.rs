//! 「設定の確認」: whether this PC has the root and an own certificate in place, without a login.
//!
//! It is a GET and safe: what it writes, once and for ever the same, is when the certificate was first shown by a
//! browser that proved to hold its key (docs/decisions/check-page.md).

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use ca_core::flow::judge_certificate::judge_certificate;
use ca_core::flow::note_installed::note_installed;
use ca_core::store::StoreError;

use super::refusal::refused_page;
use crate::certified::Offered;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;
use crate::visit::Visit;
use crate::work;

/// What is wrong with the certificate, and the way out.
#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) title: String,
    pub(crate) what: String,
    pub(crate) steps: Vec<String>,
}

#[derive(Template)]
#[template(path = "portal/setup.html")]
pub(crate) struct SetupPage {
    pub(crate) page: Page,
    /// The ID in the certificate, as the browser offered it.
    pub(crate) offered: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) thumbprint: Option<String>,
    pub(crate) missing: Option<Missing>,
}

pub(super) async fn show(visit: Visit, offered: Offered) -> Result<HttpResponse, Problem> {
    let site: Data<Site> = Data::from(Arc::clone(&visit.site));
    let (presented, now) = (offered.presented(), site.clock.now());
    let looked = work::read(&site, move |site: &Site| {
        let judged = judge_certificate(&site.store, &presented)?;
        let verdict = judged.shown.owner(now).map(drop);
        if let (Ok(()), Some(held)) = (verdict, &judged.certificate) {
            note_installed(&site.store, held, now)?;
        }
        Ok::<_, StoreError>((verdict, judged.certificate))
    });
    let (verdict, recorded) = looked.await?;
    let page = visit.page();
    let missing = verdict.err().map(|refusal| {
        let named = page.clone();
        let told = refused_page(named, refusal, None, recorded.as_ref(), None);
        Missing {
            title: told.title,
            what: told.what,
            steps: told.steps,
        }
    });
    // Of a certificate whose key does not fit its record nothing is told.
    let known = recorded.filter(|_| verdict.is_ok());
    page::show(&SetupPage {
        offered: offered.0.map(|certified| certified.subject),
        until: known.as_ref().map(|held| page.moment(held.not_after)),
        thumbprint: known.map(|held| held.sha1_thumbprint),
        missing,
        page,
    })
}
