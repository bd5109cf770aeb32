//! What both ends of the queue share: domain rules, store, queue, flows.

pub mod domain;
