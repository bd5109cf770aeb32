//! What issuing costs: the worker's own code on a real database, against the bare cryptography. What an OCSP answer
//! costs: the real listener, against one that does nothing but reply.
//!
//! Nothing here touches an installation: root, keys, accounts and requests are made in memory and in
//! an empty database, and go with it.

mod crl;
mod floor;
mod issue;
mod meter;
mod ocsp;
mod stage;
mod stopwatch;

pub use crl::{CrlReport, measure_crl, publish_in};
pub use issue::{FloorParts, IssueOrder, IssueReport, Share, measure_floor, measure_queue};
pub use ocsp::{OcspReport, measure_ocsp};
