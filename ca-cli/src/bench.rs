//! What issuing costs: the worker's own code on a real database, against the bare cryptography. What an OCSP answer
//! costs: the real listener, against one that does nothing but reply. What a storm of logins does to the others.
//!
//! Nothing here touches an installation: root, keys, accounts and requests are made in memory and in
//! an empty database, and go with it.

mod claim;
mod crl;
mod floor;
mod house;
mod issue;
mod login;
mod meter;
mod ocsp;
mod office;
mod pace;
mod pages;
mod question;
mod signer;
mod stage;
mod stopwatch;
mod storm;
mod wire;

pub use claim::{ClaimReport, measure_claims};
pub use crl::{CrlReport, measure_crl, publish_in};
pub use issue::{FloorParts, IssueOrder, IssueReport, Share, Stored, measure_floor, measure_queue};
pub use login::{Beside, LoginReport, measure_login};
pub use ocsp::{OcspReport, measure_ocsp};
pub use pace::Quantiles;
pub use pages::{PageReport, PagesReport, measure_pages};
