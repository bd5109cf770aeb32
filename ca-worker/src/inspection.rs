//! Everything that was ever signed is looked at again: certificates, revocation lists, journals, the audit, and
//! whether they say the same. Nothing is changed; a key is needed for the MACs in the journals alone.
//!
//! ```text
//! invariants ─▶ journals ─▶ certificates ─▶ lists, events ─▶ journals' new ends ─▶ what no journal has
//! ```
//! Rows are read in pages, so that a million certificates need no more memory than the journals' serial numbers. The
//! journals are read before the rows and once more after them: what is signed meanwhile is no finding.
mod absent;
mod certificate;
mod journal;
mod list;
mod report;

use std::collections::BTreeMap;
use std::path::Path;

use ca_core::config::Profiles;
use ca_core::flow::check_invariants::check_invariants;
use ca_core::flow::mark_journal::journal_standing;
use ca_core::store::authority::Authority;
use ca_core::store::{Store, StoreResult, authority, told};
use chrono::{DateTime, Utc};

use crate::certificate::{Issuer, subject_in};
use crate::journal::JournalKey;
use absent::Absent;
use journal::Journals;
pub use report::{Finding, LookedAt, Report};

/// What is looked at, and what it is held against.
#[derive(Clone, Copy)]
pub struct Inspection<'a> {
    /// The database.
    pub store: &'a Store,
    /// The profiles as they are now.
    pub profiles: &'a Profiles,
    /// The folder with the journals of every machine.
    pub journals: &'a Path,
    /// What the MACs in the journals are judged by; without it they are not looked at.
    pub key: Option<&'a JournalKey>,
    /// Now.
    pub now: DateTime<Utc>,
}

impl std::fmt::Debug for Inspection<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inspection({})", self.journals.display())
    }
}

/// Looks at everything.
///
/// # Errors
/// When the database cannot be read. What is wrong in it, or in a journal, is a finding.
pub fn inspect(inspection: Inspection<'_>) -> StoreResult<Report> {
    let store = inspection.store;
    let mut report = Report::default();
    invariants(store, &mut report)?;
    let (pending, marks) = journal_standing(store)?;
    if let Some(pending) = pending {
        report.find(
            "journal",
            "the database was restored and the journals are not worked in: ca-cli backup reconcile",
            format!("archive {}", pending.archive),
            "",
        );
    }
    let roots = store.read(authority::list)?;
    let issuers = issuers(&roots, &mut report);
    let mut journals = Journals::of(inspection, &marks, &mut report);
    journals.read_on(store, &mut report)?;
    let begin = journals.begin(store)?;
    let mut absent = Absent::since(begin);
    certificate::look(inspection, &issuers, &journals, &mut absent, &mut report)?;
    for root in &roots {
        let issuer = issuers.get(&root.generation);
        list::look(
            inspection,
            root,
            issuer,
            &journals,
            &mut absent,
            &mut report,
        )?;
    }
    journals.read_on(store, &mut report)?;
    absent.tell(inspection.now, &journals, &mut report);
    journals.count(&mut report);
    Ok(report)
}

fn invariants(store: &Store, report: &mut Report) -> StoreResult<()> {
    for breach in check_invariants(store)? {
        report.find(breach.invariant, breach.finding, breach.object, "");
    }
    for serial in store.read(told::operator_untold)? {
        report.find(
            "audit",
            "no entry tells of the operator's certificate",
            serial,
            "",
        );
    }
    let head = store.read(ca_core::store::audit::head)?;
    report.looked_at.audit_entries = head.sequence;
    Ok(())
}

/// The roots that can be read, each held against its row.
fn issuers(roots: &[Authority], report: &mut Report) -> BTreeMap<i64, Issuer> {
    let mut issuers = BTreeMap::new();
    for root in roots {
        report.looked_at.roots += 1;
        let object = format!("generation {}", root.generation);
        match Issuer::from_der(root.generation, &root.certificate_der) {
            Err(error) => report.find("root", "it cannot issue", object, error),
            Ok(issuer) => {
                let life = issuer.validity();
                if (life.not_before, life.not_after) != (root.not_before, root.not_after) {
                    let finding = "its row says another validity";
                    report.find("root", finding, object.clone(), "");
                }
                if subject_in(&root.certificate_der).as_ref() != Some(&root.subject) {
                    report.find("root", "its row says another subject", object, "");
                }
                issuers.insert(root.generation, issuer);
            }
        }
    }
    issuers
}
