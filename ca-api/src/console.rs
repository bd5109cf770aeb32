//! The operators' console: its own listener, its own session, a client certificate on every connection.
//!
//! A handler that takes [`signed_in::SignedIn`] is reached only by an operator whose own certificate opened the
//! connection and whose own session is alive; nothing else but logging in can be reached without.

use actix_web::web::{self, ServiceConfig};

use crate::asset::Asset;
use crate::page;

mod accounts;
mod addresses;
mod certificate;
mod certificates;
mod certified;
mod contact;
mod decide;
mod delegations;
mod expiring;
mod filter;
mod history;
mod login;
mod mails;
mod notice_form;
mod notices;
mod overview;
mod pager;
mod prospect;
mod queue;
mod reissue;
mod request;
mod revoke;
mod row;
mod signed_in;
mod tile;
mod trouble;
mod unused;
mod waiting;
mod when;
mod window;
mod words;

/// Files that the console's pages link to.
pub const ASSETS: &[Asset] = &[
    Asset::css("console.css", include_bytes!("../assets/console.css")),
    Asset::script("console.js", include_bytes!("../assets/console.js")),
];

/// Adds the pages to the console's listener.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", web::get().to(|| async { page::see_other("/console") }))
        .route("/console", web::get().to(overview::show))
        .service(
            web::resource("/console/login")
                .route(web::get().to(login::show))
                .route(web::post().to(login::submit)),
        )
        .service(web::resource("/console/logout").route(web::post().to(login::leave)))
        .route("/console/requests", web::get().to(queue::show))
        .service(
            web::resource("/console/requests/decide")
                // The language switch comes back by GET.
                .route(web::get().to(|| async { page::see_other("/console/requests") }))
                .route(web::post().to(decide::decide)),
        )
        .route("/console/requests/{id}", web::get().to(request::show))
        .service(web::resource("/console/requests/{id}/retry").route(web::post().to(decide::retry)))
        .route(certificates::LIST, web::get().to(certificates::show))
        .route(
            "/console/certificates/{serial}",
            web::get().to(certificate::show),
        )
        .service(
            web::resource("/console/certificates/{serial}/order")
                // The language switch comes back by GET.
                .route(web::get().to(|| async { page::see_other(certificates::LIST) }))
                .route(web::post().to(revoke::order)),
        )
        .service(
            web::resource("/console/delegations")
                .route(web::get().to(delegations::show))
                .route(web::post().to(delegations::add)),
        )
        .service(
            web::resource("/console/delegations/{id}/end")
                .route(web::get().to(delegations::ask_end))
                .route(web::post().to(delegations::end)),
        )
        .route("/console/accounts", web::get().to(accounts::show))
        .configure(reissue_routes)
        .configure(mail_routes)
        .configure(notice_routes);
}

fn reissue_routes(config: &mut ServiceConfig) {
    config
        .route("/console/expiring", web::get().to(expiring::show))
        .route("/console/expiring.csv", web::get().to(expiring::csv))
        .route("/console/reissues", web::get().to(reissue::list))
        .route("/console/reissues/{id}", web::get().to(reissue::show))
        .service(
            web::resource("/console/reissues/{id}/decide")
                .route(web::get().to(|| async { page::see_other("/console/reissues") }))
                .route(web::post().to(reissue::send)),
        );
}

fn mail_routes(config: &mut ServiceConfig) {
    config
        .route(mails::LIST, web::get().to(mails::show))
        .service(
            web::resource("/console/mails/{id}")
                .route(web::get().to(|| async { page::see_other(mails::LIST) }))
                .route(web::post().to(mails::settle)),
        );
}

fn notice_routes(config: &mut ServiceConfig) {
    // The language switch comes back by GET.
    let back = || async { page::see_other(notices::LIST) };
    config
        .service(
            web::resource(notices::LIST)
                .route(web::get().to(notices::show))
                .route(web::post().to(notice_form::publish)),
        )
        .route("/console/notices/new", web::get().to(notice_form::write))
        .service(
            web::resource("/console/notices/check")
                .route(web::get().to(back))
                .route(web::post().to(notice_form::check)),
        )
        .route("/console/notices/{id}", web::get().to(notices::one))
        .service(
            web::resource("/console/notices/{id}/withdraw")
                .route(web::get().to(back))
                .route(web::post().to(notices::withdraw)),
        )
        .route("/console/unused", web::get().to(unused::show))
        .route("/console/addresses", web::get().to(addresses::show))
        .service(
            web::resource("/console/addresses/{id}")
                .route(web::get().to(|| async { page::see_other("/console/addresses") }))
                .route(web::post().to(addresses::decide)),
        );
}

#[cfg(test)]
mod tests;
