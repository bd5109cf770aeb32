//! 「パスワード変更」: forced after a letter (J2.2), or whenever one likes.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::password::{ChoiceError, LONGEST_PASSWORD, TypedError};
use ca_core::domain::session::Stage;
use ca_core::flow::SessionToken;
use ca_core::flow::change_login_password::{
    ChangeError, ChangeLoginPassword, change_login_password,
};
use ca_core::flow::log_in::TryError;
use secrecy::{ExposeSecret, SecretString};

use super::fault::Faults;
use super::holder::Holder;
use super::path;
use crate::form::Form;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::Area;

#[derive(Template)]
#[template(path = "applicant/change_password.html")]
pub(crate) struct ChangePage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) why: String,
    /// The change is part of the way to the certificate, and the present password was typed a moment ago.
    pub(crate) is_step: bool,
    pub(crate) user_id: String,
}

impl ChangePage {
    fn new(holder: &Holder, faults: Faults) -> Self {
        let page = holder.page();
        let is_step = is_forced(holder);
        let why = if is_step {
            page.t("password-why-temporary")
        } else {
            page.t("password-why-chosen")
        };
        Self {
            page,
            faults,
            why,
            is_step,
            user_id: holder.account.user_id.to_string(),
        }
    }
}

/// What was typed.
struct Typed {
    current: SecretString,
    new: SecretString,
    again: SecretString,
}

fn is_forced(holder: &Holder) -> bool {
    holder.session.stage == Stage::ChangePassword
}

pub(super) async fn show(holder: Holder) -> Result<HttpResponse, Problem> {
    page::show(&ChangePage::new(&holder, Faults::default()))
}

pub(super) async fn send(form: Form, holder: Holder) -> Result<HttpResponse, Problem> {
    let typed = Typed {
        current: form.secret("current"),
        new: form.secret("new"),
        again: form.secret("again"),
    };
    let faults = faults_of_typing(&holder, &typed);
    if !faults.is_empty() {
        return refuse(&holder, faults);
    }
    match change(&holder, typed).await? {
        Ok(token) => {
            let mut reply = page::see_other(path::GATE);
            let cookie = session::cookie(Area::Applicant, token.expose().to_owned());
            reply.add_cookie(&cookie).map_err(Problem::internal)?;
            Ok(reply)
        }
        Err(error) => refuse(&holder, faults_of(&holder, error)?),
    }
}

fn faults_of_typing(holder: &Holder, typed: &Typed) -> Faults {
    let page = holder.page();
    let is_empty = |secret: &SecretString| secret.expose_secret().is_empty();
    let mut faults = Faults::new(page.t("errors-title"));
    if !is_forced(holder) && is_empty(&typed.current) {
        faults.add("current", page.t("password-none-current"));
    }
    if is_empty(&typed.new) {
        faults.add("new", page.t("password-none"));
    } else if is_empty(&typed.again) {
        faults.add("again", page.t("password-none-again"));
    } else if typed.new.expose_secret() != typed.again.expose_secret() {
        faults.add("again", page.t("password-differ"));
    }
    faults
}

async fn change(
    holder: &Holder,
    typed: Typed,
) -> Result<Result<SessionToken, ChangeError>, Problem> {
    let holder = holder.clone();
    let site = Arc::clone(&holder.visit.site);
    let hashing = site.hashing.clone();
    let work = move || {
        let input = ChangeLoginPassword {
            session: &holder.session,
            account: &holder.account,
            current: (!is_forced(&holder)).then_some(&typed.current),
            new: &typed.new,
            rules: site.try_rules(),
            absolute: site.absolute(),
        };
        let (random, now) = (site.random.as_ref(), site.clock.now());
        change_login_password(&site.store, random, now, input).map(|(token, _)| token)
    };
    hashing.run(work).await
}

/// What the flow refused, beside the field that it is about.
fn faults_of(holder: &Holder, error: ChangeError) -> Result<Faults, Problem> {
    let page = holder.page();
    let faults = Faults::new(page.t("errors-title"));
    let new = |text| Ok(faults.clone().with_field("new", text, String::new()));
    match error {
        ChangeError::Same => new(page.t("password-same")),
        ChangeError::Choice(error) => new(choice_text(&page, error)),
        ChangeError::Current(
            TryError::Wrong {
                left: 0,
                locked_until: Some(until),
            }
            | TryError::Locked { until },
        ) => {
            let lock = holder.visit.site.config.lock;
            let numbers = [
                ("tries", lock.tries.to_string()),
                ("until", page.moment(until)),
            ];
            Ok(faults.with_field(
                "current",
                page.with("password-locked", numbers),
                String::new(),
            ))
        }
        ChangeError::Current(TryError::Wrong { .. }) => {
            Ok(faults.with_field("current", page.t("password-current-wrong"), String::new()))
        }
        error => Err(Problem::internal(error)),
    }
}

fn choice_text(page: &Page, error: ChoiceError) -> String {
    match error {
        ChoiceError::TooShort { .. } => page.t("password-short"),
        ChoiceError::SameAsUserId => page.t("password-is-user-id"),
        ChoiceError::Common => page.t("password-easy"),
        ChoiceError::Typed(TypedError::TooLong) => {
            page.with("password-long", [("most", LONGEST_PASSWORD)])
        }
        ChoiceError::Typed(_) => page.t("password-wide"),
    }
}

fn refuse(holder: &Holder, faults: Faults) -> Result<HttpResponse, Problem> {
    page::reply(
        StatusCode::UNPROCESSABLE_ENTITY,
        &ChangePage::new(holder, faults),
    )
}
