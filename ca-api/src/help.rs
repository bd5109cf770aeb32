//! The guides: importing the root, comparing its thumbprint, the certificate error, importing one's own certificate.

use actix_web::web::ServiceConfig;

use crate::asset::Asset;

/// The guides' drawings.
pub const ASSETS: &[Asset] = &[];

/// Adds the guides to every listener: who sees the certificate error must be able to read about it.
pub fn routes(_config: &mut ServiceConfig) {}
