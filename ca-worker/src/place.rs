//! Where a worker runs: what tells the successor of a worker that was killed from a second worker beside it.
//!
//! Each worker of a data folder holds one of the files `workers/1.lock`, `workers/2.lock`, ... locked while it runs; the
//! system lets go of it however the worker ends, and the next one to start takes the first that is free. In the file
//! stands a random name, so that no two folders have the same, whatever their machines are called.
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use ca_core::domain::random::{self, Random};
use ca_core::private_file;

use crate::journal::machine;

/// More workers than this never run on one data folder.
const MOST: u32 = 1000;
/// Bytes in the name.
const LENGTH: usize = 8;

/// A place that is taken until this is dropped.
#[derive(Debug)]
pub struct Place {
    name: String,
    _locked: File,
}

impl Place {
    /// Takes the first free place of the data folder.
    ///
    /// # Errors
    /// Whatever the system refuses, and when there are a thousand workers.
    pub fn take(data: &Path, random: &dyn Random) -> io::Result<Self> {
        let folder = data.join("workers");
        private_file::create_folder(&folder)?;
        for number in 1..=MOST {
            let mut file = opened(&folder.join(format!("{number}.lock")))?;
            match file.try_lock() {
                Ok(()) => {
                    let name = format!("{}-{}", machine(), name_in(&mut file, random)?);
                    return Ok(Self {
                        name,
                        _locked: file,
                    });
                }
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other(format!(
            "{MOST} workers run on this data folder already"
        )))
    }

    /// Its name: the same for every worker that has it, one after the other.
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn opened(path: &Path) -> io::Result<File> {
    match private_file::create_empty(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            OpenOptions::new().read(true).write(true).open(path)
        }
        made => made,
    }
}

/// What stands in the file; written first if it is new, or was cut short by a crash.
fn name_in(file: &mut File, random: &dyn Random) -> io::Result<String> {
    let mut name = String::new();
    let read = file.read_to_string(&mut name);
    let is_name =
        |name: &str| name.len() == 2 * LENGTH && name.chars().all(|c| c.is_ascii_hexdigit());
    if read.is_ok() && is_name(&name) {
        return Ok(name);
    }
    let name = hex::encode(random::bytes::<LENGTH>(random));
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    Ok(name)
}

#[cfg(test)]
mod tests {
    use ca_core::domain::random::OsRandom;

    use super::*;

    #[test]
    fn a_successor_has_the_place_of_the_one_before_and_a_second_worker_has_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let take = || Place::take(folder.path(), &OsRandom).unwrap();
        let (first, second) = (take(), take());
        let names = [first.name().to_owned(), second.name().to_owned()];
        assert_ne!(names[0], names[1]);
        drop(first);
        assert_eq!(take().name(), names[0]);
        drop(second);
        let (first, second) = (take(), take());
        assert_eq!([first.name(), second.name()], names);
    }

    #[test]
    fn two_folders_never_share_a_place_and_a_file_cut_short_is_written_anew() {
        let folders = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let take = |number: usize| Place::take(folders[number].path(), &OsRandom).unwrap();
        let name = take(0).name().to_owned();
        assert_ne!(take(1).name(), name);
        std::fs::write(folders[0].path().join("workers/1.lock"), "12").unwrap();
        let anew = take(0).name().to_owned();
        assert_ne!(anew, name);
        assert_eq!(take(0).name(), anew);
    }
}
