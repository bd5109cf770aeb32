//! A journal's file in the hands of somebody who can write it and knows how lines are chained, and has no key.
use std::path::{Path, PathBuf};

use crate::service::Service;

/// The lines of a journal, each without its hash. [`JournalFile::text`] numbers and chains them anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalFile {
    /// What each line's hash is over: MAC, number and fact.
    pub lines: Vec<String>,
}

impl JournalFile {
    /// Where the one journal of a service lies.
    pub fn path(service: &Service) -> PathBuf {
        let files = std::fs::read_dir(service.folder().join("data/journal")).expect("a folder");
        let mut files = files.map(|file| file.expect("a file").path());
        let journal = files.find(|path| path.extension().is_some_and(|end| end == "jsonl"));
        journal.expect("a journal")
    }

    /// Reads a journal; what it chains anew is what was read.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).expect("the journal");
        let rest = |line: &str| line.split_once("\",").expect("a hash").1.to_owned();
        let read = Self {
            lines: text.lines().map(rest).collect(),
        };
        assert_eq!(read.text(), text, "as the journal chains");
        read
    }

    /// The place of the first line that holds these words, from 0.
    pub fn place(&self, words: &str) -> usize {
        let place = self.lines.iter().position(|line| line.contains(words));
        place.unwrap_or_else(|| panic!("no line holds {words}: {:?}", self.lines))
    }

    /// The same without the MACs of the lines from this place on, as an earlier version would have written it.
    #[must_use]
    pub fn without_macs_from(mut self, place: usize) -> Self {
        for line in self.lines.iter_mut().skip(place) {
            *line = without_mac(line);
        }
        self
    }

    /// The file, numbered and chained from the first line on.
    pub fn text(&self) -> String {
        let (mut previous, mut all) = ("0".repeat(64), String::new());
        for (index, line) in self.lines.iter().enumerate() {
            let (before, after) = line.split_once("\"sequence\":").expect("a number");
            let (_, after) = after.split_once(',').expect("more than a number");
            let rest = format!("{before}\"sequence\":{},{after}", index + 1);
            previous = hash(&previous, &rest);
            all += &format!("{{\"hash\":\"{previous}\",{rest}\n");
        }
        all
    }
}

/// A line without its MAC.
pub fn without_mac(line: &str) -> String {
    let (_, rest) = line.split_once("\",").expect("a MAC");
    rest.to_owned()
}

/// The hash of a line, over the one before and the text behind its own.
fn hash(previous: &str, rest: &str) -> String {
    let text = format!("inkan/journal/v1{previous}{rest}");
    let hash = openssl::sha::sha256(text.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}
