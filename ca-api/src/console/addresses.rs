//! Changes of mail addresses that wait: an operator agrees in a dead address's stead, or refuses.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use ca_core::flow::Postmark;
use ca_core::flow::approve_requests::partiality;
use ca_core::flow::decide_address_change::{
    AddressDecision, confirm_address_change, reject_address_change,
};
use ca_core::store::account::Account;
use ca_core::store::address_change::{self, AddressChange};
use serde::Deserialize;

use super::pager::{PAGE_ROWS, Pager};
use super::signed_in::SignedIn;
use super::words;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

const LIST: &str = "/console/addresses";

/// The query of the list's address.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Query {
    page: String,
}

/// One change that waits.
#[derive(Debug)]
struct Row {
    id: String,
    user_id: String,
    name: String,
    old: Option<String>,
    new: String,
    asked: String,
    ends: String,
    new_proven: bool,
    agreed: bool,
    objection: Option<String>,
}

#[derive(Template)]
#[template(path = "console/addresses.html")]
struct AddressesPage {
    page: Page,
    section: &'static str,
    told: Option<String>,
    refused: Option<String>,
    rows: Vec<Row>,
    pager: Pager,
}

pub(super) async fn show(
    signed_in: SignedIn,
    query: web::Query<Query>,
) -> Result<HttpResponse, Problem> {
    let current: i64 = query.page.parse().unwrap_or(1).clamp(1, 10_000);
    draw(&signed_in, current, None).await
}

pub(super) async fn decide(
    signed_in: SignedIn,
    id: web::Path<String>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let id = id.into_inner();
    let agree = match form.required("decision")? {
        "confirm" => true,
        "reject" => false,
        _ => return Err(Problem::Malformed("decision")),
    };
    let (operator, now) = (signed_in.operator.clone(), signed_in.now);
    let decided = signed_in.read(move |site| {
        if !agree {
            return reject_address_change(&site.store, now, &operator, &id);
        }
        let postmark = Postmark {
            random: site.random.as_ref(),
            host: &site.config.service.host,
        };
        confirm_address_change(&site.store, postmark, now, &operator, &id)
    });
    let decision = decided.await?;
    draw(&signed_in, 1, Some(decision)).await
}

async fn draw(
    signed_in: &SignedIn,
    current: i64,
    decision: Option<AddressDecision>,
) -> Result<HttpResponse, Problem> {
    let (now, offset) = (signed_in.now, (current - 1) * PAGE_ROWS);
    let found = signed_in.read(move |site| {
        site.store
            .read(|db| address_change::list_waiting(db, now, offset, PAGE_ROWS))
    });
    let found = found.await?;
    let page = signed_in.page().without(&found.unreadable);
    let (told, refused) = told(&page, decision);
    let status = match refused {
        Some(_) => StatusCode::CONFLICT,
        None => StatusCode::OK,
    };
    let shown = AddressesPage {
        section: "addresses",
        told,
        refused,
        rows: found
            .rows
            .iter()
            .map(|(change, account)| row(signed_in, &page, change, account))
            .collect(),
        pager: Pager::of(&page, current, found.total, |page| {
            format!("{LIST}?page={page}")
        }),
        page,
    };
    page::reply(status, &shown)
}

fn row(signed_in: &SignedIn, page: &Page, change: &AddressChange, account: &Account) -> Row {
    let agreed = change.agreed();
    let objection = partiality(&signed_in.operator, account);
    Row {
        id: change.id.clone(),
        user_id: account.user_id.to_string(),
        name: account.name.clone(),
        old: change.old_address.clone(),
        new: change.new_address.clone(),
        asked: page.moment(change.requested_at),
        ends: page.moment(change.ends_at),
        new_proven: agreed.by_new,
        agreed: agreed.by_old || agreed.by_operator,
        objection: objection.and_then(|decision| words::refusal(page, &decision)),
    }
}

/// What was done, or why nothing was.
fn told(page: &Page, decision: Option<AddressDecision>) -> (Option<String>, Option<String>) {
    match decision {
        None => (None, None),
        Some(AddressDecision::Changed) => (Some(page.t("address-told-changed")), None),
        Some(AddressDecision::Agreed) => (Some(page.t("address-told-agreed")), None),
        Some(AddressDecision::Rejected) => (Some(page.t("address-told-rejected")), None),
        Some(AddressDecision::NothingWaits) => (None, Some(page.t("address-told-nothing"))),
        Some(AddressDecision::NotAllowed(decision)) => (None, words::refusal(page, &decision)),
    }
}
