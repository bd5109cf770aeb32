//! Which requests were answered by a certificate, as the journals say it: the one memory that the database's owner
//! cannot rewrite.
//!
//! Every journal of the folder is read from its first line when the program begins, and on from there before each
//! batch; no mark is asked, since marks lie in the database. Only `issued` counts: a serial that was drawn and
//! abandoned is followed by another one for the same request.
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;

use ca_core::domain::request::RequestId;
use ca_core::store::journal_mark::Mark;
use chrono::{DateTime, Utc};

use super::reading::{beginning, files, lines_after};
use super::tail::Written;
use super::{Fact, JournalError, JournalKey};

/// The requests, sixteen bytes each, the roots' generations, and how far every journal was read.
#[derive(Debug, Default)]
pub(super) struct Answered {
    requests: HashSet<u128>,
    roots: BTreeSet<i64>,
    read: BTreeMap<String, Mark>,
}

impl Answered {
    /// Reads what was written since the last look. A journal that appears meanwhile was begun by a program of today, so
    /// each of its lines carries a MAC.
    pub(super) fn read_on(
        &mut self,
        folder: &Path,
        key: Option<&JournalKey>,
    ) -> Result<(), JournalError> {
        let Self {
            requests,
            roots,
            read,
        } = self;
        let is_first_look = read.is_empty();
        for (journal, path) in files(folder)? {
            let from = read.get(&journal).cloned();
            let from = from.unwrap_or_else(|| Mark {
                is_keyed: !is_first_look,
                ..beginning(&journal)
            });
            let end = lines_after(&path, &from, key, |line, _| {
                requests.extend(request_of(&line.fact));
                roots.extend(root_of(&line.fact));
            })?;
            read.insert(journal, end);
        }
        Ok(())
    }

    /// Takes facts that are being written.
    pub(super) fn take(&mut self, facts: &[Fact]) {
        self.requests.extend(facts.iter().filter_map(request_of));
    }

    /// Takes facts that this program wrote. Where the journal was read to the place before them they need not be read.
    pub(super) fn take_written(&mut self, written: Written, facts: &[(DateTime<Utc>, Fact)]) {
        let Written { before, after } = written;
        let read = self.read.get(&after.journal);
        let read = read.map_or(Ok(0), |read| u64::try_from(read.position));
        if read != Ok(before) {
            return;
        }
        for (_, fact) in facts {
            self.requests.extend(request_of(fact));
            self.roots.extend(root_of(fact));
        }
        self.read.insert(after.journal.clone(), after);
    }

    pub(super) fn knows_root(&self, generation: i64) -> bool {
        self.roots.contains(&generation)
    }

    pub(super) fn knows(&self, request: &RequestId) -> bool {
        self.requests.contains(&request.number())
    }
}

fn root_of(fact: &Fact) -> Option<i64> {
    match fact {
        Fact::Root { generation, .. } => Some(*generation),
        _ => None,
    }
}

/// The request that a fact says is answered.
fn request_of(fact: &Fact) -> Option<u128> {
    match fact {
        Fact::Issued { request, .. } => request.as_ref().map(RequestId::number),
        _ => None,
    }
}
