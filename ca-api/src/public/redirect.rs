//! Plain http sends everything that it does not serve itself to the same place over https.

use actix_web::http::header::LOCATION;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::site::Site;

/// To the configured address, never to what the `Host` header claims.
pub(super) async fn to_https(request: HttpRequest, site: Data<Site>) -> HttpResponse {
    let base = site.config.service.public_url.trim_end_matches('/');
    let path = request
        .uri()
        .path_and_query()
        .map_or("/", |path| path.as_str());
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, format!("{base}{path}")))
        .finish()
}
