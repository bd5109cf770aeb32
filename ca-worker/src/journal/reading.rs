//! A journal read from a place on, each line held against the one before.
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use ca_core::store::journal_mark::Mark;

use super::line::{self, GENESIS};
use super::{Fact, JournalError, JournalKey, Line};

/// The journals in `folder`, by name.
pub(crate) fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>, JournalError> {
    let failed = |error| JournalError::Disk(folder.to_owned(), error);
    let mut found = Vec::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.map_err(failed)?,
    };
    for entry in entries {
        let path = entry.map_err(failed)?.path();
        let is_journal = path.extension().is_some_and(|ending| ending == "jsonl");
        if let Some(name) = path.file_stem().and_then(|name| name.to_str())
            && is_journal
        {
            found.push((name.to_owned(), path.clone()));
        }
    }
    found.sort();
    Ok(found)
}

/// The root certificates (DER) that the journals in `folder` hold, each once. No key is asked: MACs are not looked at.
pub fn roots_in(folder: &Path) -> Result<Vec<Vec<u8>>, JournalError> {
    let mut roots = BTreeSet::new();
    for (journal, path) in files(folder)? {
        lines_after(&path, &beginning(&journal), None, |line, _| {
            if let Fact::Root { der, .. } = line.fact {
                roots.insert(der);
            }
        })?;
    }
    Ok(roots.into_iter().collect())
}

/// The place before the first line of a journal.
pub(crate) fn beginning(journal: &str) -> Mark {
    Mark {
        journal: journal.to_owned(),
        sequence: 0,
        position: 0,
        hash: GENESIS.to_owned(),
        is_keyed: false,
    }
}

/// Shows every line after `from` with the place before it; returns the place after the last one.
///
/// Each line has to follow the one before it and, where it carries a MAC, to be covered by `key`; after a place that is
/// keyed, every line has to carry one.
/// A torn last line is not shown: whoever writes next sets it aside.
pub(super) fn lines_after(
    path: &Path,
    from: &Mark,
    key: Option<&JournalKey>,
    show: impl FnMut(Line, &Mark),
) -> Result<Mark, JournalError> {
    some_lines_after(path, from, key, i64::MAX, show)
}

/// The same for `most` lines; nobody writes while they are read.
pub(crate) fn some_lines_after(
    path: &Path,
    from: &Mark,
    key: Option<&JournalKey>,
    most: i64,
    mut show: impl FnMut(Line, &Mark),
) -> Result<Mark, JournalError> {
    let disk = |error: io::Error| JournalError::Disk(path.to_owned(), error);
    let damaged = |line: i64, finding| JournalError::Damaged {
        file: path.to_owned(),
        line: u64::try_from(line).unwrap_or_default(),
        finding,
    };
    let mut file = File::open(path).map_err(disk)?;
    // Nobody is in the middle of a line meanwhile.
    file.lock_shared().map_err(disk)?;
    let length = file.metadata().map_err(disk)?.len();
    let start = u64::try_from(from.position).unwrap_or_default();
    if length < start {
        let (journal, file) = (from.journal.clone(), path.to_owned());
        return Err(JournalError::Gone(journal, file, from.sequence));
    }
    file.seek(SeekFrom::Start(start)).map_err(disk)?;
    let mut reader = BufReader::new(file);
    let mut at = from.clone();
    let mut bytes = Vec::new();
    while at.sequence - from.sequence < most {
        bytes.clear();
        let read = reader.read_until(b'\n', &mut bytes).map_err(disk)?;
        let sequence = at.sequence + 1;
        let text = String::from_utf8_lossy(&bytes);
        let Some(text) = text.strip_suffix('\n') else {
            return Ok(at);
        };
        let own = |line: &Line| i64::try_from(line.sequence) == Ok(sequence);
        let line = line::read(text)
            .filter(own)
            .filter(|_| !text.ends_with('\r'));
        let Some(line) = line else {
            let is_last = reader.fill_buf().map_err(disk)?.is_empty();
            let seems_torn = is_last && line::read(text).is_none();
            if seems_torn {
                return Ok(at);
            }
            return Err(damaged(sequence, misplaced(text)));
        };
        line::check(text, &at.hash, at.is_keyed, key)
            .map_err(|finding| damaged(sequence, finding))?;
        let after = Mark {
            journal: at.journal.clone(),
            sequence,
            position: at.position + i64::try_from(read).unwrap_or_default(),
            hash: line.hash.clone(),
            is_keyed: at.is_keyed || line.is_keyed,
        };
        show(line, &at);
        at = after;
    }
    Ok(at)
}

/// Why a line is not the one that belongs there. Who carried the file as text may have changed nothing else.
fn misplaced(text: &str) -> &'static str {
    match line::read(text.trim_end_matches('\r')) {
        _ if text.ends_with('\r') => {
            "its line ends are CR LF: it was carried as text, so take the file itself, byte by byte"
        }
        None => "it cannot be read",
        Some(_) => "it is not the line that belongs there",
    }
}
