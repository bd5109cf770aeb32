//! Certificates: prepared and linted first, signed in a second step, never changed in between.
//!
//! [`prepare`] makes the to-be-signed bytes and lints a copy of the certificate under a throwaway
//! signature; its result, [`Prepared`], can be used once. [`sign`] has the CA key sign exactly those bytes.
mod draft;
mod issuer;
mod lint;
mod prepare;
mod root;
mod row;
mod sign;
mod subject;
#[cfg(test)]
mod tests;

pub use draft::{AlternativeName, AlternativeNameError, Draft};
pub use issuer::{Issuer, IssuerError};
pub use lint::{Broken, Expectation, LintError, lint, lint_without_profile};
pub use prepare::{PrepareError, Prepared, prepare};
pub use root::{RootError, self_sign_root};
pub(crate) use row::Identity;
pub use row::row;
pub use sign::{SignError, SignedCertificate, sign};
pub(crate) use subject::{subject_in, subject_of};
