//! The end of a journal's file: found again whenever another program of the machine wrote to it, never guessed.
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use ca_core::store::journal_mark::Mark;
use chrono::{DateTime, Utc};
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::{Errno, retry_on_intr};

use super::line::{self, GENESIS};
use super::{Fact, JournalError, JournalKey};
use ca_core::private_file;

/// Bytes looked at first for the last line; more when it is longer.
const WINDOW: u64 = 16 * 1024;

/// Where the next line goes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    length: u64,
    sequence: u64,
    hash: String,
    is_keyed: bool,
}

/// Where lines were written.
#[derive(Debug)]
pub(super) struct Written {
    /// Bytes before the first of them.
    pub(super) before: u64,
    /// The place after the last of them.
    pub(super) after: Mark,
}

/// Appends to one file.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    file: File,
    end: End,
    key: JournalKey,
}

impl Writer {
    pub(super) fn open(path: PathBuf, key: JournalKey) -> Result<Self, JournalError> {
        let file = opened(&path).map_err(|error| JournalError::Disk(path.clone(), error))?;
        let nothing = End {
            length: 0,
            sequence: 0,
            hash: GENESIS.to_owned(),
            is_keyed: false,
        };
        let mut writer = Self {
            path,
            file,
            end: nothing,
            key,
        };
        writer.locked(|_| Ok(()))?;
        Ok(writer)
    }

    /// Appends lines and makes them durable: all of them, or none.
    pub(super) fn append(
        &mut self,
        facts: &[(DateTime<Utc>, Fact)],
    ) -> Result<Written, JournalError> {
        self.locked(|writer| {
            let before = writer.end.length;
            let mut text = String::new();
            let mut end = writer.end.clone();
            for (at, fact) in facts {
                let sequence = end.sequence + 1;
                let written = line::write(sequence, &end.hash, *at, fact, &writer.key);
                let (line, hash) = written.map_err(|error| writer.disk(error.into()))?;
                text.push_str(&line);
                (end.sequence, end.hash, end.is_keyed) = (sequence, hash, true);
            }
            end.length += text.len() as u64;
            let done = writer.file.seek(SeekFrom::Start(writer.end.length));
            let done = done.and_then(|_| writer.file.write_all(text.as_bytes()));
            if let Err(error) = done.and_then(|()| writer.file.sync_data()) {
                // Half a batch must not stand there as if it were whole; what cannot be cut off is torn, and is
                // found as such.
                let _ = writer.file.set_len(writer.end.length);
                return Err(writer.disk(error));
            }
            writer.end = end;
            Ok(Written {
                before,
                after: writer.mark(),
            })
        })
    }

    /// Sets `bytes` aside behind the last line; the file is not longer for it. A file system that cannot do that says
    /// so, and is taken to have room.
    pub(super) fn make_room(&mut self, bytes: u64) -> Result<(), JournalError> {
        self.locked(|writer| {
            let kept = FallocateFlags::KEEP_SIZE;
            let (file, end) = (&writer.file, writer.end.length);
            match retry_on_intr(|| fallocate(file, kept, end, bytes)) {
                Ok(()) | Err(Errno::NOTSUP | Errno::NOSYS | Errno::INVAL) => Ok(()),
                Err(error) => Err(writer.disk(error.into())),
            }
        })
    }

