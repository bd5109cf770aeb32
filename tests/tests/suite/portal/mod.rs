//! The protected site over real TLS: who gets in, what they are told otherwise, and how it ends.

mod agents_notices;
mod door;
mod functions;
mod renewal;
mod setup;
mod browser;
mod door;
mod sessions;
