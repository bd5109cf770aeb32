//! The protected site: its own listener, a client certificate on every connection, then user ID and login password.
//!
//! A handler that takes [`signed_in::SignedIn`] is reached only with a live session whose own certificate this very
//! connection showed; what decides about certificates is `ca_core::domain::portal_admission`.

use actix_web::web::{self, ServiceConfig};

use crate::page;

mod ageing;
mod login;
mod logout;
mod nameless;
mod password;
mod path;
mod refusal;
pub(crate) mod signed_in;
pub(crate) mod top;

pub use nameless::Nameless;

#[cfg(test)]
mod tests;

/// Adds the pages to the portal's listener.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(|| async { page::see_other(path::TOP) }))
        .service(web::resource(path::TOP).get(top::show))
        .service(
            web::resource(path::LOGIN)
                .get(login::show)
                .post(login::send),
        )
        .service(web::resource(path::LOGOUT).post(logout::send))
        .service(web::resource(path::SIGNED_OUT).get(logout::show))
        .service(
            web::resource(path::PASSWORD)
                .get(password::show)
                .post(password::send),
        )
        .service(web::resource(path::AGEING).get(ageing::show));
}
