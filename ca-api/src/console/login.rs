//! Logging in and out: the certificate has opened the connection, name and password open the console.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{self, Data};
use askama::Template;
use ca_core::domain::actor::{Act, Actor};
use ca_core::flow::SessionToken;
use ca_core::flow::log_in::TryError;
use ca_core::flow::log_in_operator::{LogInOperator, ShownCertificate, log_in_operator};
use ca_core::flow::log_out::log_out;
use secrecy::SecretString;
use serde::Deserialize;

use super::certified::{Certified, Unfit};
use super::signed_in::SignedIn;
use super::when;
use crate::form::Form;
use crate::hashing::Lane;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::{Area, Site};
use crate::visit::Visit;
use crate::work;

/// Longest name looked at.
const LONGEST_NAME: usize = 64;

/// What happened and what to do.
#[derive(Debug)]
struct Refusal {
    title: String,
    next: String,
}

#[derive(Template)]
#[template(path = "console/login.html")]
struct LoginPage {
    page: Page,
    section: &'static str,
    certificate: Certified,
    refusal: Option<Refusal>,
    signed_out: bool,
    name: String,
    lock_rule: String,
}

#[derive(Template)]
#[template(path = "console/refused.html")]
struct RefusedPage {
    page: Page,
    section: &'static str,
    certificate: Certified,
    refusal: Refusal,
}

/// Where the visitor came from.
#[derive(Debug, Deserialize)]
pub(super) struct Came {
    out: Option<String>,
}

pub(super) async fn show(
    visit: Visit,
    certified: Certified,
    came: web::Query<Came>,
) -> Result<HttpResponse, Problem> {
    if let Some(unfit) = unfit(&visit, &certified).await? {
        return refuse(&visit, certified, unfit);
    }
    let out = came.out.is_some();
    page::show(&login_page(&visit, certified, None, String::new(), out))
}

pub(super) async fn submit(
    visit: Visit,
    certified: Certified,
    form: Form,
) -> Result<HttpResponse, Problem> {
    if let Some(unfit) = unfit(&visit, &certified).await? {
        return refuse(&visit, certified, unfit);
    }
    let Some(shown) = certified.shown.clone() else {
        return refuse(&visit, certified, Unfit::Unknown);
    };
    let name: String = form
        .text("name")
        .trim()
        .chars()
        .take(LONGEST_NAME)
        .collect();
    let tried = enter(&visit, shown, name.clone(), form.secret("password"));
    let refusal = match tried.await? {
        Ok(token) => return entered(&token),
        Err(error) => refusal_of(&visit.page(), error)?,
    };
    let page = login_page(&visit, certified, Some(refusal), name, false);
    page::reply(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

pub(super) async fn leave(signed_in: SignedIn, _form: Form) -> Result<HttpResponse, Problem> {
    let actor = Actor::Operator(signed_in.operator.name.clone());
    let act = Act::new(actor, signed_in.now);
    let token = signed_in.token.clone();
    let left = signed_in.read(move |site| log_out(&site.store, &act, &token));
    left.await?;
    let mut reply = page::see_other("/console/login?out=1");
    let cookie = session::cleared(Area::Console);
    reply.add_cookie(&cookie).map_err(Problem::internal)?;
    Ok(reply)
}

async fn unfit(visit: &Visit, certified: &Certified) -> Result<Option<Unfit>, Problem> {
    let now = visit.site.clock.now();
    let site: Data<Site> = Data::from(Arc::clone(&visit.site));
    let certified = certified.clone();
    let found = work::read(&site, move |site| certified.operator(&site.store, now));
    Ok(found.await?.err())
}

/// One try at the password, on a thread that may work hard.
async fn enter(
    visit: &Visit,
    shown: ShownCertificate,
    name: String,
    password: SecretString,
) -> Result<Result<SessionToken, TryError>, Problem> {
    let site = Arc::clone(&visit.site);
    let (now, source) = (site.clock.now(), visit.source);
    let turn = visit.turn(Lane::Operators, &name);
    let check = move || {
        let input = LogInOperator {
            name: &name,
            password: &password,
            shown: &shown,
            rules: site.try_rules(),
            absolute: site.absolute(),
            source,
        };
        log_in_operator(&site.store, site.random.as_ref(), now, input)
    };
    let tried = visit.site.hashing.run(&turn, check).await?;
    Ok(tried.map(|(token, _, _)| token))
}

fn entered(token: &SessionToken) -> Result<HttpResponse, Problem> {
    let cookie = session::cookie(Area::Console, token.expose().to_owned());
    let mut reply = page::see_other(Area::Console.home_path());
    reply.add_cookie(&cookie).map_err(Problem::internal)?;
    Ok(reply)
}

fn refusal_of(page: &Page, error: TryError) -> Result<Refusal, Problem> {
    match error {
        TryError::Wrong {
            locked_until: None,
            left,
        } => Ok(Refusal {
            title: page.t("console-login-wrong"),
            next: page.with("console-login-wrong-next", [("left", left)]),
        }),
        TryError::Wrong {
            locked_until: Some(until),
            ..
        }
        | TryError::Locked { until } => {
            let until = when::short(page, until);
            Ok(Refusal {
                title: page.t("console-login-locked"),
                next: page.with("console-login-locked-next", [("until", until)]),
            })
        }
        error @ (TryError::Replaced | TryError::Store(_) | TryError::Hashing(_)) => {
            Err(Problem::internal(error))
        }
    }
}

fn login_page(
    visit: &Visit,
    certificate: Certified,
    refusal: Option<Refusal>,
    name: String,
    signed_out: bool,
) -> LoginPage {
    let page = visit.page();
    let lock = visit.site.config.lock;
    let rule = [("tries", lock.tries), ("minutes", lock.minutes)];
    LoginPage {
        lock_rule: page.with("console-login-lock-rule", rule),
        page,
        section: "",
        certificate,
        refusal,
        signed_out,
        name,
    }
}

fn refuse(visit: &Visit, certificate: Certified, unfit: Unfit) -> Result<HttpResponse, Problem> {
    let page = visit.page();
    let (title, next) = match unfit {
        Unfit::Unknown => (
            page.t("console-refused-unknown"),
            page.t("console-refused-unknown-next"),
        ),
        Unfit::Disabled => (
            page.t("console-refused-disabled"),
            page.t("console-refused-disabled-next"),
        ),
        Unfit::Revoked => (
            page.t("console-refused-revoked"),
            page.t("console-refused-revoked-next"),
        ),
        Unfit::OutOfDate => (
            page.t("console-refused-expired"),
            page.t("console-refused-expired-next"),
        ),
    };
    let refused = RefusedPage {
        page,
        section: "",
        certificate,
        refusal: Refusal { title, next },
    };
    page::reply(StatusCode::FORBIDDEN, &refused)
}
