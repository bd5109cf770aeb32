//! What both ends of the queue share: the rules, the store, the queue and the flows.
//!
//! A module uses only those before it: `domain` < `config` < `store` < `queue` < `flow`. `private_file`, `process` and
//! `one_fault` stand beside them: files of the product, what is asked of the system for a whole program, and how a
//! fault that lasts is logged.
//! There is no HTTP, no SMTP and no private key in this crate.
pub mod config;
pub mod domain;
pub mod fault;
pub mod flow;
pub mod one_fault;
pub mod private_file;
pub mod process;
pub mod queue;
pub mod store;
