//! Checkpoints of the audit: what a signed statement outside the database says about the chain, and what that proves.
//!
//! Whoever owns the database can change an entry and compute every hash after it anew, or cut the end off: the chain
//! alone is whole then. A checkpoint says how many entries there were at an instant and which hash the last one had.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::time::iso_datetime;

/// The form of [`Checkpoint`] that this program writes.
pub const VERSION: u32 = 1;
/// What the files of checkpoints end in (RFC 8551 §3.2.1).
pub const ENDING: &str = ".p7s";

/// What is signed: one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// [`VERSION`].
    pub version: u32,
    /// The site, `[service] host`.
    pub host: String,
    /// The machine whose worker made it.
    pub machine: String,
    /// When.
    pub at: DateTime<Utc>,
    /// Entries of the audit.
    pub entries: i64,
    /// The hash of the last one, 64 hex digits.
    pub head: String,
    /// SHA-256 of the file before it of the same machine in the same folder, 64 hex digits; none for the first.
    pub previous: Option<String>,
}

impl Checkpoint {
    /// The name of its file: in the order of the names, the number of entries rises.
    pub fn file_name(&self) -> String {
        format!("{:012}-{}{ENDING}", self.entries, self.machine)
    }
}

/// The machine in the name of a checkpoint's file; none if it is not such a name.
pub fn machine_of(file: &str) -> Option<&str> {
    let (entries, machine) = file.strip_suffix(ENDING)?.split_once('-')?;
    let is_number = entries.len() >= 12 && entries.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !machine.is_empty()).then_some(machine)
}

/// A checkpoint whose signature holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its file's name, or the path under which it was given.
    pub file: String,
    /// SHA-256 of the file, 64 hex digits.
    pub sha256: String,
    /// What it says.
    pub checkpoint: Checkpoint,
    /// Whether it lies in the folder with the others; otherwise it was given by itself.
    pub is_filed: bool,
}

/// A checkpoint as an entry of the chain names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The entry's place.
    pub sequence: i64,
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file.
    pub sha256: String,
}

/// The chain, as far as it holds together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chain {
    /// Entries that follow each other from the first on.
    pub entries: i64,
    /// Whether these are all.
    pub is_whole: bool,
    /// Hashes at the places that checkpoints speak of.
    pub hashes: BTreeMap<i64, String>,
    /// Checkpoints that entries name.
    pub named: Vec<Named>,
}

/// What a checkpoint shows to be wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// The end of the chain is gone.
    #[error(
        "checkpoint {file} of {at} saw {saw} entries, the database has {has}: the entries from {} on are gone",
        has + 1
    )]
    Cut {
        /// The checkpoint that saw most.
        file: String,
        /// When it was made.
        at: String,
        /// Entries that it saw.
        saw: i64,
        /// Entries that there are.
        has: i64,
    },
    /// The chain was computed anew.
    #[error(
        "checkpoint {file} of {at} saw another chain: the first entry that is not as it was lies among {from} to {to}"
    )]
    Rewritten {
        /// The first checkpoint that does not fit.
        file: String,
        /// When it was made.
        at: String,
        /// The first entry that no fitting checkpoint vouches for.
        from: i64,
        /// The last entry that it vouched for.
        to: i64,
    },
    /// A checkpoint is not where the chain says that it was written.
    #[error("entry {sequence} names checkpoint {file}, and the folder does not hold it")]
    Missing {
        /// The entry that names it.
        sequence: i64,
        /// Its name.
        file: String,
    },
    /// The file is another than the one that was written.
    #[error("checkpoint {file} is another file than entry {sequence} names")]
    Replaced {
        /// The entry that names it.
        sequence: i64,
        /// Its name.
        file: String,
    },
    /// The checkpoint before it is gone or another one.
    #[error("checkpoint {file} follows one that the folder does not hold before it")]
    Unlinked {
        /// Its name.
        file: String,
    },
    /// It lies under a name that is not its own.
    #[error("checkpoint {file} says of itself that it is {is}")]
    Misnamed {
        /// The name that it has.
        file: String,
        /// The name that it should have.
        is: String,
    },
    /// Nothing can be read in it, so that it says nothing of the audit.
    #[error(
        "checkpoint {file} cannot be read: {reason}. Fetch another copy, from the folder or from another recipient of \
         the mail"
    )]
    Unreadable {
        /// Its name.
        file: String,
        /// Why.
        reason: String,
    },
    /// It cannot be relied on.
    #[error("checkpoint {file}: {reason}")]
    Unsound {
        /// Its name.
        file: String,
        /// Why.
        reason: String,
    },
}

/// What a finding is about, the gravest last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingKind {
    /// A file says nothing.
    Unreadable,
    /// A file is not to be relied on.
    Unsound,
    /// What was read does not fit the chain, or the other files.
    DoesNotFit,
}

