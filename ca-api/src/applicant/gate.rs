//! The second gate: 「クライアント証明書発行用パスワード」 (J2.4).

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::flow::SessionToken;
use ca_core::flow::log_in::TryError;
use ca_core::flow::pass_gate::{GateError, PassGate, pass_gate};
use secrecy::SecretString;

use super::fault::Faults;
use super::holder::{Holder, LoggedIn};
use super::path;
use crate::form::Form;
use crate::hashing::Lane;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::Area;

/// Name of the password's field.
const FIELD: &str = "issuance_password";

#[derive(Template)]
#[template(path = "applicant/gate.html")]
pub(crate) struct GatePage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    /// The login password was changed on the way here.
    pub(crate) changed: bool,
    pub(crate) lock_rule: String,
}

impl GatePage {
    fn new(holder: &Holder, faults: Faults) -> Self {
        let page = holder.page();
        let lock = holder.visit.site.config.lock;
        let begun_by_change =
            holder.account.login_password_changed_at == Some(holder.session.created_at);
        Self {
            lock_rule: page.with(
                "gate-lock-rule",
                [("tries", lock.tries), ("minutes", lock.minutes)],
            ),
            page,
            changed: begun_by_change && faults.is_empty(),
            faults,
        }
    }
}

pub(super) async fn show(LoggedIn(holder): LoggedIn) -> Result<HttpResponse, Problem> {
    page::show(&GatePage::new(&holder, Faults::default()))
}

pub(super) async fn send(form: Form, LoggedIn(holder): LoggedIn) -> Result<HttpResponse, Problem> {
    let faults = faults_of_typing(&holder.page(), form.text(FIELD));
    if !faults.is_empty() {
        return refuse(&holder, faults);
    }
    match pass(&holder, form.secret(FIELD)).await? {
        Ok(token) => {
            let mut reply = page::see_other(path::CERTIFICATES);
            let cookie = session::cookie(Area::Applicant, token.expose().to_owned());
            reply.add_cookie(&cookie).map_err(Problem::internal)?;
            Ok(reply)
        }
        Err(GateError::NotLoggedIn) => Err(Problem::Elsewhere(holder.place())),
        Err(GateError::Try(error)) => refuse(&holder, faults_of(&holder, error)?),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// Mistakes that can be seen without a look at the account; they cost no try.
fn faults_of_typing(page: &Page, typed: &str) -> Faults {
    let mut faults = Faults::new(page.t("errors-title"));
    if typed.trim().is_empty() {
        faults.add(FIELD, page.t("gate-none"));
    } else if !typed.is_ascii() {
        faults.add(FIELD, page.t("gate-wide"));
    }
    faults
}

async fn pass(
    holder: &Holder,
    password: SecretString,
) -> Result<Result<SessionToken, GateError>, Problem> {
    let holder = holder.clone();
    let site = Arc::clone(&holder.visit.site);
    let hashing = site.hashing.clone();
    let turn = holder
        .visit
        .turn(Lane::Known, holder.account.user_id.as_str());
    let work = move || {
        let input = PassGate {
            session: &holder.session,
            account: &holder.account,
            password: &password,
            rules: site.try_rules(),
            absolute: site.absolute(),
            source: holder.visit.source,
        };
        pass_gate(&site.store, site.random.as_ref(), site.clock.now(), input)
            .map(|(token, _)| token)
    };
    hashing.run(&turn, work).await
}

fn faults_of(holder: &Holder, error: TryError) -> Result<Faults, Problem> {
    let page = holder.page();
    let lock = holder.visit.site.config.lock;
    match error {
        TryError::Wrong {
            left: 0,
            locked_until: Some(until),
        }
        | TryError::Locked { until } => {
            let numbers = [
                ("tries", lock.tries.to_string()),
                ("until", page.moment(until)),
            ];
            Ok(Faults::new(page.t("gate-locked-title")).with(page.with("gate-locked", numbers)))
        }
        TryError::Wrong { left, .. } => {
            let numbers = [
                ("left", left.to_string()),
                ("minutes", lock.minutes.to_string()),
            ];
            Ok(Faults::new(page.t("errors-title"))
                .with_field(FIELD, page.t("gate-wrong-summary"), page.t("gate-wrong"))
                .with(page.with("gate-left", numbers)))
        }
        error => Err(Problem::internal(error)),
    }
}

fn refuse(holder: &Holder, faults: Faults) -> Result<HttpResponse, Problem> {
    page::reply(
        StatusCode::UNPROCESSABLE_ENTITY,
        &GatePage::new(holder, faults),
    )
}
