//! Backups: one encrypted archive with the database and, if asked for, the key files; made whole or not at all,
//! restored onto an empty place only.
//!
//! ```text
//! age file (passphrase or recipients) ─▶ tar ─▶ manifest.json, database.sqlite | database.pgdump, keys/…
//! ```
mod archive;
mod create;
mod lock;
mod manifest;
mod postgres;
mod restore;
mod work_folder;

pub(crate) use create::{Order, create};
pub(crate) use lock::{Key, Lock};
pub(crate) use manifest::Manifest;
pub(crate) use restore::{restore, show};
