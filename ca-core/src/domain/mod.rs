//! Pure rules: no I/O, time and randomness as arguments.

pub mod lock;
pub mod text;
pub mod thumbprint;
pub mod user_id;
