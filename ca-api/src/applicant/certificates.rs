//! My certificates (J2.5): who I am, what I applied for, what I may download.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::web::Data;
use askama::Template;
use ca_core::flow::submit_request::renewable_from;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::request::{self, Request};
use ca_core::store::{Store, StoreError, worker_status};
use chrono::{DateTime, TimeDelta, Utc};

use super::card::{CertificateCard, cards};
use super::holder::{Holder, Inside};
use super::path;
use super::progress::RequestCard;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;
use crate::work;

#[derive(Template)]
#[template(path = "applicant/certificates.html")]
pub(crate) struct CertificatesPage {
    pub(crate) page: Page,
    pub(crate) request: Option<RequestCard>,
    pub(crate) apply: Apply,
    pub(crate) current: Vec<CertificateCard>,
    pub(crate) past: Vec<CertificateCard>,
    pub(crate) user_id: String,
    pub(crate) name: String,
    pub(crate) mail: Option<String>,
}

/// Whether a request may be sent now, and how the page offers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Apply {
    /// A request is open.
    Waiting,
    /// Nothing valid is held: the page's one action.
    First,
    /// What is held ends soon: the page's one action.
    Soon,
    /// What is held is valid for long; the text says from when the next can be had.
    Later(String),
}

impl Apply {
    fn of(page: &Page, held: &Held, now: DateTime<Utc>) -> Self {
        if held.requests.iter().any(|request| request.state.is_open()) {
            return Self::Waiting;
        }
        match renewable_from(&held.certificates, now) {
            Some(from) => Self::Later(page.with("my-apply-from", [("from", page.day(from))])),
            None if held.certificates.iter().any(|held| held.holds_at(now)) => Self::Soon,
            None => Self::First,
        }
    }

    pub(crate) fn is_first(&self) -> bool {
        *self == Self::First
    }
}

/// All that an account holds and asked for, newest first.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) requests: Vec<Request>,
    pub(crate) certificates: Vec<Certificate>,
    /// Whether nothing can be signed now, for nobody.
    pub(crate) signer_away: bool,
    /// How long a file is kept after the first login at the portal; none for until its certificate ends.
    pub(crate) kept: Option<TimeDelta>,
}

impl Held {
    /// Reads it.
    pub(crate) async fn of(holder: &Holder) -> Result<Self, Problem> {
        let site = Data::from(Arc::clone(&holder.visit.site));
        let (account, now) = (holder.account.id, site.clock.now());
        work::read(&site, move |site: &Site| {
            let kept = site.config.pkcs12.kept_after_first_login();
            Self::read(&site.store, account, kept, now)
        })
        .await
    }

    fn read(
        store: &Store,
        account: i64,
        kept: Option<TimeDelta>,
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        store.read(|db| {
            Ok(Self {
                requests: request::of_account(db, account)?,
                certificates: certificate::of_account(db, account)?,
                signer_away: worker_status::is_signer_away(db, now)?,
                kept,
            })
        })
    }
}

impl CertificatesPage {
    /// The page as it stands at `now`.
    pub(crate) fn of(
        page: Page,
        account: &ca_core::store::account::Account,
        held: &Held,
        now: DateTime<Utc>,
    ) -> Self {
        let apply = Apply::of(&page, held, now);
        let (mut current, past) = cards(&page, held, &account.user_id, now);
        if let Some(newest) = current.first_mut() {
            newest.is_first = apply != Apply::Soon;
        }
        let newest = held.requests.first();
        Self {
            request: newest
                .and_then(|request| RequestCard::of(&page, request, held.signer_away, now)),
            apply,
            current,
            past,
            user_id: account.user_id.to_string(),
            name: account.name.clone(),
            mail: account.mail_address.clone(),
            page,
        }
    }
}

pub(super) async fn show(Inside(holder): Inside) -> Result<HttpResponse, Problem> {
    let held = Held::of(&holder).await?;
    let now = holder.visit.site.clock.now();
    page::show(&CertificatesPage::of(
        holder.page(),
        &holder.account,
        &held,
        now,
    ))
}

/// Whoever reloads after a download that failed comes back here.
pub(super) async fn back() -> HttpResponse {
    page::see_other(path::CERTIFICATES)
}
