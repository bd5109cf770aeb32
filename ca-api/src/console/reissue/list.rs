//! The list: those that wait, oldest first; those that are decided, newest first.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::domain::reissue::{ReissueId, ReissueState};
use ca_core::store::account;
use ca_core::store::listed::Listed;
use ca_core::store::reissue::{self, Reissue};
use ca_core::store::{StoreError, StoreResult};
use serde::Deserialize;

use super::word::StateWord;
use crate::applicant::reissue::lost_label;
use crate::console::pager::{PAGE_ROWS, Pager};
use crate::console::signed_in::SignedIn;
use crate::console::when;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Query {
    state: String,
    page: String,
}

/// One application in the list.
#[derive(Debug)]
struct Row {
    id: ReissueId,
    user_id: String,
    /// The registered name, or that there is no such ID.
    name: String,
    known: bool,
    office_name: String,
    person: String,
    lost: String,
    since: String,
    waited: String,
    state: StateWord,
    decided: Option<String>,
}

#[derive(Template)]
#[template(path = "console/reissues.html")]
struct ReissuesPage {
    page: Page,
    section: &'static str,
    waiting: bool,
    count: i64,
    found: String,
    rows: Vec<Row>,
    pager: Pager,
}

/// What the store says.
struct Found {
    listed: Listed<(Reissue, Option<String>)>,
    waiting: i64,
}

pub(in crate::console) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let waiting = query.state != "decided";
    let current = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    let found = signed_in.read(move |site| find(site, waiting, current));
    let found = found.await?;
    let listed = found.listed;
    let page = signed_in.page().without(&listed.unreadable);
    let state = if waiting { "waiting" } else { "decided" };
    let url = |page: i64| format!("/console/reissues?state={state}&page={page}");
    let rows = listed.rows.into_iter();
    page::show(&ReissuesPage {
        section: "reissues",
        waiting,
        count: found.waiting,
        found: page.with("console-found", [("count", listed.total)]),
        rows: rows
            .map(|(applied, name)| row(&page, &signed_in, applied, name))
            .collect(),
        pager: Pager::of(&page, current, listed.total, url),
        page,
    })
}

fn find(site: &Site, waiting: bool, current: i64) -> StoreResult<Found> {
    site.store.read(|db| {
        let offset = (current - 1) * PAGE_ROWS;
        let applied = reissue::list(db, waiting, offset, PAGE_ROWS)?;
        let name = |one: &Reissue| format!("reissue:{}", one.id);
        let listed = applied.with(db, name, |db, one| {
            let account = account::find(db, &one.user_id)?;
            Ok((one, account.map(|account| account.name)))
        })?;
        Ok::<_, StoreError>(Found {
            listed,
            waiting: reissue::count(db, ReissueState::Waiting)?,
        })
    })
}

fn row(page: &Page, signed_in: &SignedIn, applied: Reissue, name: Option<String>) -> Row {
    Row {
        user_id: applied.user_id.to_string(),
        known: name.is_some(),
        name: name.unwrap_or_else(|| page.t("reissues-no-such-id")),
        lost: lost_label(page, applied.lost),
        since: when::short(page, applied.submitted_at),
        waited: when::ago(page, applied.submitted_at, signed_in.now),
        state: StateWord(applied.state),
        decided: applied.decided_by.as_ref().map(|by| {
            let at = applied.decided_at.map(|at| when::short(page, at));
            format!("{} {by}", at.unwrap_or_default())
        }),
        id: applied.id,
        office_name: applied.office_name,
        person: applied.person,
    }
}
