//! The applicants' pages behind 「証明書発行サービス」: log in, gate, apply, download.

use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};

use crate::page;
use crate::problem::Problem;

pub(crate) mod apply;
pub(crate) mod card;
pub(crate) mod certificates;
pub(crate) mod download;
pub(crate) mod fault;
pub(crate) mod gate;
pub(crate) mod holder;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod password;
pub(crate) mod path;
pub(crate) mod progress;
pub(crate) mod reissue;
pub(crate) mod withdraw;

#[cfg(test)]
mod tests;

/// Adds the pages to the applicants' listener.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(web::resource(path::SERVICE).get(begin))
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
        .service(web::resource(path::GATE).get(gate::show).post(gate::send))
        .service(web::resource(path::CERTIFICATES).get(certificates::show))
        .service(
            web::resource(path::DOWNLOAD)
                .get(certificates::back)
                .post(download::send),
        )
        .service(
            web::resource(path::REQUEST)
                .get(apply::show)
                .post(apply::send),
        )
        .service(web::resource(path::DONE).get(apply::done))
        .service(
            web::resource(path::WITHDRAW)
                .get(withdraw::show)
                .post(withdraw::send),
        )
        .service(
            web::resource(path::REISSUE)
                .get(reissue::show)
                .post(reissue::send),
        )
        .service(web::resource(path::REISSUE_DONE).get(reissue::done));
}

/// The door 「証明書発行サービス」: to the page where this visitor stands.
async fn begin(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let holder = holder::Holder::of(&request).await?;
    Ok(page::see_other(
        holder.map_or(path::LOGIN, |holder| holder.place()),
    ))
}
