//! The protected site over real TLS: who gets in, what they are told otherwise, and how it ends.

mod agents_notices;
mod browser;
mod door;
mod ends;
mod forward_auth;
mod functions;
mod renewal;
mod sessions;
mod setup;
