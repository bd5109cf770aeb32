//! The queue: who holds what, for how long. Leases and fences, the same on both databases.
pub mod evidence;
pub mod outbox;
pub mod quarantine;
pub mod request;
