//! 「パスワード変更」: forced after a letter (J2.2), or whenever one likes.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use ca_core::domain::lock::LockRule;
use ca_core::domain::password::{ChoiceError, LONGEST_PASSWORD, TypedError};
use ca_core::domain::session::Stage;
use ca_core::flow::SessionToken;
use ca_core::flow::change_login_password::{
    ChangeError, ChangeLoginPassword, change_login_password,
};
use ca_core::flow::log_in::TryError;
use ca_core::store::account::Account;
use ca_core::store::session::Session;
use secrecy::{ExposeSecret, SecretString};

use super::fault::Faults;
use super::holder::Holder;
use super::path;
use crate::form::Form;
use crate::hashing::Lane;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::Area;
use crate::visit::Visit;

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
        Self {
            why: why(&page, is_step, &holder.account),
            page,
            faults,
            is_step,
            user_id: holder.account.user_id.to_string(),
        }
    }
}

/// What was typed.
pub(crate) struct Typed {
    current: SecretString,
    new: SecretString,
    again: SecretString,
}

impl Typed {
    /// The fields of the form.
    pub(crate) fn of(form: &Form) -> Self {
        Self {
            current: form.secret("current"),
            new: form.secret("new"),
            again: form.secret("again"),
        }
    }
}

/// Why the password is changed now.
pub(crate) fn why(page: &Page, is_forced: bool, account: &Account) -> String {
    match (is_forced, account.login_password_temporary) {
        (true, true) => page.t("password-why-temporary"),
        (true, false) => page.t("password-why-expired"),
        (false, _) => page.t("password-why-chosen"),
    }
}

fn is_forced(holder: &Holder) -> bool {
    holder.session.stage == Stage::ChangePassword
}

pub(super) async fn show(holder: Holder) -> Result<HttpResponse, Problem> {
    page::show(&ChangePage::new(&holder, Faults::default()))
}

pub(super) async fn send(form: Form, holder: Holder) -> Result<HttpResponse, Problem> {
    let typed = Typed::of(&form);
    let page = holder.page();
    let faults = faults_of_typing(&page, is_forced(&holder), &typed);
    if !faults.is_empty() {
        return refuse(&holder, faults);
    }
    let lock = holder.visit.site.config.lock;
    let (session, account) = (holder.session.clone(), holder.account.clone());
    let changed = change(&holder.visit, session, account, typed);
    match changed.await? {
        Ok(token) => {
            let mut reply = page::see_other(path::GATE);
            let cookie = session::cookie(Area::Applicant, token.expose().to_owned());
            reply.add_cookie(&cookie).map_err(Problem::internal)?;
            Ok(reply)
        }
        Err(error) => refuse(&holder, faults_of(&page, lock, error)?),
    }
}

/// Mistakes that can be seen without a look at the account.
pub(crate) fn faults_of_typing(page: &Page, is_forced: bool, typed: &Typed) -> Faults {
    let is_empty = |secret: &SecretString| secret.expose_secret().is_empty();
    let mut faults = Faults::new(page.t("errors-title"));
    if !is_forced && is_empty(&typed.current) {
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

/// Changes it, on a thread that may work hard.
pub(crate) async fn change(
    visit: &Visit,
    session: Session,
    account: Account,
    typed: Typed,
) -> Result<Result<SessionToken, ChangeError>, Problem> {
    let site = Arc::clone(&visit.site);
    let hashing = site.hashing.clone();
    let turn = visit.turn(Lane::Known, account.user_id.as_str());
    let work = move || {
        let asked = session.stage != Stage::ChangePassword;
        let input = ChangeLoginPassword {
            session: &session,
            account: &account,
            current: asked.then_some(&typed.current),
            new: &typed.new,
            rules: site.try_rules(),
            absolute: site.absolute(),
        };
        let (random, now) = (site.random.as_ref(), site.clock.now());
        change_login_password(&site.store, random, now, input).map(|(token, _)| token)
    };
    hashing.run(&turn, work).await
}

/// What the flow refused, beside the field that it is about.
pub(crate) fn faults_of(
    page: &Page,
    lock: LockRule,
    error: ChangeError,
) -> Result<Faults, Problem> {
    let faults = Faults::new(page.t("errors-title"));
    let new = |text| Ok(faults.clone().with_field("new", text, String::new()));
    match error {
        ChangeError::Same => new(page.t("password-same")),
        ChangeError::UsedBefore => new(page.t("password-used-before")),
        ChangeError::Choice(error) => new(choice_text(page, error)),
        ChangeError::Current(
            TryError::Wrong {
                left: 0,
                locked_until: Some(until),
            }
            | TryError::Locked { until },
        ) => {
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
