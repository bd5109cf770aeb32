//! Operations: set up, accounts, letters, queue, audit, backup, demo.

pub mod letter;
