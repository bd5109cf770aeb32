//! What every reply carries, whoever made it: a mark for the log, no caching, and the browser's safety belts.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage};
use ca_core::store::deadline::Deadline;
use tracing::Instrument;

use crate::csrf::{COOKIE_BYTES, FormCookie};
use crate::problem::Problem;
use crate::proxy::Proxied;
use crate::site::{Area, Site};
use crate::source::address_of;
use crate::work::DEADLINE;

/// Nothing but our own files; no inline style or script; in nobody's frame.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Name of the policy's header.
pub(crate) const CONTENT_SECURITY: &str = "content-security-policy";

const ALWAYS: [(&str, &str); 7] = [
    (CONTENT_SECURITY, CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Names the request in the reply, in the log, and on pages that say that something went wrong.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// One year (RFC 6797), for a site whose certificate every browser trusts.
const HSTS: &str = "max-age=31536000";
/// Makes browsers forget what an earlier version or configuration told them (RFC 6797 §6.1.1). A site under our own
/// root must stay reachable past the browser's warning; on `localhost` it would reach into other programs.
const HSTS_OFF: &str = "max-age=0";

/// The name of one request, short enough to be read out over the telephone: `K3F9-72QX`.
#[derive(Debug, Clone, Default)]
pub struct Mark(String);

impl Mark {
    /// Crockford's alphabet: no I, L, O, U.
    const ALPHABET: [char; 32] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H',
        'J', 'K', 'M', 'N', 'P', 'Q', 'R', 'S', 'T', 'V', 'W', 'X', 'Y', 'Z',
    ];

    /// A mark out of eight random bytes.
    pub fn of(random: [u8; 8]) -> Self {
        let letter = |byte: &u8| {
            Self::ALPHABET
                .get(usize::from(byte & 31))
                .copied()
                .unwrap_or('0')
        };
        let letters: Vec<char> = random.iter().map(letter).collect();
        let halves: Vec<String> = letters
            .chunks(4)
            .map(|half| half.iter().collect())
            .collect();
        Self(halves.join("-"))
    }

    /// The name that a proxy gave; none if it is not one that may stand in a log.
    fn given(name: &HeaderValue) -> Option<Self> {
        let name = name.to_str().ok()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let good = (1..=64).contains(&name.len()) && name.bytes().all(plain);
        good.then(|| Self(name.to_owned()))
    }

    /// As shown.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Middleware, outermost: names the request, then completes the reply's headers.
pub async fn complete<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let missing = || Problem::Internal("the listener was set up without its site".to_owned());
    let site = request
        .app_data::<Data<Site>>()
        .cloned()
        .ok_or_else(missing)?;
    let area = *request
        .app_data::<Data<Area>>()
        .ok_or_else(missing)?
        .get_ref();
    let (mut mark, mut cookie) = ([0; 8], [0; COOKIE_BYTES]);
    site.random.fill(&mut mark);
    site.random.fill(&mut cookie);
    let cookie = FormCookie::of(request.request(), area, cookie);
    let mark = given(&request, &site).unwrap_or_else(|| Mark::of(mark));
    request.extensions_mut().insert(mark.clone());
    request.extensions_mut().insert(cookie.clone());

    // Whoever asks for the head of a page alone gets it: the body is left out when the reply is written.
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }

    // Of the highest level: a filter that hides what is usual still names the request of what is not.
    let span = tracing::error_span!("visit", id = mark.as_str());
    let called = next.call(request).instrument(span.clone());
    let called = DEADLINE.scope(Deadline::begin(), called).await;
    let mut response = called?.map_into_boxed_body();
    span.in_scope(|| log(&response, &site));
    let is_page = response
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if let Some(cookie) = cookie.to_set(area).filter(|_| is_page) {
        response.response_mut().add_cookie(&cookie)?;
    }
    let headers = response.headers_mut();
    complete_headers(headers, area, &site);
    if let Ok(mark) = HeaderValue::from_str(mark.as_str()) {
        headers.insert(REQUEST_ID, mark);
    }
    Ok(response)
}

/// The name that a trusted proxy gave the request. Anybody else's is not listened to: it would let a stranger write
/// into the log what it likes, or hide behind the name of another's request.
fn given(request: &ServiceRequest, site: &Site) -> Option<Mark> {
    request.app_data::<Data<Proxied>>()?;
    let from = request.peer_addr()?.ip();
    let name = request.headers().get(REQUEST_ID)?;
    site.config.proxy.trusts(from).then(|| Mark::given(name))?
}

/// One line a request; never the query, which may hold what somebody typed.
fn log(response: &ServiceResponse, site: &Site) {
    let from = address_of(response.request(), &site.config.proxy);
    let from = from.map_or_else(|| "unknown".to_owned(), |address| address.to_string());
    let status = response.status().as_u16();
    let (method, path) = (response.request().method(), response.request().path());
    match response.response().error() {
        Some(error) if status >= 500 => {
            tracing::error!(status, %method, path, from, %error, "request failed");
        }
        Some(error) => tracing::info!(status, %method, path, from, %error, "request refused"),
        None if path.starts_with("/assets/") || path == "/healthz" => {
            tracing::debug!(status, %method, path, from, "request");
        }
        None => tracing::info!(status, %method, path, from, "request"),
    }
}

fn complete_headers(headers: &mut HeaderMap, area: Area, site: &Site) {
    for (name, value) in ALWAYS {
        // A drawing has its style inside; it brings a policy that allows that one style and nothing else.
        if headers.contains_key(CONTENT_SECURITY) && name == CONTENT_SECURITY {
            continue;
        }
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    if area.is_tls() {
        let lasting = site.config.tls.publicly_trusted && !site.is_localhost();
        let hsts = if lasting { HSTS } else { HSTS_OFF };
        headers.insert(
            HeaderName::from_static("strict-transport-security"),
            HeaderValue::from_static(hsts),
        );
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_can_be_read_out() {
        assert_eq!(
            Mark::of([0, 1, 10, 31, 32, 255, 20, 18]).as_str(),
            "01AZ-0ZMJ"
        );
    }

    #[test]
    fn a_given_name_is_short_and_plain() {
        let given = |text: &str| Mark::given(&HeaderValue::from_str(text).unwrap());
        assert_eq!(
            given("4bf92f35-77b3.A_1").unwrap().as_str(),
            "4bf92f35-77b3.A_1"
        );
        for text in ["", "a b", "a\tb", "x=1", "<b>", &"a".repeat(65)] {
            assert!(given(text).is_none(), "{text:?}");
        }
    }
}
