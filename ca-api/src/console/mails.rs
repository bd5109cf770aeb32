//! Mails that did not leave: an operator sends one again, or drops it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::certificate::MailState;
use ca_core::flow::drop_mail::drop_mail;
use ca_core::flow::retry_mail::{StuckMail, retry_mail};
use ca_core::store::mail_trouble;
use ca_core::store::outbox::Mail;
use serde::Deserialize;

use super::pager::{PAGE_ROWS, Pager};
use super::signed_in::SignedIn;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

/// The list's address.
pub(super) const LIST: &str = "/console/mails";

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    page: String,
}

/// One mail that did not leave.
#[derive(Debug)]
struct Row {
    id: i64,
    address: String,
    user_id: String,
    kind: &'static str,
    owed: String,
    /// When it is tried again; a parked one is not.
    next: Option<String>,
    error: String,
    /// Whether it can be sent again.
    may_retry: bool,
}

/// A mail whose row cannot be read.
#[derive(Debug)]
struct Unreadable {
    id: String,
}

#[derive(Template)]
#[template(path = "console/mails.html")]
struct MailsPage {
    page: Page,
    section: &'static str,
    told: Option<String>,
    refused: Option<String>,
    rows: Vec<Row>,
    damaged: Vec<Unreadable>,
    pager: Pager,
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let current: i64 = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    draw(&signed_in, current, None).await
}

pub(super) async fn settle(
    signed_in: SignedIn,
    id: web::Path<i64>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let again = match form.required("decision")? {
        "retry" => true,
        "drop" => false,
        _ => return Err(Problem::Malformed("decision")),
    };
    let act = Act::new(
        Actor::Operator(signed_in.operator.name.clone()),
        signed_in.now,
    );
    let done = signed_in.read(move |site| match again {
        true => retry_mail(&site.store, &act, id),
        false => drop_mail(&site.store, &act, id),
    });
    let done = done.await?;
    draw(&signed_in, 1, Some((again, done))).await
}

async fn draw(
    signed_in: &SignedIn,
    current: i64,
    done: Option<(bool, StuckMail)>,
) -> Result<HttpResponse, Problem> {
    let offset = (current - 1) * PAGE_ROWS;
    let found = signed_in.read(move |site| {
        site.store
            .read(|db| mail_trouble::stuck(db, offset, PAGE_ROWS))
    });
    let found = found.await?;
    let page = signed_in.page().without(&found.unreadable);
    let (told, refused) = match done {
        None => (None, None),
        Some((true, StuckMail::Done)) => (Some(page.t("mail-told-retried")), None),
        Some((false, StuckMail::Done)) => (Some(page.t("mail-told-dropped")), None),
        Some((_, StuckMail::NotStuck)) => (None, Some(page.t("mail-told-not-stuck"))),
        Some((_, StuckMail::NeedsCode)) => (None, Some(page.t("mail-told-needs-code"))),
        Some((_, StuckMail::Unreadable)) => (None, Some(page.t("mail-told-unreadable"))),
        Some((_, StuckMail::NoAddress)) => (None, Some(page.t("mail-told-no-address"))),
    };
    let status = match refused {
        Some(_) => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let damaged = found.unreadable.iter().map(|name| Unreadable {
        id: name.trim_start_matches("outbox:").to_owned(),
    });
    let shown = MailsPage {
        section: "mails",
        told,
        refused,
        rows: found.rows.iter().map(|mail| row(&page, mail)).collect(),
        damaged: damaged.collect(),
        pager: Pager::of(&page, current, found.total, |page| {
            format!("{LIST}?page={page}")
        }),
        page,
    };
    page::reply(status, &shown)
}

fn row(page: &Page, mail: &Mail) -> Row {
    let facts = mail.facts().ok();
    let waits = mail.state == MailState::Waiting;
    Row {
        id: mail.id,
        address: mail.to_address.clone(),
        kind: mail.kind.as_str(),
        owed: page.moment(mail.created_at),
        next: waits.then(|| page.moment(mail.next_try_at)),
        error: mail.last_error.clone().unwrap_or_default(),
        may_retry: facts
            .as_ref()
            .is_some_and(|facts| !mail.kind.has_code() || facts.code.is_some()),
        user_id: facts.map(|facts| facts.user_id).unwrap_or_default(),
    }
}
