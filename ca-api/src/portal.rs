//! The protected site: its own listener, a client certificate on every connection, then user ID and login password.
//!
//! A handler that takes [`signed_in::SignedIn`] is reached only with a live session whose own certificate this very
//! connection showed; what decides about certificates is `ca_core::domain::portal_admission`.

use actix_web::web::{self, ServiceConfig};

use crate::page;

mod ageing;
mod auth_check;
mod certificates;
pub(crate) mod functions;
pub(crate) mod login;
mod logout;
mod looking;
mod mail;
mod nameless;
mod notices;
mod onward;
mod password;
mod path;
mod reference;
pub(crate) mod refusal;
mod renewal;
mod setup;
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
        .service(web::resource(path::AGEING).get(ageing::show))
        .service(
            web::resource(path::REFERENCE)
                // The language switch comes back by GET.
                .get(|| async { page::see_other(path::TOP) })
                .post(reference::choose),
        )
        // Proxies send it by whatever method the browser used.
        .route(path::AUTH_CHECK, web::to(auth_check::check))
        .configure(own_functions);
}

/// What the portal does itself: notices, mail settings, the certificates' state, the check page.
fn own_functions(config: &mut ServiceConfig) {
    // The language switch comes back by GET.
    let to_notices = || async { page::see_other(path::NOTICES) };
    let to_mail = || async { page::see_other(path::MAIL) };
    config
        .service(web::resource(path::SETUP).get(setup::show))
        .service(web::resource(path::CERTIFICATES).get(certificates::show))
        .service(web::resource(path::NOTICES).get(notices::list))
        .service(web::resource("/portal/notices/{id}").get(notices::one))
        .service(
            web::resource("/portal/notices/{id}/delete")
                .get(to_notices)
                .post(notices::delete),
        )
        .service(web::resource(path::MAIL).get(mail::show))
        .service(
            web::resource("/portal/mail/kinds")
                .get(to_mail)
                .post(mail::choose),
        )
        .service(
            web::resource("/portal/mail/address")
                .get(to_mail)
                .post(mail::ask),
        )
        .service(
            web::resource("/portal/mail/code")
                .get(to_mail)
                .post(mail::prove),
        )
        .service(
            web::resource("/portal/mail/withdraw")
                .get(to_mail)
                .post(mail::withdraw),
        );
}
