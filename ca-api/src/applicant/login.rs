//! 「ログイン」: user ID and login password (J2.1, J2.3).
//!
//! Whether the typed ID exists, is locked or disabled must not show: the same status, the same bytes, the same
//! work. What is said about tries left depends on how often this very ID was typed, existing or not.

use std::net::IpAddr;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use ca_core::domain::lock::LockRule;
use ca_core::domain::user_id::{TypedUserId, UserId, UserIdError};
use ca_core::flow::log_in::{LogIn, LoggedIn, TryError, log_in};
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::fault::Faults;
use super::holder::{Holder, place_of};
use super::logout;
use crate::form::Form;
use crate::hashing::Lane;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::{Area, Site};
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "applicant/login.html")]
pub(crate) struct LoginPage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) user_id: String,
    pub(crate) folded: bool,
    pub(crate) timed_out: bool,
    pub(crate) lock_rule: String,
}

impl LoginPage {
    fn new(visit: &Visit) -> Self {
        let page = visit.page();
        let lock = visit.site.config.lock;
        let numbers = [("tries", lock.tries), ("minutes", lock.minutes)];
        Self {
            lock_rule: page.with("login-lock-rule", numbers),
            page,
            faults: Faults::default(),
            user_id: String::new(),
            folded: false,
            timed_out: false,
        }
    }
}

pub(super) async fn show(request: HttpRequest, visit: Visit) -> Result<HttpResponse, Problem> {
    if let Some(holder) = Holder::of(&request).await? {
        return Ok(page::see_other(holder.place()));
    }
    let timed_out = session::shown(&request, Area::Applicant).is_some();
    page::show(&LoginPage {
        timed_out,
        ..LoginPage::new(&visit)
    })
}

pub(super) async fn send(
    request: HttpRequest,
    visit: Visit,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let typed = UserId::parse(form.text("user_id"), &visit.site.classes);
    let faults = faults_of_typing(&visit.page(), typed.as_ref().err(), form.text("password"));
    let (Ok(typed), true) = (typed, faults.is_empty()) else {
        let user_id = form.text("user_id").to_owned();
        return refuse(LoginPage {
            faults,
            user_id,
            ..LoginPage::new(&visit)
        });
    };
    match try_it(&visit, typed.user_id.clone(), form.secret("password")).await? {
        Ok(entered) => {
            // Who logs in again leaves the session that was open before.
            logout::end_session(&request).await?;
            let cookie = session::cookie(Area::Applicant, entered.token.expose().to_owned());
            let mut reply = page::see_other(place_of(entered.session.stage));
            reply.add_cookie(&cookie).map_err(Problem::internal)?;
            Ok(reply)
        }
        Err(refusal) => refuse(refused_page(&visit, typed, refusal)),
    }
}

/// Mistakes that can be seen without a look at the accounts; they cost no try.
pub(crate) fn faults_of_typing(
    page: &Page,
    user_id: Option<&UserIdError>,
    password: &str,
) -> Faults {
    let mut faults = Faults::new(page.t("errors-title"));
    match user_id {
        None => {}
        Some(UserIdError::Empty) => faults.add("user_id", page.t("login-no-user-id")),
        Some(_) => faults.add("user_id", page.t("login-user-id-shape")),
    }
    if password.is_empty() {
        faults.add("password", page.t("login-no-password"));
    } else if !password.is_ascii() {
        faults.add("password", page.t("login-wide-password"));
    }
    faults
}

/// Why nobody was let in.
enum Refusal {
    Wrong { left: u32 },
    Locked { until: DateTime<Utc> },
    Replaced,
}

async fn try_it(
    visit: &Visit,
    user_id: UserId,
    password: SecretString,
) -> Result<Result<Box<LoggedIn>, Refusal>, Problem> {
    let (site, source) = (Arc::clone(&visit.site), visit.source);
    let turn = visit.turn(Lane::Strangers, user_id.as_str());
    let tried = visit
        .site
        .hashing
        .run(&turn, move || log_in_at(&site, &user_id, &password, source))
        .await?;
    match tried {
        Ok(entered) => Ok(Ok(Box::new(entered))),
        Err(
            TryError::Wrong {
                left: 0,
                locked_until: Some(until),
            }
            | TryError::Locked { until },
        ) => Ok(Err(Refusal::Locked { until })),
        Err(TryError::Wrong { left, .. }) => Ok(Err(Refusal::Wrong { left })),
        Err(TryError::Replaced) => Ok(Err(Refusal::Replaced)),
        Err(error @ (TryError::Store(_) | TryError::Hashing(_))) => Err(Problem::internal(error)),
    }
}

fn log_in_at(
    site: &Site,
    user_id: &UserId,
    password: &SecretString,
    source: Option<IpAddr>,
) -> Result<LoggedIn, TryError> {
    let input = LogIn {
        user_id,
        password,
        rules: site.try_rules(),
        ageing: site.config.password.ageing(),
        absolute: site.absolute(),
        host: &site.config.service.host,
        source,
    };
    log_in(&site.store, site.random.as_ref(), site.clock.now(), input)
}

fn refused_page(visit: &Visit, typed: TypedUserId, refusal: Refusal) -> LoginPage {
    let page = visit.page();
    let lock = visit.site.config.lock;
    let faults = match refusal {
        Refusal::Wrong { left } => wrong_faults(&page, lock, left),
        Refusal::Locked { until } => locked_faults(&page, lock, until),
        Refusal::Replaced => replaced_faults(&page),
    };
    LoginPage {
        faults,
        user_id: typed.user_id.to_string(),
        folded: typed.folded,
        ..LoginPage::new(visit)
    }
}

fn refuse(page: LoginPage) -> Result<HttpResponse, Problem> {
    page::reply(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// A wrong password, or an ID that does not exist: the same words.
pub(crate) fn wrong_faults(page: &Page, lock: LockRule, left: u32) -> Faults {
    let numbers = [
        ("left", left.to_string()),
        ("minutes", lock.minutes.to_string()),
    ];
    Faults::new(page.t("login-wrong-summary"))
        .with_field(
            "user_id",
            page.t("login-wrong"),
            page.t("login-wrong-advice"),
        )
        .with(page.with("login-left", numbers))
}

/// Right, but replaced while it was looked at: only who knew it reads this.
pub(crate) fn replaced_faults(page: &Page) -> Faults {
    Faults::new(page.t("login-replaced-title")).with(page.t("login-replaced"))
}

/// Locked, by this try or by those before.
pub(crate) fn locked_faults(page: &Page, lock: LockRule, until: DateTime<Utc>) -> Faults {
    let numbers = [
        ("tries", lock.tries.to_string()),
        ("until", page.moment(until)),
    ];
    Faults::new(page.t("login-locked-title"))
        .with(page.with("login-locked", numbers))
        .with(page.t("login-locked-next"))
}
