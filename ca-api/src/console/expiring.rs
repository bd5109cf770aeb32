//! Certificates that end soon and have no successor: the list, the same as CSV, and a chart by month.

mod chart;
mod table;

use actix_web::HttpResponse;
use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use actix_web::web;
use askama::Template;
use ca_core::domain::time::iso_datetime;
use ca_core::store::account::Account;
use ca_core::store::expiring::{self, Ending, Span};
use ca_core::store::listed::Listed;
use ca_core::store::{StoreError, StoreResult};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use super::pager::{PAGE_ROWS, Pager};
use super::signed_in::SignedIn;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

use chart::{Bar, bars};

/// Days that the list looks ahead, as the page offers them.
const CHOICES: [u32; 5] = [7, 30, 60, 90, 365];
/// What it looks ahead when nothing was chosen.
const USUAL: u32 = 30;
/// Most rows of the CSV.
const MOST_ROWS: i64 = 100_000;

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    days: String,
    page: String,
}

/// One certificate in the list.
#[derive(Debug)]
struct Row {
    user_id: String,
    name: String,
    mail: Option<String>,
    until: String,
    left: String,
    near: bool,
}

/// One span on offer.
#[derive(Debug)]
struct Choice {
    days: u32,
    label: String,
    chosen: bool,
}

#[derive(Template)]
#[template(path = "console/expiring.html")]
struct ExpiringPage {
    page: Page,
    section: &'static str,
    days: u32,
    found: String,
    choices: Vec<Choice>,
    bars: Vec<Bar>,
    rows: Vec<Row>,
    pager: Pager,
}

/// What the store says.
struct Found {
    listed: Listed<(Ending, Account)>,
    ends: Vec<DateTime<Utc>>,
}

impl Query {
    fn days(&self) -> u32 {
        let days = self.days.parse().unwrap_or(USUAL);
        days.clamp(1, 3_650)
    }
}

/// The span of so many days from `now`.
pub(super) fn ahead(now: DateTime<Utc>, days: u32) -> Span {
    Span {
        from: now,
        until: now + TimeDelta::days(i64::from(days)),
    }
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let days = query.days();
    let current = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    let now = signed_in.now;
    let found = signed_in.read(move |site| find(site, now, days, current));
    let found = found.await?;
    let listed = &found.listed;
    let page = signed_in.page().without(&listed.unreadable);
    let url = |page: i64| format!("/console/expiring?days={days}&page={page}");
    let choice = |own: u32| Choice {
        days: own,
        label: page.with("expiring-days", [("days", own)]),
        chosen: own == days,
    };
    page::show(&ExpiringPage {
        section: "expiring",
        days,
        found: page.with("console-found", [("count", listed.total)]),
        choices: CHOICES.into_iter().map(choice).collect(),
        bars: bars(&page, &found.ends, now),
        rows: listed.rows.iter().map(|one| row(&page, one, now)).collect(),
        pager: Pager::of(&page, current, listed.total, url),
        page,
    })
}

fn find(site: &Site, now: DateTime<Utc>, days: u32, current: i64) -> StoreResult<Found> {
    site.store.read(|db| {
        let span = ahead(now, days);
        Ok::<_, StoreError>(Found {
            listed: expiring::list(db, span, (current - 1) * PAGE_ROWS, PAGE_ROWS)?,
            ends: expiring::ends(db, ahead(now, 366))?,
        })
    })
}

fn row(page: &Page, (ending, account): &(Ending, Account), now: DateTime<Utc>) -> Row {
    let left = (ending.not_after - now).num_days();
    Row {
        user_id: account.user_id.to_string(),
        name: account.name.clone(),
        mail: account.mail_address.clone(),
        until: page.moment(ending.not_after),
        left: page.with("expiring-left", [("days", left)]),
        near: left < 7,
    }
}

/// The whole list as CSV (RFC 4180, UTF-8 with a mark that Excel wants).
pub(super) async fn csv(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let span = ahead(signed_in.now, query.days());
    let list = move |site: &Site| site.store.read(|db| expiring::list(db, span, 0, MOST_ROWS));
    let found: Listed<(Ending, Account)> = signed_in.read(list).await?;
    let rows = found.rows.iter().map(|(ending, account)| {
        [
            account.user_id.to_string(),
            account.name.clone(),
            account.mail_address.clone().unwrap_or_default(),
            format!(
                "〒{} {}",
                account.postal_code,
                account.address_lines().collect::<Vec<_>>().join(" ")
            ),
            iso_datetime(ending.not_after),
            ending.serial.to_hex(),
        ]
    });
    let head = [
        "user_id",
        "name",
        "mail_address",
        "address",
        "valid_until",
        "serial",
    ];
    // Whoever reads the file alone must see that somebody is missing in it.
    let lost = found.unreadable.iter();
    let lost = lost.map(|name| ["", "!", "", "", "", name].map(str::to_owned));
    let body = table::written(&head, rows.chain(lost));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/csv; charset=utf-8"))
        .insert_header((CONTENT_DISPOSITION, "attachment; filename=\"expiring.csv\""))
        .body(body))
}
