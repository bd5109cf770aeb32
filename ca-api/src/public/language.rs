//! `/language/{tag}?back=/path`: remembers the language and goes back to the page. It needs no script.
//!
//! By GET, from a link. By POST, from a page with a form: the reply sends the browser on to the page with the same
//! fields, so that what was typed is there again. The page's own handler draws it; nothing is done with the fields here.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::locale::Language;
use crate::problem::Problem;
use crate::visit::Visit;

#[derive(Debug, Deserialize)]
pub(super) struct Back {
    #[serde(default)]
    back: String,
}

pub(super) async fn switch(
    visit: Visit,
    tag: web::Path<String>,
    back: web::Query<Back>,
) -> Result<HttpResponse, Problem> {
    go_back(&visit, &tag, &back, StatusCode::SEE_OTHER)
}

/// The same with a form: 307 keeps the method and the fields.
pub(super) async fn switch_typed(
    visit: Visit,
    tag: web::Path<String>,
    back: web::Query<Back>,
) -> Result<HttpResponse, Problem> {
    go_back(&visit, &tag, &back, StatusCode::TEMPORARY_REDIRECT)
}

fn go_back(
    visit: &Visit,
    tag: &str,
    back: &Back,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let language = Language::of_tag(tag).ok_or(Problem::NotFound)?;
    let cookie = Cookie::build(visit.area.language_cookie(), language.tag())
        .secure(visit.area.is_tls())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365))
        .finish();
    Ok(HttpResponse::build(status)
        .cookie(cookie)
        .insert_header(("Location", own_path(&back.back)))
        .finish())
}

/// Only a path of this site: never `//host`, `/\host` or anything with a scheme.
fn own_path(back: &str) -> &str {
    let plain = back
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/-_.?=&%+".contains(&b));
    if back.starts_with('/') && !back.starts_with("//") && plain {
        back
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn the_way_back_never_leaves_the_site() {
        assert_eq!(own_path("/service/login"), "/service/login");
        let searched = "/console/accounts?q=%E3%81%95+a&page=2";
        assert_eq!(own_path(searched), searched);
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\r\nb",
        ] {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
