//! The signer: keys, certificates, revocation lists, PKCS#12 and mail. It listens on no port.
//!
//! The steps of docs/issuance-cycle.md bear the same numbers in [`cycle`].
pub mod authority;
mod bell;
pub mod certificate;
pub mod checkpoint;
pub mod crl;
pub mod cycle;
#[cfg(test)]
mod fixture;
pub mod inspection;
pub mod journal;
pub mod key_file;
pub mod mail;
pub mod ocsp;
pub mod pkcs12;
pub mod place;
pub mod run;
pub mod signer;
pub mod unseal;
pub mod worker;
