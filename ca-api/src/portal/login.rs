//! 「ログイン」 at the portal: the certificate first, then user ID and login password (J5).
//!
//! What is wrong with the certificate is said before anything is typed. What is said about the ID typed concerns the
//! certificate's own account alone; the lock is the one of the 証明書発行サービス.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use ca_core::domain::password::PasswordAge;
use ca_core::domain::portal_admission::Refusal;
use ca_core::domain::session::Stage;
use ca_core::domain::user_id::{TypedUserId, UserId};
use ca_core::flow::judge_certificate::{Judged, Presented, judge_certificate};
use ca_core::flow::log_in::TryError;
use ca_core::flow::log_in_portal::{Entered, LogInPortal, PortalLogin, log_in_portal};
use ca_core::flow::refuse_portal::refuse_portal;
use chrono::{DateTime, Utc};
use secrecy::SecretString;

use super::signed_in::SignedIn;
use super::{logout, onward, path, refusal};
use crate::applicant::fault::Faults;
use crate::applicant::login::{faults_of_typing, locked_faults, replaced_faults, wrong_faults};
use crate::certified::{Certified, Offered};
use crate::form::Form;
use crate::hashing::Lane;
use crate::page::{self, Page};
use crate::problem::Problem;
use crate::session;
use crate::site::{Area, Site};
use crate::visit::Visit;
use crate::work;

#[derive(Template)]
#[template(path = "portal/login.html")]
pub(crate) struct LoginPage {
    pub(crate) page: Page,
    pub(crate) faults: Faults,
    pub(crate) certificate: Option<Certified>,
    pub(crate) user_id: String,
    pub(crate) folded: bool,
    pub(crate) timed_out: bool,
    pub(crate) lock_rule: String,
}

impl LoginPage {
    fn new(visit: &Visit, offered: &Offered) -> Self {
        let page = visit.page();
        let lock = visit.site.config.lock;
        let numbers = [("tries", lock.tries), ("minutes", lock.minutes)];
        Self {
            lock_rule: page.with("login-lock-rule", numbers),
            page,
            faults: Faults::default(),
            certificate: offered.0.clone(),
            user_id: String::new(),
            folded: false,
            timed_out: false,
        }
    }
}

pub(super) async fn show(
    request: HttpRequest,
    visit: Visit,
    offered: Offered,
) -> Result<HttpResponse, Problem> {
    if SignedIn::of(&request).await?.is_some() {
        return Ok(page::see_other(path::TOP));
    }
    if let Some((refused, judged)) = refused_at_the_door(&visit, &offered).await? {
        return refusal::reply(&visit, refused, offered, judged.certificate.as_ref(), None);
    }
    let timed_out = session::shown(&request, Area::Portal).is_some();
    let mut reply = page::show(&LoginPage {
        timed_out,
        ..LoginPage::new(&visit, &offered)
    })?;
    let cleared = timed_out.then(|| session::cleared(Area::Portal));
    let onward = onward::asked(&request, &visit.site);
    for cookie in cleared.into_iter().chain(onward) {
        reply.add_cookie(&cookie).map_err(Problem::internal)?;
    }
    Ok(reply)
}

pub(super) async fn send(
    request: HttpRequest,
    visit: Visit,
    offered: Offered,
    form: Form,
) -> Result<HttpResponse, Problem> {
    let typed = UserId::parse(form.text("user_id"), &visit.site.classes);
    let faults = faults_of_typing(&visit.page(), typed.as_ref().err(), form.text("password"));
    let (Ok(typed), true) = (typed, faults.is_empty()) else {
        // A certificate that opens nothing comes first, whatever was typed.
        if let Some((refused, judged)) = refused_at_the_door(&visit, &offered).await? {
            return refusal::reply(&visit, refused, offered, judged.certificate.as_ref(), None);
        }
        let user_id = form.text("user_id").to_owned();
        return again(LoginPage {
            faults,
            user_id,
            ..LoginPage::new(&visit, &offered)
        });
    };
    let tried = try_it(
        &visit,
        &offered,
        typed.user_id.clone(),
        form.secret("password"),
    );
    let Some(tried) = tried.await? else {
        return again(LoginPage {
            faults: replaced_faults(&visit.page()),
            user_id: typed.user_id.to_string(),
            ..LoginPage::new(&visit, &offered)
        });
    };
    match tried {
        PortalLogin::Entered(entered) => {
            // Who logs in again leaves the session that was open before.
            logout::end_session(&request).await?;
            enter(&visit, &entered)
        }
        PortalLogin::Refused {
            refusal,
            left,
            until,
        } => refuse(&visit, offered, typed, refusal, (left, until)).await,
    }
}

