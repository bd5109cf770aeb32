//! Revoke, suspend, release: first a page that says what will happen, then the deed.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web;
use askama::Template;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::order_revocation::{
    Notice, Order, Outcome, order_revocation, preview_revocation,
};
use ca_core::store::{StoreError, certificate};

use super::certificates::{LIST, Row};
use super::queue::Choice;
use super::signed_in::SignedIn;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;

/// What the form asks for.
#[derive(Debug, Clone, Copy)]
struct Wish {
    serial: SerialNumber,
    order: Order,
    whole_account: bool,
}

#[derive(Template)]
#[template(path = "console/revoke.html")]
struct CheckPage {
    page: Page,
    section: &'static str,
    title: String,
    lead: String,
    serial: String,
    order: &'static str,
    reason: &'static str,
    scope: &'static str,
    rows: Vec<Row>,
    left: Vec<Row>,
    parked: Option<String>,
    submit: String,
}

pub(super) async fn order(
    signed_in: SignedIn,
    serial: web::Path<String>,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let serial = SerialNumber::from_hex(&serial).map_err(|_| Problem::NotFound)?;
    let Some(order) = wished(&form)? else {
        return nothing_chosen(&signed_in, serial);
    };
    let wish = Wish {
        serial,
        order,
        whole_account: form.text("scope") == "account",
    };
    if form.has("sure") {
        carry_out(&signed_in, wish).await
    } else {
        check(&signed_in, wish, StatusCode::OK).await
    }
}

/// The order; none where the reason of a revocation was not chosen.
fn wished(form: &Form) -> Result<Option<Order>, Problem> {
    let reason = RevocationReason::try_from(form.text("reason").to_owned());
    match form.text("order") {
        "" => Ok(None),
        "hold" => Ok(Some(Order::Revoke(RevocationReason::CertificateHold))),
        "release" => Ok(Some(Order::Release)),
        "revoke" => match reason {
            Ok(RevocationReason::CertificateHold) => Err(Problem::Malformed("reason")),
            Ok(reason) => Ok(Some(Order::Revoke(reason))),
            Err(_) if form.text("reason").is_empty() => Ok(None),
            Err(_) => Err(Problem::Malformed("reason")),
        },
        _ => Err(Problem::Malformed("order")),
    }
}

/// What a wish selects: the one certificate, or all of its account.
fn selection(site: &crate::site::Site, wish: Wish) -> Result<Option<Selection>, StoreError> {
    let found = site.store.read(|db| certificate::find(db, wish.serial))?;
    Ok(found.map(|found| match found.account_id {
        Some(account) if wish.whole_account => Selection {
            account_id: Some(account),
            ..Selection::default()
        },
        _ => Selection::of(&[wish.serial]),
    }))
}

async fn carry_out(signed_in: &SignedIn, wish: Wish) -> Result<HttpResponse, Problem> {
    let act = Act::new(
        Actor::Operator(signed_in.operator.name.clone()),
        signed_in.now,
    );
    let done = signed_in.read(move |site| -> Result<_, StoreError> {
        let Some(selection) = selection(site, wish)? else {
            return Ok(None);
        };
        let notice = Notice {
            random: site.random.as_ref(),
            host: &site.config.service.host,
        };
        order_revocation(&site.store, &act, &selection, wish.order, notice).map(Some)
    });
    let outcome = done.await?.ok_or(Problem::NotFound)?;
    if outcome.moved.is_empty() && outcome.parked.is_empty() {
        return check(signed_in, wish, StatusCode::CONFLICT).await;
    }
    let (serial, count) = (wish.serial, outcome.moved.len());
    let place = format!("{LIST}/{serial}?done={}&count={count}", word(wish.order));
    Ok(page::see_other(&place))
}

async fn check(
    signed_in: &SignedIn,
    wish: Wish,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let seen = signed_in.read(move |site| -> Result<_, StoreError> {
        let Some(selection) = selection(site, wish)? else {
            return Ok(None);
        };
        preview_revocation(&site.store, &selection, wish.order).map(Some)
    });
    let outcome = seen.await?.ok_or(Problem::NotFound)?;
    page::reply(status, &draw(signed_in, wish, &outcome))
}