    /// Does `work` while no other program writes, at the true end of the file.
    fn locked<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, JournalError>,
    ) -> Result<T, JournalError> {
        self.file.lock().map_err(|error| self.disk(error))?;
        let done = self.find_end().and_then(|()| work(self));
        let unlocked = self.file.unlock().map_err(|error| self.disk(error));
        let done = done?;
        unlocked.map(|()| done)
    }

    /// The place after the last line.
    fn mark(&self) -> Mark {
        let name = self.path.file_stem().and_then(|name| name.to_str());
        Mark {
            journal: name.unwrap_or_default().to_owned(),
            sequence: i64::try_from(self.end.sequence).unwrap_or(i64::MAX),
            position: i64::try_from(self.end.length).unwrap_or(i64::MAX),
            hash: self.end.hash.clone(),
            is_keyed: self.end.is_keyed,
        }
    }

    fn find_end(&mut self) -> Result<(), JournalError> {
        let length = self
            .file
            .metadata()
            .map_err(|error| self.disk(error))?
            .len();
        if length == self.end.length && length > 0 {
            return Ok(());
        }
        let found = self.last_line(length)?;
        if found.whole < length {
            self.set_aside(found.whole, length)
                .map_err(|error| self.disk(error))?;
        }
        self.end = End {
            length: found.whole,
            sequence: found.sequence,
            hash: found.hash,
            is_keyed: found.is_keyed,
        };
        Ok(())
    }

    /// The last line that is whole. One torn line may follow it, not two.
    fn last_line(&mut self, length: u64) -> Result<Last, JournalError> {
        let mut window = WINDOW;
        loop {
            let from = length.saturating_sub(window);
            let bytes = self.bytes(from, length).map_err(|error| self.disk(error))?;
            match last_in(&bytes, from) {
                Some(last) => return Ok(last),
                None if from > 0 && window < length => window = window.saturating_mul(2),
                None => {
                    let (file, line) = (self.path.clone(), 0);
                    let finding = "neither the last line nor the one before it can be read";
                    return Err(JournalError::Damaged {
                        file,
                        line,
                        finding,
                    });
                }
            }
        }
    }

    fn bytes(&mut self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        (&mut self.file).take(to - from).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// A crash tore the last line: what is left of it goes into a file beside this one.
    fn set_aside(&mut self, from: u64, to: u64) -> io::Result<()> {
        let torn = self.bytes(from, to)?;
        let mut aside = self.path.clone().into_os_string();
        aside.push(".torn");
        let aside = PathBuf::from(aside);
        let mut file = match private_file::create_empty(&aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                OpenOptions::new().append(true).open(&aside)?
            }
            made => made?,
        };
        file.write_all(&torn)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        self.file.set_len(from)?;
        self.file.sync_all()?;
        tracing::error!(journal = %self.path.display(), bytes = torn.len(),
            "the journal's last line was torn by a crash and is set aside; what it was about is found in the database");
        Ok(())
    }

    fn disk(&self, error: io::Error) -> JournalError {
        JournalError::Disk(self.path.clone(), error)
    }
}

/// The last whole line: its number and hash, and where the file is whole.
struct Last {
    whole: u64,
    sequence: u64,
    hash: String,
    is_keyed: bool,
}

/// The last whole line in `bytes`, which begin at `from`; none when it lies before them, or is no line.
fn last_in(bytes: &[u8], from: u64) -> Option<Last> {
    let ends = bytes.iter().enumerate().rev();
    let mut ends = ends.filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let mut end = ends.next();
    for _ in 0..2 {
        let Some(at) = end else {
            let nothing_before = from == 0;
            return nothing_before.then(|| Last {
                whole: 0,
                sequence: 0,
                hash: GENESIS.to_owned(),
                is_keyed: false,
            });
        };
        let before = ends.next();
        let start = match before {
            Some(before) => before + 1,
            None if from == 0 => 0,
            None => return None,
        };
        let text = bytes.get(start..at).map(String::from_utf8_lossy)?;
        if let Some(line) = line::read(&text) {
            return Some(Last {
                whole: from + at as u64 + 1,
                sequence: line.sequence,
                hash: line.hash,
                is_keyed: line.is_keyed,
            });
        }
        end = before;
    }
    None
}

fn opened(path: &Path) -> io::Result<File> {
    let folder = path.parent().unwrap_or(Path::new("."));
    private_file::create_folder(folder)?;
    match private_file::create_empty(path) {
        Ok(file) => {
            file.sync_all()?;
            private_file::sync_folder(path)?;
            Ok(file)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(path)
        }
        Err(error) => Err(error),
    }
}
