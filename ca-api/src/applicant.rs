//! The applicants' pages behind 「証明書発行サービス」: log in, gate, apply, download.

use actix_web::web::ServiceConfig;

/// Adds the pages to the applicants' listener.
pub fn routes(_config: &mut ServiceConfig) {}