fn draw(signed_in: &SignedIn, wish: Wish, outcome: &Outcome) -> CheckPage {
    let page = signed_in.page();
    let (title, lead, submit) = texts(&page, wish.order);
    let nothing = outcome.moved.is_empty() && outcome.parked.is_empty();
    let parked = [("count", outcome.parked.len())];
    let rows = |found: &[_]| {
        found
            .iter()
            .map(|one| Row::of(&page, one, signed_in.now))
            .collect()
    };
    CheckPage {
        section: "certificates",
        title,
        lead: match nothing {
            true => page.t("certificate-check-nothing"),
            false => lead,
        },
        serial: wish.serial.to_hex(),
        order: word(wish.order),
        reason: match wish.order {
            Order::Revoke(reason) => reason.as_str(),
            Order::Release => "",
        },
        scope: if wish.whole_account { "account" } else { "one" },
        rows: rows(&outcome.moved),
        left: rows(&outcome.left),
        parked: (!outcome.parked.is_empty()).then(|| page.with("certificate-check-parked", parked)),
        submit: if nothing { String::new() } else { submit },
        page,
    }
}

fn texts(page: &Page, order: Order) -> (String, String, String) {
    match word(order) {
        "hold" => (
            page.t("certificate-check-hold"),
            page.t("certificate-check-hold-lead"),
            page.t("certificate-check-submit-hold"),
        ),
        "release" => (
            page.t("certificate-check-release"),
            page.t("certificate-check-release-lead"),
            page.t("certificate-check-submit-release"),
        ),
        _ => (
            page.t("certificate-check-revoke"),
            page.t("certificate-check-revoke-lead"),
            page.t("certificate-check-submit-revoke"),
        ),
    }
}

fn nothing_chosen(signed_in: &SignedIn, serial: SerialNumber) -> Result<HttpResponse, Problem> {
    let page = signed_in.page();
    let asked = CheckPage {
        section: "certificates",
        title: page.t("certificate-order"),
        lead: page.t("certificate-choose"),
        serial: serial.to_hex(),
        order: "",
        reason: "",
        scope: "one",
        rows: Vec::new(),
        left: Vec::new(),
        parked: None,
        submit: String::new(),
        page,
    };
    page::reply(StatusCode::UNPROCESSABLE_ENTITY, &asked)
}

fn word(order: Order) -> &'static str {
    match order {
        Order::Revoke(RevocationReason::CertificateHold) => "hold",
        Order::Revoke(_) => "revoke",
        Order::Release => "release",
    }
}

/// The reasons that can be chosen for a revocation.
pub(super) fn reasons(page: &Page, chosen: &str) -> Vec<Choice> {
    let all = RevocationReason::ALL.iter().copied();
    let usual = all.filter(|reason| *reason != RevocationReason::CertificateHold);
    let choice = |reason: RevocationReason| Choice {
        value: reason.as_str().to_owned(),
        label: reason_word(page, reason),
        chosen: reason.as_str() == chosen,
    };
    usual.map(choice).collect()
}

/// A reason as people read it.
pub(super) fn reason_word(page: &Page, reason: RevocationReason) -> String {
    match reason {
        RevocationReason::Unspecified => page.t("certificate-reason-unspecified"),
        RevocationReason::KeyCompromise => page.t("certificate-reason-key-compromise"),
        RevocationReason::AffiliationChanged => page.t("certificate-reason-affiliation-changed"),
        RevocationReason::Superseded => page.t("certificate-reason-superseded"),
        RevocationReason::CessationOfOperation => page.t("certificate-reason-cessation"),
        RevocationReason::CertificateHold => page.t("certificate-reason-hold"),
        RevocationReason::PrivilegeWithdrawn => page.t("certificate-reason-privilege"),
    }
}
