//! `GET /language/{tag}?back=/path`: remembers the language and goes back to the page. A link, so it needs no script.

use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
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
    let language = Language::of_tag(&tag).ok_or(Problem::NotFound)?;
    let cookie = Cookie::build(visit.area.language_cookie(), language.tag())
        .secure(visit.area.is_tls())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .max_age(Duration::days(365))
        .finish();
    Ok(HttpResponse::SeeOther()
        .cookie(cookie)
        .insert_header(("Location", own_path(&back.back)))
        .finish())
}

/// Only a path of this site: never `//host`, `/\host` or anything with a scheme.
fn own_path(back: &str) -> &str {
    let plain = back
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"/-_.".contains(&b));
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
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "",
            "/a\r\nb",
            "/a?b=c",
        ] {
            assert_eq!(own_path(elsewhere), "/", "{elsewhere:?}");
        }
    }
}
