//! Every certificate: looked for by serial number, user ID or name, newest first.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::domain::certificate::{CertificateStatus, Purpose};
use ca_core::store::certificate_search::{self, Found, Search};
use ca_core::store::listed::Listed;
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::filter::{encoded, search};
use super::pager::{PAGE_ROWS, Pager};
use super::queue::{Choice, Empty};
use super::signed_in::SignedIn;
use crate::page::{self, Page};
use crate::problem::Problem;

/// The list's address.
pub(super) const LIST: &str = "/console/certificates";

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    status: String,
    search: String,
    page: String,
}

/// One certificate in a list.
#[derive(Debug)]
pub(super) struct Row {
    pub serial: String,
    pub subject: String,
    pub purpose: String,
    pub issued: String,
    pub until: String,
    pub status: Status,
}

/// Where a certificate stands, as a coloured word.
#[derive(Debug)]
pub(super) struct Status {
    pub label: String,
    pub class: &'static str,
}

#[derive(Template)]
#[template(path = "console/certificates.html")]
struct CertificatesPage {
    page: Page,
    section: &'static str,
    found: String,
    statuses: Vec<Choice>,
    search: String,
    narrowed: bool,
    rows: Vec<Row>,
    empty: Empty,
    pager: Pager,
}

impl Status {
    pub fn of(
        page: &Page,
        status: CertificateStatus,
        end: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Self {
        let (label, class) = match status {
            CertificateStatus::Revoked => (page.t("certificate-status-revoked"), "failed"),
            CertificateStatus::Held => (page.t("certificate-status-held"), "pending"),
            CertificateStatus::Valid if end < now => {
                (page.t("certificate-status-expired"), "withdrawn")
            }
            CertificateStatus::Valid => (page.t("certificate-status-valid"), "issued"),
        };
        Self { label, class }
    }
}

impl Row {
    pub fn of(page: &Page, found: &Found, now: DateTime<Utc>) -> Self {
        Self {
            serial: found.serial.to_hex(),
            subject: found.subject.clone(),
            purpose: purpose(page, found.purpose),
            issued: page.day(found.issued_at),
            until: page.day(found.not_after),
            status: Status::of(page, found.status, found.not_after, now),
        }
    }
}

/// What a certificate is for, as a word.
pub(super) fn purpose(page: &Page, purpose: Purpose) -> String {
    match purpose {
        Purpose::Client => page.t("certificate-purpose-client"),
        Purpose::Server => page.t("certificate-purpose-server"),
        Purpose::Operator => page.t("certificate-purpose-operator"),
        Purpose::Ocsp => page.t("certificate-purpose-ocsp"),
        Purpose::Audit => page.t("certificate-purpose-audit"),
    }
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let query = query.into_inner();
    let current = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    let asked = Search {
        status: CertificateStatus::try_from(query.status).ok(),
        text: search(&query.search),
    };
    let wanted = asked.clone();
    let found = signed_in.read(move |site| {
        site.store.read(|db| {
            let offset = (current - 1) * PAGE_ROWS;
            certificate_search::page(db, &wanted, offset, PAGE_ROWS)
        })
    });
    page::show(&draw(&signed_in, &asked, current, &found.await?))
}

fn draw(
    signed_in: &SignedIn,
    asked: &Search,
    current: i64,
    found: &Listed<Found>,
) -> CertificatesPage {
    let page = signed_in.page().without(&found.unreadable);
    let status = asked.status.map_or("", CertificateStatus::as_str);
    let text = asked.text.clone().unwrap_or_default();
    let url = |page| {
        format!(
            "{LIST}?status={status}&search={}&page={page}",
            encoded(&text)
        )
    };
    let narrowed = asked.status.is_some() || asked.text.is_some();
    let empty = if narrowed || current > 1 {
        Empty {
            title: page.t("console-empty-filter"),
            next: page.t("console-empty-filter-next"),
        }
    } else {
        Empty {
            title: page.t("certificate-empty"),
            next: page.t("certificate-empty-next"),
        }
    };
    CertificatesPage {
        section: "certificates",
        found: page.with("console-found", [("count", found.total)]),
        statuses: statuses(&page, asked.status),
        narrowed,
        rows: found
            .rows
            .iter()
            .map(|row| Row::of(&page, row, signed_in.now))
            .collect(),
        empty,
        pager: Pager::of(&page, current, found.total, url),
        search: text,
        page,
    }
}

fn statuses(page: &Page, chosen: Option<CertificateStatus>) -> Vec<Choice> {
    let choice = |status: &CertificateStatus| Choice {
        value: status.as_str().to_owned(),
        label: Status::of(
            page,
            *status,
            DateTime::<Utc>::MAX_UTC,
            DateTime::<Utc>::MIN_UTC,
        )
        .label,
        chosen: chosen == Some(*status),
    };
    CertificateStatus::ALL.iter().map(choice).collect()
}
