//! The issuance queue as a model: a small ledger with the rules of the flows, explored to its last state, and held
//! against the real store step by step. docs/model.md shows it.
#![expect(
    clippy::indexing_slicing,
    reason = "a model that looks beyond its tables ends the test"
)]

mod explored;
mod ledger;
mod machine;
mod promises;
mod store;
mod walk;
