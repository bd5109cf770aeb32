//! `ca-cli demo --walkthrough`: the whole journey, and strangers that judge what it left behind.

mod accounts;
mod certificate;
mod journey;
mod letter;
mod secrets;
