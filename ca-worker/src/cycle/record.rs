//! Step 8, record issued: certificate, PKCS#12, notice and audit entry in one transaction, guarded by the fence; then
//! the journal, for the day on which the database is lost.
use ca_core::flow::record_issued::{Issued, Recorded, record_issued};

use super::CycleError;
use crate::journal::issued;
use crate::worker::Worker;

/// Records a batch. After an error nobody knows whether it was committed; giving back is right either way,
/// because it touches only requests that are still in state `signing` under the same fence.
pub(super) fn record(worker: &Worker, batch: Vec<Issued>) -> Result<Recorded, CycleError> {
    if batch.is_empty() {
        return Ok(Recorded::default());
    }
    let facts: Vec<_> = batch.iter().map(|one| issued(&one.certificate)).collect();
    let requests: Vec<_> = batch.iter().map(|one| one.request_id.clone()).collect();
    let recorded = record_issued(&worker.store, &worker.act(), &worker.name, batch);
    let recorded = recorded.inspect_err(|_| worker.look_at_journal_again())?;
    let facts = requests.iter().zip(facts);
    let facts = facts.filter(|(request, _)| recorded.issued.contains(request));
    let facts: Vec<_> = facts.map(|(_, fact)| fact).collect();
    let journal = worker.authority.journal();
    journal.note_issued(worker.clock.now(), &facts);
    Ok(recorded)
}
