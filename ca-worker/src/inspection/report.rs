//! What was found, and what was looked at.
use std::collections::BTreeMap;

/// One thing that is not as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// An invariant (`I1` to `I7`), or `certificate`, `root`, `crl`, `journal`, `audit`, `checkpoint`.
    pub kind: &'static str,
    /// With what: a serial number, a list, a journal and its line.
    pub object: String,
    /// What is wrong.
    pub finding: &'static str,
    /// Further words; may be empty.
    pub words: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}: {}", self.kind, self.object, self.finding)?;
        if self.words.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", self.words)
    }
}

/// How much was looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LookedAt {
    /// Entries of the audit.
    pub audit_entries: i64,
    /// Checkpoints of the audit.
    pub checkpoints: u64,
    /// Generations of the root.
    pub roots: u64,
    /// Certificates.
    pub certificates: u64,
    /// Those of them that were held against the profile that they were made by.
    pub by_profile: u64,
    /// Those whose profile has changed since, which were held against what holds for every profile.
    pub without_profile: u64,
    /// Revocation lists.
    pub lists: u64,
    /// Those of them that have their bytes.
    pub lists_with_bytes: u64,
    /// Events of revocation.
    pub events: u64,
    /// Journals.
    pub journals: u64,
    /// Their lines.
    pub journal_lines: i64,
    /// Those of them that carry a MAC; none when there was no key to judge it by.
    pub journal_macs: Option<u64>,
    /// Certificates that were looked for in the journals.
    pub looked_for_in_journals: u64,
}

/// What an inspection came to.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// What was found; each kind a hundred times at most.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub looked_at: LookedAt,
    made: BTreeMap<(&'static str, &'static str), u64>,
}

impl Report {
    /// A finding that is made ten thousand times is told a hundred times.
    pub const MOST: u64 = 100;

    /// Whether nothing was found.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// Findings that were made more often than they are told, with how often.
    pub fn repeated(&self) -> impl Iterator<Item = (&'static str, &'static str, u64)> {
        let often = self.made.iter().filter(|(_, count)| **count > Self::MOST);
        often.map(|((kind, finding), count)| (*kind, *finding, *count))
    }

    /// Adds a finding.
    pub fn find(
        &mut self,
        kind: &'static str,
        finding: &'static str,
        object: impl Into<String>,
        words: impl ToString,
    ) {
        let made = self.made.entry((kind, finding)).or_default();
        *made += 1;
        if *made <= Self::MOST {
            self.findings.push(Finding {
                kind,
                object: object.into(),
                finding,
                words: words.to_string(),
            });
        }
    }
}
