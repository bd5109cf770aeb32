//! The operators' console.

use actix_web::web::ServiceConfig;

use crate::asset::Asset;

/// Files that the console's pages link to.
pub const ASSETS: &[Asset] = &[Asset::css(
    "console.css",
    include_bytes!("../assets/console.css"),
)];

/// Adds the pages to the console's listener.
pub fn routes(_config: &mut ServiceConfig) {}
