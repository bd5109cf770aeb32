//! Refusals that need no page: forms from other sites, doubled parameters, oversize addresses.

use std::collections::HashSet;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse};

use crate::problem::Problem;
use crate::site::Area;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Most bytes of path and query together.
const MOST_ADDRESS: usize = 2_048;

/// Middleware: lets through what one of our own pages may have sent.
pub async fn guard<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    match check(request.request()) {
        Ok(()) => Ok(next.call(request).await?.map_into_boxed_body()),
        Err(problem) => Ok(request.into_response(HttpResponse::from_error(problem))),
    }
}

fn check(request: &HttpRequest) -> Result<(), Problem> {
    // What follows is another site's address, with parameters of its own.
    let is_on_the_way = request.path() == Area::Portal.login_path()
        && request.query_string().starts_with("to=")
        && *request.method() == Method::GET;
    if is_on_the_way {
        return Ok(());
    }
    if request.uri().to_string().len() > MOST_ADDRESS {
        return Err(Problem::TooLarge);
    }
    if has_doubled_parameter(request.query_string()) {
        return Err(Problem::Malformed("a parameter was sent twice"));
    }
    if matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    ) {
        return Ok(());
    }
    if is_from_elsewhere(request) {
        return Err(Problem::Forged("origin"));
    }
    Ok(())
}

/// Browsers say where a form came from in `Sec-Fetch-Site` and `Origin`. Whoever sends neither (old browsers,
/// scripts) still needs the form's token.
fn is_from_elsewhere(request: &HttpRequest) -> bool {
    let read = |name| request.headers().get(name).map(HeaderValue::as_bytes);
    if read(SEC_FETCH_SITE).is_some_and(|site| site != b"same-origin") {
        return true;
    }
    read(ORIGIN).is_some_and(|origin| origin != own_origin(request).as_bytes())
}

/// Where this request was sent to. HTTP/2 says it in the address (`:authority`), HTTP/1.1 in `Host`.
fn own_origin(request: &HttpRequest) -> String {
    let named = request
        .headers()
        .get(HOST)
        .and_then(|host| host.to_str().ok());
    let asked = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    format!("https://{}", asked.or(named).unwrap_or_default())
}

fn has_doubled_parameter(query: &str) -> bool {
    let mut seen = HashSet::new();
    let names = query.split('&').filter(|pair| !pair.is_empty());
    names
        .map(|pair| pair.split_once('=').map_or(pair, |(name, _)| name))
        .any(|name| !seen.insert(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn post(headers: &[(&'static str, &'static str)]) -> HttpRequest {
        let request = TestRequest::post()
            .uri("/service/login")
            .insert_header(("host", "ca.example:8443"));
        headers
            .iter()
            .fold(request, |request, header| request.insert_header(*header))
            .to_http_request()
    }

    #[test]
    fn forms_from_other_sites_are_refused() {
        assert!(check(&post(&[("origin", "https://ca.example:8443")])).is_ok());
        assert!(check(&post(&[])).is_ok());
        for header in [
            ("origin", "https://evil.example"),
            ("origin", "https://ca.example:9443"),
            ("origin", "http://ca.example:8443"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            assert!(check(&post(&[header])).is_err(), "{header:?}");
        }
    }

    #[test]
    fn http_2_names_the_site_in_the_address() {
        let own = |origin| {
            let request = TestRequest::post().uri("https://ca.example:8443/service/login");
            check(&request.insert_header(("origin", origin)).to_http_request()).is_ok()
        };
        assert!(own("https://ca.example:8443"));
        assert!(!own("https://evil.example"));
    }

    #[test]
    fn an_applications_address_may_have_its_own_parameters() {
        let get = |uri: &str| check(&TestRequest::with_uri(uri).to_http_request());
        assert!(get("/portal/login?to=/apps/x?a=1&b=1&b=2").is_ok());
        assert!(get("/portal/login?a=1&a=2").is_err());
        assert!(get("/portal?to=/apps/x?a=1&b=1&b=2").is_err());
    }

    #[test]
    fn doubled_parameters_are_refused() {
        assert!(!has_doubled_parameter("a=1&b=1"));
        assert!(has_doubled_parameter("a=1&b=2&a=1"));
    }
}
