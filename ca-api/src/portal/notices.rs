//! お知らせ at the portal: the list with what is unread, one notice, taking one out of the own list.
//!
//! What is not in the list of the account that is looked at answers as if it did not exist.

use actix_web::HttpResponse;
use actix_web::web;
use askama::Template;
use ca_core::domain::notice::{NoticeBody, Piece};
use ca_core::flow::open_notice::{delete_notice, open_notice, reader_of};
use ca_core::store::StoreError;
use ca_core::store::notice::{self, Notice, Receipt};
use serde::Deserialize;

use super::looking::{Looking, look};
use super::path;
use super::signed_in::SignedIn;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

/// Notices on a page.
const PAGE_ROWS: i64 = 20;

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    page: String,
}

/// One notice in the list.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) title: String,
    pub(crate) day: String,
    pub(crate) is_unread: bool,
}

#[derive(Template)]
#[template(path = "portal/notices.html")]
pub(crate) struct NoticesPage {
    pub(crate) page: Page,
    /// The office that is looked at, where it is not the own account.
    pub(crate) office: Option<String>,
    pub(crate) unread: Option<String>,
    pub(crate) rows: Vec<Row>,
    pub(crate) newer: Option<i64>,
    pub(crate) older: Option<i64>,
}

#[derive(Template)]
#[template(path = "portal/notice.html")]
pub(crate) struct NoticePage {
    pub(crate) page: Page,
    pub(crate) office: Option<String>,
    pub(crate) row: Row,
    pub(crate) paragraphs: Vec<Vec<Vec<Piece>>>,
    pub(crate) may_delete: bool,
}

pub(super) async fn list(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let looking = look(&signed_in).await?;
    let current: i64 = query.page.parse().unwrap_or(1).clamp(1, 1_000);
    let (reader, now) = (reader_of(&looking.account), signed_in.now);
    let found = signed_in.read(move |site| {
        site.store.read(|db| {
            let offset = (current - 1) * PAGE_ROWS;
            let page = notice::page_of_reader(db, &reader, now, offset, PAGE_ROWS)?;
            Ok::<_, StoreError>((page, notice::count_unread(db, &reader, now)?))
        })
    });
    let ((rows, total), unread) = found.await?;
    let page = signed_in.page();
    let rows = rows
        .iter()
        .map(|(notice, receipt)| row(&page, notice, receipt.as_ref()));
    page::show(&NoticesPage {
        office: looking.office(),
        unread: (unread > 0).then(|| page.with("notice-unread-count", [("count", unread)])),
        rows: rows.collect(),
        newer: (current > 1).then(|| current - 1),
        older: (current * PAGE_ROWS < total).then(|| current + 1),
        page,
    })
}

pub(super) async fn one(
    signed_in: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let looking = look(&signed_in).await?;
    let id = number(&id)?;
    let (whose, own, now) = (looking.account.clone(), looking.is_own, signed_in.now);
    let found = signed_in.read(move |site| open_notice(&site.store, now, &whose, own, id));
    let notice = found.await?.ok_or(Problem::NotFound)?;
    let page = signed_in.page();
    let body = NoticeBody::stored(notice.body.clone());
    page::show(&NoticePage {
        office: looking.office(),
        row: row(&page, &notice, None),
        paragraphs: body.paragraphs(&page.own_sites()),
        may_delete: looking.may_delete,
        page,
    })
}

pub(super) async fn delete(
    signed_in: SignedIn,
    id: web::Path<String>,
    _form: Form,
) -> Result<HttpResponse, Problem> {
    let looking: Looking = look(&signed_in).await?;
    let id = number(&id)?;
    if !looking.may_delete || !looking.is_own {
        return Err(Problem::Forbidden("notices of another account"));
    }
    let now = signed_in.now;
    let done = signed_in.read(move |site| delete_notice(&site.store, now, &looking.account, id));
    match done.await? {
        true => Ok(page::see_other(path::NOTICES)),
        false => Err(Problem::NotFound),
    }
}

fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::NotFound)
}

fn row(page: &Page, notice: &Notice, receipt: Option<&Receipt>) -> Row {
    Row {
        id: notice.id,
        title: notice.title.clone(),
        day: page.day(notice.shown_from),
        is_unread: receipt.is_none_or(|receipt| receipt.read_at.is_none()),
    }
}