/// What is wrong with the certificate, if something is; written down.
async fn refused_at_the_door(
    visit: &Visit,
    offered: &Offered,
) -> Result<Option<(Refusal, Judged)>, Problem> {
    let site: Data<Site> = Data::from(Arc::clone(&visit.site));
    let (presented, now, source) = (offered.presented(), site.clock.now(), visit.source);
    let look = work::read(&site, move |site: &Site| {
        let judged = judge_certificate(&site.store, &presented)?;
        let Err(refusal) = judged.shown.owner(now) else {
            return Ok(None);
        };
        if presented != Presented::Nothing || site.nameless.may_write(now) {
            refuse_portal(&site.store, now, refusal, &presented, source)?;
        }
        tracing::info!(%refusal, "refused at the portal's door");
        Ok::<_, ca_core::store::StoreError>(Some((refusal, judged)))
    });
    look.await
}

/// None when the password was replaced at this moment.
async fn try_it(
    visit: &Visit,
    offered: &Offered,
    user_id: UserId,
    password: SecretString,
) -> Result<Option<PortalLogin>, Problem> {
    let site = Arc::clone(&visit.site);
    let (presented, source) = (offered.presented(), visit.source);
    let turn = visit.turn(Lane::Known, user_id.as_str());
    let work = move || {
        let input = LogInPortal {
            presented: &presented,
            user_id: &user_id,
            password: &password,
            rules: site.try_rules(),
            ageing: site.config.password.ageing(),
            absolute: site.absolute(),
            host: &site.config.service.host,
            source,
        };
        log_in_portal(&site.store, site.random.as_ref(), site.clock.now(), input)
    };
    let tried: Result<PortalLogin, TryError> = visit.site.hashing.run(&turn, work).await?;
    match tried {
        Ok(tried) => Ok(Some(tried)),
        Err(TryError::Replaced) => Ok(None),
        Err(error) => Err(Problem::internal(error)),
    }
}

/// To the change of the password, to the warning about it, or to the portal's first page.
fn enter(visit: &Visit, entered: &Entered) -> Result<HttpResponse, Problem> {
    let ageing = visit.site.config.password.ageing();
    let changed_at = entered.account.login_password_changed_at;
    let age = ageing.age(changed_at, entered.session.created_at);
    let place = match (entered.session.stage, age) {
        (Stage::ChangePassword, _) => path::PASSWORD,
        (_, PasswordAge::Warned { .. }) => path::AGEING,
        _ => path::TOP,
    };
    let cookie = session::cookie(Area::Portal, entered.token.expose().to_owned());
    let mut reply = page::see_other(place);
    reply.add_cookie(&cookie).map_err(Problem::internal)?;
    Ok(reply)
}

async fn refuse(
    visit: &Visit,
    offered: Offered,
    typed: TypedUserId,
    refused: Refusal,
    (left, until): (Option<u32>, Option<DateTime<Utc>>),
) -> Result<HttpResponse, Problem> {
    let page = visit.page();
    let lock = visit.site.config.lock;
    let faults = match (refused, left, until) {
        (Refusal::WrongPassword | Refusal::Locked, _, Some(until)) => {
            locked_faults(&page, lock, until)
        }
        (Refusal::WrongPassword, Some(left), None) => wrong_faults(&page, lock, left),
        (refused, ..) => {
            let site: Data<Site> = Data::from(Arc::clone(&visit.site));
            let presented = offered.presented();
            let judged = work::read(&site, move |site: &Site| {
                judge_certificate(&site.store, &presented)
            });
            let recorded = judged.await?.certificate;
            let other = (refused == Refusal::OtherAccount).then(|| typed.user_id.to_string());
            return refusal::reply(visit, refused, offered, recorded.as_ref(), other);
        }
    };
    again(LoginPage {
        faults,
        user_id: typed.user_id.to_string(),
        folded: typed.folded,
        ..LoginPage::new(visit, &offered)
    })
}

fn again(page: LoginPage) -> Result<HttpResponse, Problem> {
    page::reply(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
