//! The session cookie: a random value whose SHA-256 alone is stored, so that a copy of the database opens no door.

use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use crate::csrf;
use crate::site::Area;

/// The value that the browser shows, when it has the form of one of ours.
pub fn shown(request: &HttpRequest, area: Area) -> Option<String> {
    let cookie = request.cookie(area.session_cookie())?;
    csrf::is_ours(cookie.value()).then(|| cookie.value().to_owned())
}

/// The cookie that begins a session. No lifetime: it ends with the browser, and on the server before that.
pub fn cookie(area: Area, value: String) -> Cookie<'static> {
    Cookie::build(area.session_cookie(), value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(same_site(area))
        .finish()
}

/// The cookie that ends it.
pub fn cleared(area: Area) -> Cookie<'static> {
    let mut cookie = cookie(area, String::new());
    cookie.set_max_age(Duration::ZERO);
    cookie
}

/// Applicants follow links from mails to the site and should find themselves still logged in, so `Lax`; nobody
/// links to the console.
fn same_site(area: Area) -> SameSite {
    match area {
        Area::Plain | Area::Applicant | Area::Portal => SameSite::Lax,
        Area::Console => SameSite::Strict,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn cookies_are_out_of_reach_of_scripts_and_of_other_sites() {
        assert_eq!(
            cookie(Area::Applicant, "v".to_owned()).to_string(),
            "__Host-inkan=v; HttpOnly; SameSite=Lax; Secure; Path=/"
        );
        assert_eq!(
            cleared(Area::Console).to_string(),
            "__Host-inkan-console=; HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0"
        );
    }

    proptest::proptest! {
        #[test]
        fn no_text_passes_for_a_cookie_but_one_of_our_form(text in "\\PC{0,80}|[0-9a-f]{60,68}|[0-9A-F]{64}") {
            let request = TestRequest::default()
                .cookie(Cookie::new(Area::Console.session_cookie(), text.clone()))
                .to_http_request();
            if let Some(value) = shown(&request, Area::Console) {
                proptest::prop_assert!(value.len() == 64 && value.bytes().all(|b| b"0123456789abcdef".contains(&b)));
                proptest::prop_assert_eq!(value, text);
            }
        }
    }
}
