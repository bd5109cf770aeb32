//! An applicant at the portal: live session, own certificate on this connection; asked for at every request.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use ca_core::domain::session::Stage;
use ca_core::flow::SessionToken;
use ca_core::flow::resume_portal::{PortalSession, PortalVisit, resume_portal};
use ca_core::store::account::Account;
use ca_core::store::certificate::Certificate;
use ca_core::store::session::Session;
use chrono::{DateTime, Utc};

use super::path;
use crate::certified::Offered;
use crate::page::Page;
use crate::problem::Problem;
use crate::session;
use crate::site::{Area, Site};
use crate::visit::Visit;
use crate::work;

/// A logged-in applicant's request. A handler that takes it cannot forget the checks.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// The request as pages see it.
    pub(crate) visit: Visit,
    /// Who.
    pub(crate) account: Account,
    /// The session.
    pub(crate) session: Session,
    /// Its secret name.
    pub(crate) token: SessionToken,
    /// The certificate of this connection, as recorded.
    pub(crate) certificate: Certificate,
    /// When the request came.
    pub(crate) now: DateTime<Utc>,
}

/// The same for the pages that somebody may open who must first change the password.
#[derive(Debug, Clone)]
pub(crate) struct AnyStage(pub(crate) SignedIn);

impl SignedIn {
    /// What the layout needs, with the user ID in the head.
    pub(crate) fn page(&self) -> Page {
        self.visit
            .page()
            .signed_in_as(self.account.user_id.as_str())
    }

    /// Runs `work` on a thread that may block.
    pub(crate) async fn read<T, E, W>(&self, work: W) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: std::error::Error + Send + 'static,
        W: FnOnce(&Site) -> Result<T, E> + Send + 'static,
    {
        let site = Data::from(Arc::clone(&self.visit.site));
        work::read(&site, work).await
    }

    /// The session of this request at whatever stage, if it is alive under this connection's certificate.
    pub(crate) async fn of(request: &HttpRequest) -> Result<Option<Self>, Problem> {
        let visit = Visit::of(request)?;
        let presented = Offered::of(request)?.presented();
        let shown = session::shown(request, Area::Portal);
        let Some(token) = shown.and_then(|value| SessionToken::from_cookie(&value)) else {
            return Ok(None);
        };
        let (now, source) = (visit.site.clock.now(), visit.source);
        let site = Data::from(Arc::clone(&visit.site));
        let name = token.clone();
        let resumed = work::read(&site, move |site: &Site| {
            resume_portal(&site.store, &name, &presented, site.idle(), now, source)
        });
        let visited: PortalVisit = match resumed.await? {
            PortalSession::Alive(visited) => *visited,
            PortalSession::None => return Ok(None),
            PortalSession::Refused(refusal) => {
                tracing::info!(%refusal, "a portal session was refused");
                return Ok(None);
            }
        };
        Ok(Some(Self {
            visit,
            account: visited.account,
            session: visited.session,
            token,
            certificate: visited.certificate,
            now,
        }))
    }
}

/// Whoever is not signed in is sent to the login, which says what is wrong with the certificate if something is.
impl FromRequest for AnyStage {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let signed_in = SignedIn::of(&request).await?;
            signed_in
                .map(Self)
                .ok_or(Problem::SignedOut(Area::Portal.login_path()))
        })
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let any = AnyStage::from_request(request, payload);
        Box::pin(async move {
            let AnyStage(signed_in) = any.await?;
            if signed_in.session.stage == Stage::ChangePassword {
                return Err(Problem::Elsewhere(path::PASSWORD));
            }
            Ok(signed_in)
        })
    }
}
