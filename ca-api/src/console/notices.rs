//! お知らせ: what was published, to whom, until when; one of them; taking one back.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::notice::{NoticeBody, Piece, ReaderKind, ShownDays};
use ca_core::flow::publish_notice::withdraw_notice;
use ca_core::store::listed::Listed;
use ca_core::store::notice::{self, Notice};
use ca_core::store::{StoreResult, account};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::pager::{PAGE_ROWS, Pager};
use super::signed_in::SignedIn;
use super::words;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::site::Site;

/// Where the list is.
pub(super) const LIST: &str = "/console/notices";

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    page: String,
}

/// One notice in the list.
#[derive(Debug)]
struct Row {
    id: i64,
    title: String,
    readers: String,
    days: String,
    published: String,
    state: String,
    state_class: &'static str,
}

#[derive(Template)]
#[template(path = "console/notices.html")]
struct NoticesPage {
    page: Page,
    section: &'static str,
    rows: Vec<Row>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "console/notice.html")]
struct NoticePage {
    page: Page,
    section: &'static str,
    row: Row,
    paragraphs: Vec<Vec<Vec<Piece>>>,
    may_withdraw: bool,
}

/// A notice with the user ID of the one account it is for.
struct Addressed {
    notice: Notice,
    user_id: Option<String>,
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let current: i64 = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    let offset = (current - 1) * PAGE_ROWS;
    let found = signed_in.read(move |site| list(site, offset));
    let found = found.await?;
    let page = signed_in.page().without(&found.unreadable);
    let row = |one: &Addressed| row(&signed_in, &page, one);
    page::show(&NoticesPage {
        section: "notices",
        rows: found.rows.iter().map(row).collect(),
        pager: Pager::of(&page, current, found.total, |page| {
            format!("{LIST}?page={page}")
        }),
        page,
    })
}

pub(super) async fn one(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let id = number(&id)?;
    let found = signed_in.read(move |site| find(site, id)).await?;
    let found = found.ok_or(Problem::NotFound)?;
    let page = signed_in.page();
    let notice = &found.notice;
    let over = notice.shown_until.is_some_and(|end| end <= signed_in.now);
    let body = NoticeBody::stored(notice.body.clone());
    page::show(&NoticePage {
        section: "notices",
        row: row(&signed_in, &page, &found),
        paragraphs: body.paragraphs(&page.own_sites()),
        may_withdraw: notice.withdrawn_at.is_none() && !over,
        page,
    })
}

pub(super) async fn withdraw(
    signed_in: SignedIn,
    id: web::Path<String>,
    _form: Form,
) -> Result<HttpResponse, Problem> {
    let id = number(&id)?;
    let act = Act::new(
        Actor::Operator(signed_in.operator.name.clone()),
        signed_in.now,
    );
    let done = signed_in.read(move |site| -> StoreResult<bool> {
        let done = withdraw_notice(&site.store, &act, id)?;
        Ok(done || find(site, id)?.is_some())
    });
    match done.await? {
        true => Ok(page::see_other(&format!("{LIST}/{id}"))),
        false => Err(Problem::NotFound),
    }
}

/// A notice's number as it stands in an address.
fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::NotFound)
}

fn list(site: &Site, offset: i64) -> StoreResult<Listed<Addressed>> {
    site.store.read(|db| {
        let mut listed = notice::list(db, offset, PAGE_ROWS)?;
        let ids = listed.rows.iter().filter_map(|one| one.account_id);
        let ids: Vec<i64> = ids.collect();
        let accounts = account::load_many(db, &ids)?;
        listed
            .unreadable
            .extend(account::unreadable(&ids, &accounts));
        let name = |one: &Notice| format!("notice:{}", one.id);
        listed.with(db, name, |_, notice| {
            let account = notice.account_id.and_then(|id| accounts.get(&id));
            Ok(Addressed {
                user_id: account.map(|account| account.user_id.to_string()),
                notice,
            })
        })
    })
}

fn find(site: &Site, id: i64) -> StoreResult<Option<Addressed>> {
    site.store.read(|db| {
        let Some(notice) = notice::find(db, id)? else {
            return Ok(None);
        };
        let account = notice.account_id.map(|id| account::load(db, id));
        let user_id = account.transpose()?.map(|own| own.user_id.to_string());
        Ok(Some(Addressed { notice, user_id }))
    })
}

fn row(signed_in: &SignedIn, page: &Page, one: &Addressed) -> Row {
    let notice = &one.notice;
    let (state, state_class) = state(page, notice, signed_in.now);
    Row {
        id: notice.id,
        title: notice.title.clone(),
        readers: readers(signed_in, page, one),
        days: days(page, notice.shown_from, notice.shown_until),
        published: page.with(
            "notice-published",
            [
                ("who", notice.published_by.clone()),
                ("when", page.moment(notice.published_at)),
            ],
        ),
        state,
        state_class,
    }
}

fn state(page: &Page, notice: &Notice, now: DateTime<Utc>) -> (String, &'static str) {
    if let (Some(by), Some(at)) = (&notice.withdrawn_by, notice.withdrawn_at) {
        let facts = [("who", by.clone()), ("when", page.moment(at))];
        return (page.with("notice-state-withdrawn", facts), "withdrawn");
    }
    if notice.shown_until.is_some_and(|until| until <= now) {
        return (page.t("notice-state-over"), "withdrawn");
    }
    if notice.shown_from > now {
        return (page.t("notice-state-planned"), "pending");
    }
    (page.t("notice-state-shown"), "issued")
}

fn readers(signed_in: &SignedIn, page: &Page, one: &Addressed) -> String {
    let notice = &one.notice;
    match notice.readers {
        ReaderKind::Everybody => page.t("notice-readers-everybody"),
        ReaderKind::Account => one.user_id.clone().unwrap_or_default(),
        ReaderKind::Class => {
            let letters = notice.class.as_deref().unwrap_or_default();
            class(signed_in, page, letters)
        }
    }
}

/// A class with its letters and its name.
pub(super) fn class(signed_in: &SignedIn, page: &Page, letters: &str) -> String {
    let mut classes = signed_in.visit.site.classes.iter();
    let found = classes.find(|class| class.letters == letters);
    let name = found.map(|class| words::class_name(page, &class.name, &class.name_en));
    format!("{letters} {}", name.unwrap_or_default())
}

/// From which day, to which day.
pub(super) fn days(page: &Page, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> String {
    let first = page.day(from);
    match ShownDays::last(until) {
        Some(last) => page.with("notice-days", [("from", first), ("until", page.day(last))]),
        None => page.with("notice-days-open", [("from", first)]),
    }
}
