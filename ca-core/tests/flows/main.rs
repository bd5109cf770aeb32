//! The flows on both databases: what each verb changes, what it refuses, what it leaves alone.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on ends there"
)]

mod accounts;
mod addresses;
mod approvals;
mod audit;
mod certificate_use;
mod contact_changes;
mod delegations;
mod ends;
mod generations;
mod hostile;
mod invariants;
mod kept_files;
mod login;
mod model;
mod notices;
mod ocsp;
mod portal;
mod rehash;
mod reissue;
mod reissue_race;
mod reminder_letters;
mod renewal;
mod requests;
mod restored;
mod revocation;
mod rows;
mod signing;
mod snapshots;
mod visitors;
mod workers;
mod world;