impl FindingKind {
    /// The word for scripts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Unsound => "unsound",
            Self::DoesNotFit => "does-not-fit",
        }
    }
}

impl Finding {
    /// What it is about.
    pub fn kind(&self) -> FindingKind {
        match self {
            Self::Unreadable { .. } => FindingKind::Unreadable,
            Self::Unsound { .. } => FindingKind::Unsound,
            _ => FindingKind::DoesNotFit,
        }
    }

    /// The first entry of the chain that is bad, or may be; none where the finding is about a file alone.
    pub fn entry(&self) -> Option<i64> {
        match self {
            Self::Cut { has, .. } => Some(has + 1),
            Self::Rewritten { from, .. } => Some(*from),
            _ => None,
        }
    }
}

/// Holds checkpoints against the chain and against each other. What the database says excuses nothing. Of the files in
/// `unopened`, which lie in the folder and could not be opened, nothing more is said than that.
pub fn compare(chain: &Chain, seen: &[Seen], unopened: &BTreeSet<String>) -> Vec<Finding> {
    let mut sorted: Vec<&Seen> = seen.iter().collect();
    sorted.sort_by(|one, other| {
        let place = |seen: &Seen| (seen.checkpoint.entries, seen.checkpoint.at);
        place(one).cmp(&place(other))
    });
    let mut findings: Vec<Finding> = rewritten(chain, &sorted).into_iter().collect();
    findings.extend(cut(chain, &sorted));
    let filed: Vec<&Seen> = sorted.into_iter().filter(|seen| seen.is_filed).collect();
    findings.extend(filed.iter().filter_map(|seen| misnamed(seen)));
    findings.extend(unlinked(&filed, unopened));
    findings.extend(not_as_named(chain, &filed, unopened));
    findings
}

fn rewritten(chain: &Chain, sorted: &[&Seen]) -> Option<Finding> {
    let mut vouched = 0;
    for Seen {
        file, checkpoint, ..
    } in sorted
    {
        let Some(hash) = chain.hashes.get(&checkpoint.entries) else {
            continue;
        };
        if *hash != checkpoint.head {
            return Some(Finding::Rewritten {
                file: file.clone(),
                at: iso_datetime(checkpoint.at),
                from: (vouched + 1).min(checkpoint.entries),
                to: checkpoint.entries,
            });
        }
        vouched = checkpoint.entries;
    }
    None
}

fn cut(chain: &Chain, sorted: &[&Seen]) -> Option<Finding> {
    let last = sorted.last()?;
    let is_cut = chain.is_whole && last.checkpoint.entries > chain.entries;
    is_cut.then(|| Finding::Cut {
        file: last.file.clone(),
        at: iso_datetime(last.checkpoint.at),
        saw: last.checkpoint.entries,
        has: chain.entries,
    })
}

fn misnamed(seen: &Seen) -> Option<Finding> {
    let is = seen.checkpoint.file_name();
    (seen.file != is).then(|| Finding::Misnamed {
        file: seen.file.clone(),
        is,
    })
}

fn unlinked(filed: &[&Seen], unopened: &BTreeSet<String>) -> Vec<Finding> {
    let mut before: BTreeMap<&str, &Seen> = BTreeMap::new();
    let mut findings = Vec::new();
    for seen in filed {
        let machine = seen.checkpoint.machine.as_str();
        let follows = before.insert(machine, seen);
        // The one before it may be a file that could not be opened.
        let since = follows.map_or("", |follows| &follows.file);
        let mut between = unopened.range(since.to_owned()..seen.file.clone());
        if between.any(|file| machine_of(file) == Some(machine)) {
            continue;
        }
        let follows = follows.map(|follows| follows.sha256.as_str());
        if seen.checkpoint.previous.as_deref() != follows {
            let file = seen.file.clone();
            findings.push(Finding::Unlinked { file });
        }
    }
    findings
}

/// Of machines that have no file here nothing is said: their checkpoints lie in folders of their own.
fn not_as_named(chain: &Chain, filed: &[&Seen], unopened: &BTreeSet<String>) -> Vec<Finding> {
    let machines: BTreeSet<&str> = filed
        .iter()
        .map(|seen| seen.checkpoint.machine.as_str())
        .collect();
    let files: BTreeMap<&str, &str> = filed
        .iter()
        .map(|seen| (seen.file.as_str(), seen.sha256.as_str()))
        .collect();
    let expected = chain
        .named
        .iter()
        .filter(|named| machines.contains(machine_of(&named.file).unwrap_or_default()));
    let judged = expected.filter_map(|named| {
        let (sequence, file) = (named.sequence, named.file.clone());
        match files.get(named.file.as_str()) {
            None if unopened.contains(&file) => None,
            None => Some(Finding::Missing { sequence, file }),
            Some(sha256) if *sha256 != named.sha256 => Some(Finding::Replaced { sequence, file }),
            Some(_) => None,
        }
    });
    judged.collect()
}

#[cfg(test)]
mod tests;
