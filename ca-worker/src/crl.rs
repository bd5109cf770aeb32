//! Certificate revocation lists (RFC 5280 §5): one full list for each generation, signed at any hour.
//!
//! ```text
//! events since the last list ─┐
//! entries of the last list ───┴─▶ laid out ─▶ linted ─▶ signed, verified ─▶ published in one transaction
//! ```
//! Entries stand in the order of their serials, so that a list depends on what is revoked and on nothing else:
//! made anew from every event or from the list before, it is the same to the bit.
pub(crate) mod der;
mod entry;
mod events;
pub(crate) mod held_against;
mod layout;
mod lint;
mod publish;
mod reading;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use entry::{Entry, EntryError};
pub use lint::CrlLintError;
pub use publish::{CrlError, Made, Publisher};
pub use reading::{Reading, UnreadableCrl, read};

use crate::worker::Worker;

/// Makes the lists that are due, one for each generation, at any hour. One that fails does not keep the others from
/// being made; operators are told of the first failure.
pub fn lists_due(worker: &Worker) -> Result<Vec<Made>, CrlError> {
    worker.guard()?;
    let (mut made, mut failure) = (Vec::new(), None);
    for generation in worker.authority.generations() {
        let publisher = Publisher {
            store: &worker.store,
            issuer: &generation.issuer,
            signer: generation.signer.as_ref(),
            journal: worker.authority.journal(),
            validity: worker.settings.crl_validity,
            longest_life: worker.profiles.longest_life(),
        };
        // A signer that panics does not end the thread that lists are made on.
        let work = || publisher.publish_if_due(&worker.act());
        match catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(CrlError::Panicked)) {
            Ok(list) => made.extend(list),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    worker.note_crl_trouble(failure.as_ref().map(ToString::to_string));
    failure.map_or(Ok(made), Err)
}

/// Whether bytes that are to be signed are a list's, not a certificate's.
pub(crate) fn is_list(tbs: &[u8]) -> bool {
    reading::read_tbs(tbs).is_ok()
}
