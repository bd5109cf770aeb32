//! Pure rules: no I/O, time and randomness as arguments.

pub mod distinguished_name;
pub mod lock;
pub mod text;
pub mod thumbprint;
pub mod user_id;
