//! Pages for everybody: the top page, the root certificate, the language switch, health.

use actix_web::web::{self, ServiceConfig};

mod language;

/// On every listener.
pub fn routes_everywhere(config: &mut ServiceConfig) {
    config.service(web::resource("/language/{tag}").route(web::get().to(language::switch)));
}

/// On the applicants' listener.
pub fn routes(_config: &mut ServiceConfig) {}

/// On plain http: everything else goes to https.
pub fn routes_plain(_config: &mut ServiceConfig) {}
