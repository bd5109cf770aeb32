//! The applicants' site as a clerk, a stranger and an attacker meet it.

mod gates;
mod kept_file;
mod locks;
mod public;
mod reissue;
mod requests;
