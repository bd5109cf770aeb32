//! An operator at work: own certificate on the connection and own session, asked for at every request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use ca_core::domain::session::Audience;
use ca_core::flow::SessionToken;
use ca_core::flow::log_in_operator::is_own_certificate;
use ca_core::flow::resume_session::{Holder, resume_session};
use ca_core::store::StoreError;
use ca_core::store::operator::Operator;
use chrono::{DateTime, Utc};

use super::certified::Certified;
use crate::page::Page;
use crate::problem::Problem;
use crate::session;
use crate::site::{Area, Site};
use crate::visit::Visit;
use crate::work;

/// A logged-in operator's request. A handler that takes it cannot forget the checks.
#[derive(Debug)]
pub(super) struct SignedIn {
    /// The request as pages see it.
    pub visit: Visit,
    /// Who.
    pub operator: Operator,
    /// The session.
    pub token: SessionToken,
    /// When the request came.
    pub now: DateTime<Utc>,
}

impl SignedIn {
    /// What the layout needs.
    pub fn page(&self) -> Page {
        self.visit.page().signed_in_as(&self.operator.display_name)
    }

    /// Runs `work` on a thread that may block.
    pub async fn read<T, E, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
        W: FnOnce(&Site) -> Result<T, E> + Send + 'static,
    {
        let site = Data::from(Arc::clone(&self.visit.site));
        work::read(&site, work).await
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let visit = Visit::of(request);
        let certified = Certified::from_request(request, payload).into_inner();
        let cookie = session::shown(request, Area::Console);
        Box::pin(async move { check(visit?, certified?, cookie).await })
    }
}

async fn check(
    visit: Visit,
    certified: Certified,
    cookie: Option<String>,
) -> Result<SignedIn, Problem> {
    let signed_out = || Problem::SignedOut(Area::Console.login_path());
    let token = cookie.as_deref().and_then(SessionToken::from_cookie);
    let token = token.ok_or_else(signed_out)?;
    let now = visit.site.clock.now();
    let site = Data::from(Arc::clone(&visit.site));
    let shown = token.clone();
    let found = work::read(&site, move |site| entitled(site, &shown, &certified, now));
    let operator = found.await?.ok_or_else(signed_out)?;
    Ok(SignedIn {
        visit,
        operator,
        token,
        now,
    })
}

/// The operator of the session, if the certificate of this very connection is that operator's.
fn entitled(
    site: &Site,
    token: &SessionToken,
    certified: &Certified,
    now: DateTime<Utc>,
) -> Result<Option<Operator>, StoreError> {
    let resumed = resume_session(&site.store, token, Audience::Operator, site.idle(), now)?;
    let (Some((_, Holder::Operator(operator))), Some(shown)) = (resumed, &certified.shown) else {
        return Ok(None);
    };
    let own = is_own_certificate(&site.store, &operator, shown, now)?;
    Ok(own.then_some(*operator))
}
