//! What can go wrong with a request, as handlers say it; [`dress`] turns each into a designed page.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, LOCATION, RETRY_AFTER};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, ResponseError};
use askama::Template;
use ca_core::store::{is_about_a_damaged_row, is_out_of_order};

use crate::page::{self, Page};
use crate::visit::Visit;

/// Seconds after which a browser that met an overload may come back.
const BUSY_SECONDS: &str = "10";
/// The same where the database is out of order.
const AWAY_SECONDS: &str = "60";

/// A request that is not answered as asked.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// No such page, or nothing that this visitor may know of.
    #[error("not found")]
    NotFound,
    /// The form did not come from a page that we gave to this browser, or that page is out of date.
    #[error("the form was not ours: {0}")]
    Forged(&'static str),
    /// Known, but not allowed.
    #[error("not allowed: {0}")]
    Forbidden(&'static str),
    /// Malformed: a field missing, doubled, not UTF-8.
    #[error("malformed request: {0}")]
    Malformed(&'static str),
    /// More bytes than any form of ours has.
    #[error("too large")]
    TooLarge,
    /// Not logged in, or logged in for too long; carries the login page to go to.
    #[error("not logged in")]
    SignedOut(&'static str),
    /// This visitor has to begin at another page.
    #[error("belongs at {0}")]
    Elsewhere(&'static str),
    /// Too many passwords are being checked at this moment.
    #[error("busy")]
    Busy,
    /// The database is out of order. The text goes to the log.
    #[error("{0}")]
    Unavailable(String),
    /// What was asked for is kept in a row that cannot be read: damaged, or written by somebody else. The text goes to
    /// the log.
    #[error("alarm: a row cannot be read: {0}")]
    Damaged(String),
    /// Our fault. The text goes to the log under the request's mark, never to the visitor.
    #[error("{0}")]
    Internal(String),
}

impl Problem {
    /// Our fault, or the database's, told by an error that the visitor must not read.
    pub fn internal(error: impl std::error::Error + 'static) -> Self {
        let told = error.to_string();
        if is_out_of_order(&error) {
            return Self::Unavailable(told);
        }
        if is_about_a_damaged_row(&error) {
            return Self::Damaged(told);
        }
        Self::Internal(told)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Forged(_) | Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SignedOut(_) | Self::Elsewhere(_) => StatusCode::SEE_OTHER,
            Self::Busy | Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Damaged(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut reply = HttpResponse::build(self.status_code());
        match self {
            Self::SignedOut(path) | Self::Elsewhere(path) => reply.insert_header((LOCATION, *path)),
            Self::Busy => reply.insert_header((RETRY_AFTER, BUSY_SECONDS)),
            Self::Unavailable(_) => reply.insert_header((RETRY_AFTER, AWAY_SECONDS)),
            _ => &mut reply,
        };
        reply.finish()
    }
}

/// Middleware: gives every refusal, ours or the framework's, a page in the visitor's language.
pub async fn dress<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let visit = Visit::of(request.request())?;
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || is_html(&response) || is_for_machines(&response) {
        return Ok(response);
    }
    let kind = Kind::of(&response);
    let body = ProblemPage {
        page: visit.page(),
        kind,
        status: status.as_u16(),
        home: visit.area.home_path(),
    }
    .render();
    let Ok(body) = body else { return Ok(response) };
    Ok(response.map_body(|head, _| {
        head.headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static(page::HTML));
        BoxBody::new(body)
    }))
}

/// Marks a refusal that a machine reads: it stays as it is.
#[derive(Debug, Clone, Copy)]
pub struct ForMachines;

fn is_for_machines(response: &ServiceResponse) -> bool {
    response
        .response()
        .extensions()
        .get::<ForMachines>()
        .is_some()
}

fn is_html(response: &ServiceResponse) -> bool {
    response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"))
}

/// The pages there are for problems: the key of their texts in `layout.ftl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    NotFound,
    Forged,
    Forbidden,
    Malformed,
    Method,
    TooLarge,
    Busy,
    Unavailable,
    Damaged,
    Internal,
}

impl Kind {
    fn of(response: &ServiceResponse) -> Self {
        let problem = response.response().error();
        match problem.and_then(|error| error.as_error()) {
            Some(Problem::Forged(_)) => return Self::Forged,
            Some(Problem::Unavailable(_)) => return Self::Unavailable,
            Some(Problem::Damaged(_)) => return Self::Damaged,
            _ => {}
        }
        match response.status() {
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Self::Forbidden,
            StatusCode::METHOD_NOT_ALLOWED => Self::Method,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::URI_TOO_LONG => Self::TooLarge,
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => Self::Busy,
            status if status.is_server_error() => Self::Internal,
            _ => Self::Malformed,
        }
    }
}

impl Kind {
    /// What the page is called.
    fn title(self, page: &Page) -> String {
        match self {
            Self::NotFound => page.t("problem-not-found-title"),
            Self::Forged => page.t("problem-forged-title"),
            Self::Forbidden => page.t("problem-forbidden-title"),
            Self::Malformed => page.t("problem-malformed-title"),
            Self::Method => page.t("problem-method-title"),
            Self::TooLarge => page.t("problem-too-large-title"),
            Self::Busy => page.t("problem-busy-title"),
            Self::Unavailable => page.t("problem-unavailable-title"),
            Self::Damaged => page.t("problem-damaged-title"),
            Self::Internal => page.t("problem-internal-title"),
        }
    }

    /// What happened.
    fn what(self, page: &Page) -> String {
        match self {
            Self::NotFound => page.t("problem-not-found-what"),
            Self::Forged => page.t("problem-forged-what"),
            Self::Forbidden => page.t("problem-forbidden-what"),
            Self::Malformed => page.t("problem-malformed-what"),
            Self::Method => page.t("problem-method-what"),
            Self::TooLarge => page.t("problem-too-large-what"),
            Self::Busy => page.t("problem-busy-what"),
            Self::Unavailable => page.t("problem-unavailable-what"),
            Self::Damaged => page.t("problem-damaged-what"),
            Self::Internal => page.t("problem-internal-what"),
        }
    }

    /// What to do now.
    fn next(self, page: &Page) -> String {
        match self {
            Self::NotFound => page.t("problem-not-found-next"),
            Self::Forged => page.t("problem-forged-next"),
            Self::Forbidden => page.t("problem-forbidden-next"),
            Self::Malformed => page.t("problem-malformed-next"),
            Self::Method => page.t("problem-method-next"),
            Self::TooLarge => page.t("problem-too-large-next"),
            Self::Busy => page.t("problem-busy-next"),
            Self::Unavailable => page.t("problem-unavailable-next"),
            Self::Damaged => page.t("problem-damaged-next"),
            Self::Internal => page.t("problem-internal-next"),
        }
    }
}

#[derive(Template)]
#[template(path = "problem.html")]
pub(crate) struct ProblemPage {
    pub(crate) page: Page,
    pub(crate) kind: Kind,
    pub(crate) status: u16,
    pub(crate) home: &'static str,
}
