//! `GET /metrics` on a listener of its own: what monitoring asks, as OpenMetrics text (Prometheus reads it).
//!
//! What concerns the service comes from the database at that moment, so all web tiers of a site say the same, and a worker
//! that died is seen by what it leaves undone. What a process alone can know, its connections and the certificates that its
//! listeners show, it says of itself. docs/monitoring.md has the table.

use std::sync::Arc;

use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpResponse, http};
use ca_core::flow::take_measurements::take_measurements;

use crate::door::Door;
use crate::site::Site;
use crate::work;
use shown::Shown;

mod sheet;
pub(crate) mod shown;
mod text;

/// Content type of OpenMetrics 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The one page of the listener.
pub(crate) fn routes(config: &mut ServiceConfig) {
    config.service(web::resource("/metrics").route(web::get().to(show)));
}

async fn show(site: Data<Site>, doors: Data<Vec<Arc<Door>>>, shown: Data<Shown>) -> HttpResponse {
    let now = site.clock.now();
    let measured = work::read(&site, move |site| take_measurements(&site.store, now)).await;
    let written = measured.map(|measured| text::of(&measured, &doors, &shown.ends()));
    match written {
        Ok(Ok(text)) => {
            site.faults.measurements.is_over();
            HttpResponse::Ok().content_type(OPEN_METRICS).body(text)
        }
        Ok(Err(error)) => failed(&site, &error),
        Err(problem) => failed(&site, &problem),
    }
}

/// Monitoring counts a look that failed by itself (`up` is 0); the log says why.
fn failed(site: &Site, error: &dyn std::fmt::Display) -> HttpResponse {
    site.faults.measurements.is_there(&error.to_string());
    HttpResponse::build(http::StatusCode::SERVICE_UNAVAILABLE)
        .content_type("text/plain")
        .body("the database does not answer\n")
}

#[cfg(test)]
mod tests;
