//! Operations: set up, accounts, letters, queue, audit, backup, demo.

mod backup;
pub mod bench;
mod browser;
pub mod command;
pub mod confirm;
mod demo;
pub mod desk;
pub mod file;
pub mod letter;
pub mod message;
pub mod output;
pub mod passphrase;
pub mod table;
