//! Who fetched a certificate and never opened the portal with it: whom to telephone.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::store::account::Account;
use ca_core::store::certificate::Certificate;
use ca_core::store::certificate_use;
use chrono::TimeDelta;
use serde::Deserialize;

use super::pager::{PAGE_ROWS, Pager};
use super::queue::Choice;
use super::signed_in::SignedIn;
use super::when;
use crate::page::{self, Page};
use crate::problem::Problem;

const LIST: &str = "/console/unused";
/// Fetched so many days ago, or longer.
const AGES: [i64; 5] = [0, 7, 14, 30, 90];

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
    fetched: String,
    ago: String,
    times: i64,
    installed: Option<String>,
    until: String,
}

#[derive(Template)]
#[template(path = "console/unused.html")]
struct UnusedPage {
    page: Page,
    section: &'static str,
    ages: Vec<Choice>,
    rows: Vec<Row>,
    pager: Pager,
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let current: i64 = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    let asked: i64 = query.days.parse().unwrap_or(0);
    let days = AGES.into_iter().find(|own| *own == asked).unwrap_or(0);
    let now = signed_in.now;
    let found = signed_in.read(move |site| {
        site.store.read(|db| {
            let before = now - TimeDelta::days(days);
            let offset = (current - 1) * PAGE_ROWS;
            certificate_use::list_unused(db, before, now, offset, PAGE_ROWS)
        })
    });
    let found = found.await?;
    let page = signed_in.page().without(&found.unreadable);
    let age = |own: i64| Choice {
        value: own.to_string(),
        label: page.with("unused-days", [("days", own)]),
        chosen: own == days,
    };
    let url = |page: i64| format!("{LIST}?days={days}&page={page}");
    page::show(&UnusedPage {
        section: "unused",
        ages: AGES.into_iter().map(age).collect(),
        rows: found
            .rows
            .iter()
            .map(|(held, account)| row(&signed_in, &page, held, account))
            .collect(),
        pager: Pager::of(&page, current, found.total, url),
        page,
    })
}

fn row(signed_in: &SignedIn, page: &Page, held: &Certificate, account: &Account) -> Row {
    let fetched = held.first_downloaded_at.unwrap_or(held.issued_at);
    Row {
        user_id: account.user_id.to_string(),
        name: account.name.clone(),
        mail: account.mail_address.clone(),
        fetched: page.day(fetched),
        ago: when::ago(page, fetched, signed_in.now),
        times: held.download_count,
        installed: held.installed_at.map(|at| page.day(at)),
        until: page.day(held.not_after),
    }
}
