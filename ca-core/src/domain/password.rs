//! The two passwords of a user ID, and how they are kept.
//!
//! | password | made by | changed by | protects |
//! |---|---|---|---|
//! | login | the system (temporary), then the user | the user | the pages |
//! | issuance | the system | a new letter alone | the second gate and the PKCS#12 |
//!
//! Both are printable half-width ASCII: what Windows' import wizard, OpenSSL, Java and every
//! keyboard agree on.

mod ageing;
mod generation;
mod hashing;
mod issuance;
mod login;
mod proof;
mod typed;

pub use ageing::{PasswordAge, PasswordAgeing};
pub use hashing::{PasswordCost, PasswordHash, PasswordHashError, verify_dummy};
pub use issuance::IssuancePassword;
pub use login::{ChoiceError, LoginPassword};
pub use proof::{ProofCode, proves};
pub use typed::{LONGEST_PASSWORD, TypedError};
