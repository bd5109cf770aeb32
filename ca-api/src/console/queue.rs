//! The queue: what waits, oldest first, with its filter in the address.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::domain::request::{RequestKind, RequestState};
use ca_core::domain::user_id::Classes;
use ca_core::store::account::Account;
use ca_core::store::listed::Listed;
use ca_core::store::request::{self, Request};
use ca_core::store::{StoreError, StoreResult};

use super::filter::{Filter, Query};
use super::pager::{PAGE_ROWS, Pager};
use super::row::{Light, Row};
use super::signed_in::SignedIn;
use super::words::{self, StateWord};
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// States in the order of the tabs: what asks for a person first.
const TABS: [RequestState; 7] = [
    RequestState::Pending,
    RequestState::Failed,
    RequestState::Approved,
    RequestState::Signing,
    RequestState::Issued,
    RequestState::Rejected,
    RequestState::Withdrawn,
];

/// A tab with its count.
#[derive(Debug)]
struct Tab {
    label: String,
    count: i64,
    url: String,
    current: bool,
    alarming: bool,
}

/// One choice of a menu.
#[derive(Debug)]
pub(super) struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// The filter as its form shows it.
#[derive(Debug)]
struct Chosen {
    state: RequestState,
    search: String,
    narrowed: bool,
}

/// What an empty list says.
#[derive(Debug)]
pub(super) struct Empty {
    /// That there is nothing.
    pub title: String,
    /// What to do, or that there is nothing to do.
    pub next: String,
}

#[derive(Template)]
#[template(path = "console/queue.html")]
struct QueuePage {
    page: Page,
    section: &'static str,
    found: String,
    tabs: Vec<Tab>,
    filter: Chosen,
    classes: Vec<Choice>,
    kinds: Vec<Choice>,
    rows: Vec<Row>,
    empty: Empty,
    decidable: bool,
    all_picked: bool,
    pick_all_url: String,
    pick_none_url: String,
    here: String,
    pager: Pager,
}

/// What the store says about the queue.
struct Found {
    counts: Vec<(RequestState, i64)>,
    listed: Listed<(Request, Account)>,
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let filter = Filter::from(query.into_inner());
    let asked = filter.clone();
    let found = signed_in.read(move |site| find(site, &asked)).await?;
    page::show(&draw(&signed_in, &filter, &found))
}

fn find(site: &Site, filter: &Filter) -> StoreResult<Found> {
    let offset = (filter.page - 1) * PAGE_ROWS;
    site.store.read(|db| {
        Ok::<_, StoreError>(Found {
            listed: request::list(db, &filter.for_store(), offset, PAGE_ROWS)?,
            counts: request::count_by_state(db)?,
        })
    })
}

fn draw(signed_in: &SignedIn, filter: &Filter, found: &Found) -> QueuePage {
    let page = signed_in.page().without(&found.listed.unreadable);
    let classes = &signed_in.visit.site.classes;
    let light = Light {
        page: &page,
        operator: &signed_in.operator,
        classes,
        profile: &signed_in.visit.site.profile,
        now: signed_in.now,
    };
    let listed = &found.listed;
    let rows: Vec<Row> = listed
        .rows
        .iter()
        .map(|(request, account)| Row::of(request, account, light))
        .collect();
    QueuePage {
        section: "requests",
        found: page.with("console-found", [("count", listed.total)]),
        tabs: tabs(&page, filter, &found.counts),
        filter: Chosen {
            state: filter.state,
            search: filter.search.clone().unwrap_or_default(),
            narrowed: filter.is_narrowed(),
        },
        classes: class_choices(&page, classes, filter.class.as_deref()),
        kinds: kind_choices(&page, filter.kind),
        empty: empty(&page, filter),
        decidable: filter.state == RequestState::Pending && !rows.is_empty(),
        all_picked: filter.pick_all,
        pick_all_url: filter.picking(true).url(),
        pick_none_url: filter.picking(false).url(),
        here: filter.picking(false).url(),
        pager: Pager::of(&page, filter.page, listed.total, |n| {
            filter.on_page(n).url()
        }),
        rows,
        page,
    }
}

fn tabs(page: &Page, filter: &Filter, counts: &[(RequestState, i64)]) -> Vec<Tab> {
    let count = |state| {
        let found = counts.iter().find(|(own, _)| *own == state);
        found.map_or(0, |(_, count)| *count)
    };
    let tab = |state| Tab {
        label: StateWord(state).label(page),
        count: count(state),
        url: filter.in_state(state).url(),
        current: state == filter.state,
        alarming: state == RequestState::Failed && count(state) > 0,
    };
    TABS.into_iter().map(tab).collect()
}

/// The menu of classes.
pub(super) fn class_choices(page: &Page, classes: &Classes, chosen: Option<&str>) -> Vec<Choice> {
    let choice = |class: &ca_core::domain::user_id::Class| {
        let name = words::class_name(page, &class.name, &class.name_en);
        Choice {
            value: class.letters.clone(),
            label: format!("{} {name}", class.letters),
            chosen: chosen == Some(class.letters.as_str()),
        }
    };
    classes.iter().map(choice).collect()
}

fn kind_choices(page: &Page, chosen: Option<RequestKind>) -> Vec<Choice> {
    let choice = |kind: &RequestKind| Choice {
        value: kind.as_str().to_owned(),
        label: words::kind(page, *kind),
        chosen: chosen == Some(*kind),
    };
    RequestKind::ALL.iter().map(choice).collect()
}

fn empty(page: &Page, filter: &Filter) -> Empty {
    let (title, next) = if filter.is_narrowed() || filter.page > 1 {
        (
            page.t("console-empty-filter"),
            page.t("console-empty-filter-next"),
        )
    } else if filter.state == RequestState::Pending {
        (
            page.t("console-empty-pending"),
            page.t("console-empty-pending-next"),
        )
    } else {
        let state = StateWord(filter.state).label(page);
        (
            page.with("console-empty-state", [("state", state)]),
            String::new(),
        )
    };
    Empty { title, next }
}
