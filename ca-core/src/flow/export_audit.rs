//! The audit log leaves the database, entry by entry, for reading and keeping elsewhere.
use crate::store::audit::AuditEntry;
use crate::store::{Store, StoreError, audit};

/// Entries read at a time.
const PAGE: i64 = 1_000;

/// Hands every entry after the one numbered `after` to `each`, in order. Returns how many.
pub fn export_audit<E: From<StoreError>>(
    store: &Store,
    after: i64,
    mut each: impl FnMut(&AuditEntry) -> Result<(), E>,
) -> Result<u64, E> {
    let (mut last, mut count) = (after, 0);
    loop {
        let page: Vec<AuditEntry> = store.read(|db| audit::page(db, last, PAGE))?;
        for entry in &page {
            each(entry)?;
            last = entry.sequence;
            count += 1;
        }
        if page.is_empty() {
            return Ok(count);
        }
    }
}
