//! `GET /healthz` (the process answers) and `GET /readyz` (and can do its work), for supervisors and proxies.

use actix_web::HttpResponse;
use actix_web::web::Data;
use ca_core::store::{StoreError, authority};

use crate::problem::Problem;
use crate::site::Site;
use crate::work;

pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// Ready means: the database answers and there is a CA to work for.
pub(super) async fn ready(site: Data<Site>) -> Result<HttpResponse, Problem> {
    let found = work::read(&site, |site| -> Result<_, StoreError> {
        site.store.read(authority::current)
    })
    .await;
    match found {
        Ok(Some(_)) => Ok(HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n")),
        Ok(None) => Ok(not_ready(
            "no certificate authority; run `ca-cli ca init`\n",
        )),
        Err(problem) => {
            tracing::error!(%problem, "not ready");
            Ok(not_ready("the database does not answer\n"))
        }
    }
}

fn not_ready(why: &'static str) -> HttpResponse {
    HttpResponse::ServiceUnavailable()
        .content_type("text/plain")
        .body(why)
}
