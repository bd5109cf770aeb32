//! Who is logged in, and how far: handlers that take one of these cannot forget to ask.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use ca_core::domain::session::{Audience, Stage};
use ca_core::flow::SessionToken;
use ca_core::flow::resume_session::{self, resume_session};
use ca_core::store::account::Account;
use ca_core::store::session::Session;

use super::path;
use crate::page::Page;
use crate::problem::Problem;
use crate::session;
use crate::site::{Area, Site};
use crate::visit::Visit;
use crate::work;

/// An applicant with a live session, at whatever stage.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    pub(crate) visit: Visit,
    pub(crate) token: SessionToken,
    pub(crate) session: Session,
    pub(crate) account: Account,
}

impl Holder {
    /// What the layout needs, with the user ID in the head.
    pub(crate) fn page(&self) -> Page {
        self.visit
            .page()
            .signed_in_as(self.account.user_id.as_str())
    }

    /// Where this session belongs now.
    pub(crate) fn place(&self) -> &'static str {
        place_of(self.session.stage)
    }

    /// The holder of this request's session, if there is one.
    pub(crate) async fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let visit = Visit::of(request)?;
        let shown = session::shown(request, Area::Applicant);
        let Some(token) = shown.and_then(|value| SessionToken::from_cookie(&value)) else {
            return Ok(None);
        };
        let site = Data::from(Arc::clone(&visit.site));
        let name = token.clone();
        let found = work::read(&site, move |site: &Site| {
            let (idle, now) = (site.idle(), site.clock.now());
            resume_session(&site.store, &name, Audience::Applicant, idle, now)
        });
        Ok(match found.await? {
            Some((session, resume_session::Holder::Applicant(account))) => Some(Self {
                visit,
                token,
                session,
                account: *account,
            }),
            _ => None,
        })
    }
}

/// The page that a session of this stage has to begin with.
pub(crate) fn place_of(stage: Stage) -> &'static str {
    match stage {
        Stage::ChangePassword => path::PASSWORD,
        Stage::LoggedIn => path::GATE,
        Stage::GatePassed => path::CERTIFICATES,
    }
}

impl FromRequest for Holder {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            Self::of(&request)
                .await?
                .ok_or(Problem::Elsewhere(path::LOGIN))
        })
    }
}

/// An applicant who logged in with a password of their own.
#[derive(Debug, Clone)]
pub(crate) struct LoggedIn(pub(crate) Holder);

/// An applicant who passed the second gate too.
#[derive(Debug, Clone)]
pub(crate) struct Inside(pub(crate) Holder);

/// Sends whoever has not come as far as `stage` to where they have to begin.
fn at_least(stage: Stage, holder: Holder) -> Result<Holder, Problem> {
    if holder.session.stage < stage {
        Err(Problem::Elsewhere(holder.place()))
    } else {
        Ok(holder)
    }
}

impl FromRequest for LoggedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let holder = Holder::from_request(request, payload);
        Box::pin(async move { at_least(Stage::LoggedIn, holder.await?).map(Self) })
    }
}

impl FromRequest for Inside {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let holder = Holder::from_request(request, payload);
        Box::pin(async move { at_least(Stage::GatePassed, holder.await?).map(Self) })
    }
}
