//! Where somebody was on the way to when the login came between: an application behind the portal.
//!
//! `/portal/login?to=ADDRESS`, the only and last parameter, as it is or percent-encoded. Kept in a cookie until the
//! portal's first page, which is where every login ends, also one with a change of the password on the way. Only
//! the portal's own addresses and those of functions of the access matrix are gone to: never another site.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};
use url::{Url, form_urlencoded};

use crate::page;
use crate::problem::Problem;
use crate::site::Site;

const COOKIE: &str = "__Host-inkan-portal-onward";
/// How long the way is remembered: a login with a forgotten password takes a while.
const LIFE: Duration = Duration::minutes(15);
/// Longest address that is remembered: cookies are sent with every request.
const LONGEST: usize = 1_500;

/// The cookie that remembers what the query asks for, if that is a place to go to.
pub(super) fn asked(request: &HttpRequest, site: &Site) -> Option<Cookie<'static>> {
    let text = request.query_string().strip_prefix("to=")?;
    // nginx cannot encode: what begins like an address is one, with all its own parameters.
    let is_plain = text.starts_with('/') || text.contains("://");
    let text = match is_plain {
        true => text.to_owned(),
        false => decoded(text)?,
    };
    let place = place(site, &text)?;
    Some(cookie(hex::encode(place), LIFE))
}

fn decoded(text: &str) -> Option<String> {
    let (only, _) = form_urlencoded::parse(text.as_bytes()).next()?;
    Some(only.into_owned())
}

/// The way on, once; none if nothing was asked for.
pub(super) fn follow(request: &HttpRequest, site: &Site) -> Result<Option<HttpResponse>, Problem> {
    let Some(kept) = request.cookie(COOKIE) else {
        return Ok(None);
    };
    let bytes = hex::decode(kept.value()).unwrap_or_default();
    // The browser could have made it up.
    let text = String::from_utf8(bytes).unwrap_or_default();
    let Some(place) = place(site, &text) else {
        return Ok(None);
    };
    let mut reply = page::see_other(&place);
    let gone = cookie(String::new(), Duration::ZERO);
    reply.add_cookie(&gone).map_err(Problem::internal)?;
    Ok(Some(reply))
}

fn cookie(value: String, life: Duration) -> Cookie<'static> {
    Cookie::build(COOKIE, value)
        .path("/")
        .secure(true)
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(life)
        .finish()
}

/// The address in its one normal form, if it is the portal's or lies within a function's.
fn place(site: &Site, text: &str) -> Option<String> {
    if text.is_empty() || text.len() > LONGEST || text.chars().any(char::is_control) {
        return None;
    }
    let portal = Url::parse(&site.config.portal_url()).ok()?;
    let asked = portal.join(text).ok()?;
    if !asked.username().is_empty() || asked.password().is_some() {
        return None;
    }
    let is_of = |own: &Url| {
        own.origin() == asked.origin() && own.origin().is_tuple() && is_within(own, &asked)
    };
    let urls = site.access.functions().filter_map(|own| own.url.as_deref());
    let mut functions = urls.filter_map(|url| portal.join(url).ok());
    let ours = asked.origin() == portal.origin() || functions.any(|own| is_of(&own));
    ours.then(|| asked.to_string())
}

/// Whether `asked` is the page of `own` or lies below it.
fn is_within(own: &Url, asked: &Url) -> bool {
    let (own, asked) = (own.path().trim_end_matches('/'), asked.path());
    let rest = asked.strip_prefix(own);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;
    use actix_web::test::TestRequest;

    const MATRIX: &str = "[[function]]\nkey = \"claims\"\nname = \"請求\"\nname_en = \"Claims\"\nabout = \"請求\"\n\
        about_en = \"Claims\"\nurl = \"https://claims.example.jp/app/\"\nactions = [\"view\"]\n";

    fn stage() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("matrix.toml");
        std::fs::write(&file, MATRIX).unwrap();
        Stage::with(|config| {
            config.service.portal_url = "https://portal.example.jp/".to_owned();
            config.portal.access_matrix = Some(file.clone());
        })
    }

    #[test]
    fn only_the_portal_and_its_functions_are_gone_to() {
        let stage = stage();
        let portal = "https://portal.example.jp";
        for (asked, place) in [
            (
                "/apps/claim?a=1&b=2",
                format!("{portal}/apps/claim?a=1&b=2"),
            ),
            (
                "%2Fapps%2Fclaim%3Fa%3D1",
                format!("{portal}/apps/claim?a=1"),
            ),
            ("https://portal.example.jp/apps", format!("{portal}/apps")),
            (
                "https://claims.example.jp/app",
                "https://claims.example.jp/app".to_owned(),
            ),
            (
                "https://claims.example.jp/app/x?y",
                "https://claims.example.jp/app/x?y".to_owned(),
            ),
        ] {
            let request =
                TestRequest::with_uri(&format!("/portal/login?to={asked}")).to_http_request();
            let cookie = super::asked(&request, &stage.site).unwrap_or_else(|| panic!("{asked}"));
            let back = TestRequest::with_uri("/portal")
                .cookie(cookie)
                .to_http_request();
            let reply = follow(&back, &stage.site).unwrap().unwrap();
            let location = reply.headers().get("location").unwrap();
            assert_eq!(location.to_str().unwrap(), place, "{asked}");
            let cleared = reply.cookies().find(|own| own.name() == COOKIE).unwrap();
            assert_eq!(cleared.max_age(), Some(Duration::ZERO), "once");
        }
    }

    #[test]
    fn nobody_is_sent_to_another_site() {
        let stage = stage();
        for asked in [
            "",
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example/",
            "\\\\evil.example",
            "%2F%2Fevil.example",
            "https:evil.example",
            "https://portal.example.jp@evil.example/",
            "https://user:pass@portal.example.jp/",
            "https://portal.example.jp.evil.example/",
            "http://portal.example.jp/",
            "https://portal.example.jp:8443/",
            "https://claims.example.jp/",
            "https://claims.example.jp/apple",
            "https://claims.example.jp/app/../secret",
            "javascript:alert(1)",
            "data:text/html,x",
            "%00",
            "/a%0d%0aSet-Cookie:x",
        ] {
            let request = TestRequest::default().to_http_request();
            assert!(super::asked(&request, &stage.site).is_none());
            let read = decoded(asked).unwrap_or_default();
            let found = [place(&stage.site, asked), place(&stage.site, &read)];
            for place in found.into_iter().flatten() {
                assert!(
                    place.starts_with("https://portal.example.jp/"),
                    "{asked}: {place}"
                );
                assert!(!place.contains(['\r', '\n']), "{asked}: {place}");
            }
            let forged = cookie(hex::encode(asked), LIFE);
            let request = TestRequest::with_uri("/portal")
                .cookie(forged)
                .to_http_request();
            if let Some(reply) = follow(&request, &stage.site).unwrap() {
                let location = reply.headers().get("location").unwrap().to_str().unwrap();
                assert!(
                    location.starts_with("https://portal.example.jp/"),
                    "{asked}: {location}"
                );
            }
        }
        let nonsense = Cookie::new(COOKIE, "zz");
        let request = TestRequest::with_uri("/portal")
            .cookie(nonsense)
            .to_http_request();
        assert!(follow(&request, &stage.site).unwrap().is_none());
    }
}
