//! What a request leaves in memory when it is over: nothing that was typed.
//!
//! The web framework keeps heads of answered requests for the next ones, and the headers in them are windows into the buffer
//! that the whole connection was read into, forms with passwords included. Such a head keeps the buffer for as long as nobody
//! needs it, which may be for days. Here each head gets headers of its own, so that the buffer is freed, and by that wiped,
//! with its connection.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use crate::site::Area;

/// Middleware, before everything else, for the listeners where passwords are typed.
pub async fn detach<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let area = request.app_data::<Data<Area>>();
    if area.is_some_and(|area| area.is_tls()) {
        give_own_headers(&mut request);
    }
    next.call(request).await
}

/// Copies the headers. Cookies are read now, kept with what belongs to this request alone, and not in the head.
fn give_own_headers(request: &mut ServiceRequest) {
    let are_cookies_read = request.cookies().is_ok();
    let headers = &mut request.head_mut().headers;
    let mut own = HeaderMap::with_capacity(headers.len());
    let to_copy = headers
        .iter()
        .filter(|(name, _)| !are_cookies_read || *name != COOKIE);
    for (name, value) in to_copy {
        let copied = HeaderName::from_bytes(name.as_str().as_bytes());
        let value = HeaderValue::from_bytes(value.as_bytes());
        // They were a header a moment ago, and are one again.
        if let (Ok(name), Ok(value)) = (copied, value) {
            own.append(name, value);
        }
    }
    *headers = own;
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn headers_are_copied_as_they_were_and_cookies_are_read_out_of_them() {
        let sent = HeaderValue::from_bytes(b"\xE5\xB1\xB1").unwrap();
        let mut request = TestRequest::get()
            .append_header(("x-twice", "one"))
            .append_header(("x-twice", "two"))
            .append_header(("x-bytes", sent.clone()))
            .append_header((COOKIE, "a=1; b=2"))
            .to_srv_request();
        let before = request
            .headers()
            .get("x-bytes")
            .unwrap()
            .as_bytes()
            .as_ptr();
        give_own_headers(&mut request);
        let headers = request.headers();
        let twice: Vec<_> = headers.get_all("x-twice").collect();
        assert_eq!(twice, ["one", "two"]);
        let copied = headers.get("x-bytes").unwrap();
        assert_eq!(copied, sent);
        assert_ne!(copied.as_bytes().as_ptr(), before, "memory of its own");
        assert!(!headers.contains_key(COOKIE));
        assert_eq!(request.cookie("b").unwrap().value(), "2");
    }

    #[test]
    fn cookies_that_cannot_be_read_are_refused_as_before() {
        let bytes = HeaderValue::from_bytes(b"a=\xFF").unwrap();
        let mut request = TestRequest::get()
            .append_header((COOKIE, bytes))
            .to_srv_request();
        give_own_headers(&mut request);
        assert!(request.cookies().is_err());
    }
}
