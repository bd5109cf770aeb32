//! The register, to look things up: who is there, whose login is locked, until when certificates hold.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::domain::account::AccountStatus;
use ca_core::domain::search::SearchText;
use ca_core::domain::session::TryScope;
use ca_core::store::account::{self, Account};
use ca_core::store::listed::Listed;
use ca_core::store::{Db, StoreResult, certificate_search, try_counter};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::filter::{encoded, search};
use super::pager::{PAGE_ROWS, Pager};
use super::queue::{Choice, Empty, class_choices};
use super::signed_in::SignedIn;
use super::{when, words};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    class: String,
    search: String,
    page: String,
}

/// The same, read.
#[derive(Debug, Clone)]
struct Filter {
    class: Option<String>,
    search: Option<String>,
    page: i64,
}

/// One account in the list.
#[derive(Debug)]
struct Row {
    user_id: String,
    name: String,
    class: String,
    /// It runs community-support services, by which the access matrix decides.
    community: bool,
    mail: Option<String>,
    certificate: Option<String>,
    status: String,
    status_class: &'static str,
    flags: Vec<String>,
}

/// What the store says about one account.
struct Held {
    account: Account,
    certificate_until: Option<DateTime<Utc>>,
    login_lock: Option<DateTime<Utc>>,
    gate_lock: Option<DateTime<Utc>>,
}

#[derive(Template)]
#[template(path = "console/accounts.html")]
struct AccountsPage {
    page: Page,
    section: &'static str,
    found: String,
    classes: Vec<Choice>,
    search: String,
    narrowed: bool,
    rows: Vec<Row>,
    empty: Empty,
    pager: Pager,
}

impl From<Query> for Filter {
    fn from(query: Query) -> Self {
        let page = query.page.parse().unwrap_or(1);
        Self {
            class: Some(query.class).filter(|class| !class.is_empty()),
            search: search(&query.search),
            page: i64::clamp(page, 1, 10_000),
        }
    }
}

impl Filter {
    fn lets(&self, account: &Account) -> bool {
        let class = self.class.as_deref();
        let class = class.is_none_or(|letters| account.user_id.letters() == letters);
        let text = self.search.as_deref().and_then(SearchText::parse);
        class && text.is_none_or(|text| text.finds(account.user_id.as_str(), &account.name))
    }

    fn url(&self, page: i64) -> String {
        let class = encoded(self.class.as_deref().unwrap_or_default());
        let search = encoded(self.search.as_deref().unwrap_or_default());
        format!("/console/accounts?class={class}&search={search}&page={page}")
    }
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let filter = Filter::from(query.into_inner());
    let (asked, now) = (filter.clone(), signed_in.now);
    let found = signed_in.read(move |site| find(site, &asked, now));
    page::show(&draw(&signed_in, &filter, &found.await?))
}

/// Accounts that cannot be read are named on every page: what they would be looked for by cannot be read either.
fn find(site: &Site, filter: &Filter, now: DateTime<Utc>) -> StoreResult<Listed<Held>> {
    site.store.read(|db| {
        let all = account::list(db)?;
        let chosen: Vec<Account> = all
            .rows
            .into_iter()
            .filter(|own| filter.lets(own))
            .collect();
        let total = i64::try_from(chosen.len()).unwrap_or(i64::MAX);
        let skipped = usize::try_from((filter.page - 1) * PAGE_ROWS).unwrap_or(usize::MAX);
        let rows = usize::try_from(PAGE_ROWS).unwrap_or(usize::MAX);
        let shown = chosen.into_iter().skip(skipped).take(rows);
        let shown = Listed {
            rows: shown.collect(),
            unreadable: all.unreadable,
            total,
        };
        let name = |own: &Account| format!("account:{}", own.user_id);
        shown.with(db, name, |db, own| hold(db, own, now))
    })
}

fn hold(db: &mut Db, account: Account, now: DateTime<Utc>) -> StoreResult<Held> {
    let mut lock = |scope| -> StoreResult<Option<DateTime<Utc>>> {
        let counter = try_counter::find(db, scope, account.user_id.as_str())?;
        Ok(counter.and_then(|counter| counter.lock_at(now)))
    };
    let (login_lock, gate_lock) = (lock(TryScope::Login)?, lock(TryScope::Issuance)?);
    Ok(Held {
        certificate_until: certificate_search::holds_until(db, account.id, now)?,
        login_lock,
        gate_lock,
        account,
    })
}

fn draw(signed_in: &SignedIn, filter: &Filter, found: &Listed<Held>) -> AccountsPage {
    let page = signed_in.page().without(&found.unreadable);
    let classes = &signed_in.visit.site.classes;
    let narrowed = filter.class.is_some() || filter.search.is_some();
    let row = |held: &Held| Row {
        user_id: held.account.user_id.to_string(),
        community: held.account.community_support,
        name: held.account.name.clone(),
        class: words::class(&page, classes, &held.account.user_id),
        mail: held.account.mail_address.clone(),
        certificate: held.certificate_until.map(|until| page.day(until)),
        status: status(&page, held.account.status),
        status_class: match held.account.status {
            AccountStatus::Active => "issued",
            _ => "rejected",
        },
        flags: flags(&page, held),
    };
    AccountsPage {
        section: "accounts",
        found: page.with("console-found", [("count", found.total)]),
        classes: class_choices(&page, classes, filter.class.as_deref()),
        search: filter.search.clone().unwrap_or_default(),
        narrowed,
        rows: found.rows.iter().map(row).collect(),
        empty: empty(&page, narrowed || filter.page > 1),
        pager: Pager::of(&page, filter.page, found.total, |page| filter.url(page)),
        page,
    }
}

fn status(page: &Page, status: AccountStatus) -> String {
    match status {
        AccountStatus::Active => page.t("console-account-active"),
        _ => page.t("console-account-disabled"),
    }
}

fn flags(page: &Page, held: &Held) -> Vec<String> {
    let mut flags = Vec::new();
    if let Some(until) = held.login_lock {
        let until = when::short(page, until);
        flags.push(page.with("console-flag-locked", [("until", until)]));
    }
    if let Some(until) = held.gate_lock {
        let until = when::short(page, until);
        flags.push(page.with("console-flag-gate-locked", [("until", until)]));
    }
    if held.account.letter_due {
        flags.push(page.t("console-flag-letter-due"));
    }
    flags
}

fn empty(page: &Page, narrowed: bool) -> Empty {
    if narrowed {
        Empty {
            title: page.t("console-empty-filter"),
            next: page.t("console-empty-filter-next"),
        }
    } else {
        Empty {
            title: page.t("console-empty-accounts"),
            next: page.t("console-empty-accounts-next"),
        }
    }
}
