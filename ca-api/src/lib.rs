//! The web tier: applicant pages, operator console, and what the worker signed for everyone to fetch.
//!
//! Order of reading: [`server`] (listeners), [`site`] (what every page shares), [`visit`] (what a page knows
//! about its visitor), [`page`] (how it is drawn), then one module per area of the site.

pub mod applicant;
pub mod asset;
pub mod certified;
pub mod console;
pub mod csrf;
mod door;
mod faults;
pub mod form;
pub mod guard;
pub mod hashing;
pub mod headers;
pub mod help;
pub mod locale;
mod metrics;
pub mod page;
pub mod portal;
mod priority;
pub mod problem;
mod proxy;
pub mod public;
pub mod server;
pub mod session;
pub mod site;
pub mod source;
#[cfg(test)]
#[path = "tests/stage.rs"]
mod stage;
pub mod visit;
pub mod work;
