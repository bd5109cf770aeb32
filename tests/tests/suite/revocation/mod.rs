//! Revocation as others see it: the list over http, and what programs that are not ours make of it.

mod asking;
mod bound;
pub mod judge;
mod list;
