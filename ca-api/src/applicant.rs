//! The applicants' pages behind 「証明書発行サービス」: log in, gate, apply, download.

use actix_web::web::ServiceConfig;

pub(crate) mod apply;
pub(crate) mod certificates;
pub(crate) mod fault;
#[cfg(test)]
mod gallery;
pub(crate) mod gate;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod password;
pub(crate) mod progress;
pub(crate) mod withdraw;

/// Adds the pages to the applicants' listener.
pub fn routes(_config: &mut ServiceConfig) {}
