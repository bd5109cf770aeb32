//! For everybody: the top page, the root certificate, revocation lists, OCSP, the language switch, health.

use actix_web::web::{self, ServiceConfig};

pub mod crl;
mod health;
pub mod heartbeat;
mod language;
pub mod ocsp;
mod redirect;
mod root;
pub(crate) mod top;

/// On every listener.
pub fn routes_everywhere(config: &mut ServiceConfig) {
    config
        .service(
            web::resource("/language/{tag}")
                .route(web::get().to(language::switch))
                .route(web::post().to(language::switch_typed)),
        )
        .service(web::resource("/ca.crt").get(root::der).head(root::der))
        .service(
            web::resource("/ca/{file}")
                .get(root::of_generation)
                .head(root::of_generation),
        )
        .service(web::resource("/ca.pem").get(root::pem).head(root::pem))
        .service(web::resource("/crl/{name}").get(crl::show).head(crl::show))
        .service(web::resource("/healthz").get(health::alive))
        .service(web::resource("/readyz").get(health::ready));
}

/// On the applicants' listener.
pub fn routes(config: &mut ServiceConfig) {
    config.service(web::resource("/").get(top::show));
}

/// On plain http: everything else goes to https.
pub fn routes_plain(config: &mut ServiceConfig) {
    config.service(
        web::resource("/{path:.*}")
            .get(redirect::to_https)
            .head(redirect::to_https),
    );
}
