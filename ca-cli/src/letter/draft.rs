//! The PDF before the database has committed: `letters.pdf.<root>.<run>.draft` beside its target.
//!
//! `<root>` begins the root's SHA-256, so that a run for another installation, whose database knows
//! nothing of the draft, does not take it for abandoned.
//! A draft is locked while its run is at work, so that another run in the same folder leaves it
//! alone; a crash frees the lock.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use ca_core::domain::thumbprint::Thumbprint;
use ca_core::private_file::{self, sync_folder};
use ca_core::store::StoreError;
use ca_core::store::letter::LetterRun;
use thiserror::Error;

use super::PressError;
use crate::file::{is_standard_output, write_to_standard_output};

const ENDING: &str = ".draft";

/// A run's name in hex.
const RUN_ID: usize = 32;

/// Digits of the root's SHA-256.
const ROOT: usize = 8;

/// Why the PDF could not be written or placed.
#[derive(Debug, Error)]
pub enum DraftError {
    /// Something of that name is there.
    #[error("{path} は既にあります。別の名前を --out で指定するか、--force を付けてください。\n{path} exists already: give another --out, or --force to replace it.", path = .0.display())]
    Exists(PathBuf),
    /// The folder cannot be read.
    #[error("フォルダー {path} を読めません: {source}\nCannot read the folder {path}: make it, or give another --out.", path = .path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is full, or the folder refuses; the database is as it was.
    #[error(
        "{path} に書き込めないため、お知らせを取り消しました（パスワードは変わっていません）: {source}\n\
         Cannot write {path}; nothing was printed and no password was changed: free some space or give another --out.",
        path = .path.display()
    )]
    Write {
        /// The draft.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Recorded, complete, but still under the draft's name.
    #[error(
        "お知らせは記録済みですが、{target} という名前にできません: {source}\n完成したＰＤＦは {draft} にあります。名前を変えて印刷してください。\n\
         The letters are recorded and complete in {draft}, but it could not be renamed to {target}: rename it by hand and print it.",
        draft = .draft.display(), target = .target.display()
    )]
    Place {
        /// Where the PDF is.
        draft: PathBuf,
        /// Where it should be.
        target: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A recorded draft is not what was recorded.
    #[error(
        "{path} は記録されたＰＤＦと一致しません。捨ててください。パスワードの手紙は `ca-cli letter print --user-id` で印刷し直し、更新の案内は電話などで伝えてください。\n\
         {path} is not the PDF that was recorded: delete it. Print letters with passwords anew with --user-id; tell \
         the offices of a reminder in another way.",
        path = .0.display()
    )]
    Damaged(PathBuf),
}

/// What became of a draft that an interrupted run had left.
#[derive(Debug, PartialEq, Eq)]
pub enum Recovered {
    /// Its run was recorded: it has its name now.
    Placed {
        /// The PDF.
        path: PathBuf,
        /// Letters in it.
        letters: i64,
    },
    /// Its run was never recorded: its passwords are void, it is gone.
    Removed {
        /// What its PDF would have been called.
        path: PathBuf,
    },
}

/// The draft of one run.
#[derive(Debug)]
pub(super) struct Draft {
    path: PathBuf,
    target: PathBuf,
    /// Open, and so locked, from the writing until the end of the run.
    file: Option<File>,
    /// Whether the PDF is on its way: in the file, or all of it on standard output.
    is_written: bool,
}

impl Draft {
    pub(super) fn new(target: &Path, root: &Thumbprint, run_id: &str) -> Self {
        let mut name = target.as_os_str().to_owned();
        name.push(format!(".{}.{run_id}{ENDING}", short(root)));
        Self {
            path: if is_standard_output(target) {
                target.to_owned()
            } else {
                name.into()
            },
            target: target.to_owned(),
            file: None,
            is_written: false,
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is_written(&self) -> bool {
        self.is_written
    }

    /// Writes the PDF through to the disk, readable by its owner alone. Leaves nothing on failure.
    pub(super) fn write(&mut self, pdf: &[u8]) -> Result<(), DraftError> {
        let failed = |source| DraftError::Write {
            path: self.target.clone(),
            source,
        };
        if self.has_no_file() {
            write_to_standard_output(pdf).map_err(failed)?;
            self.is_written = true;
            return Ok(());
        }
        let mut file = private_file::create_empty(&self.path).map_err(failed)?;
        let written = lock_new(&file)
            .and_then(|()| file.write_all(pdf))
            .and_then(|()| file.sync_all())
            .and_then(|()| sync_folder(&self.path));
        if let Err(source) = written {
            self.remove();
            return Err(failed(source));
        }
        self.file = Some(file);
        self.is_written = true;
        Ok(())
    }

    /// Gives the draft its name.
    pub(super) fn place(&self, replace: bool) -> Result<(), DraftError> {
        if self.has_no_file() {
            return Ok(());
        }
        place(&self.path, &self.target, replace)
    }

    /// Standard output needs neither a name nor a lock, and cannot be taken back.
    fn has_no_file(&self) -> bool {
        is_standard_output(&self.target)
    }

    /// Takes the draft away; what cannot be removed is void and found by the next run.
    pub(super) fn remove(&self) {
        if self.has_no_file() {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!(%error, draft = %self.path.display(), "a void draft could not be removed");
        }
    }
}

/// Refuses a target that is there, unless it may be replaced.
pub(super) fn refuse_existing(target: &Path, replace: bool) -> Result<(), DraftError> {
    if !replace && !is_standard_output(target) && fs::symlink_metadata(target).is_ok() {
        return Err(DraftError::Exists(target.to_owned()));
    }
    Ok(())
}

/// SHA-256, as the database records it.
pub(super) fn sha256(pdf: &[u8]) -> String {
    hex::encode(openssl::sha::sha256(pdf))
}

/// Settles every draft in `folder` of this root whose run is not at work; `find_run` asks the database.
pub(super) fn recover(
    folder: &Path,
    root: &Thumbprint,
    find_run: impl Fn(&str) -> Result<Option<LetterRun>, StoreError>,
) -> Result<Vec<Recovered>, PressError> {
    let unreadable = |source| DraftError::Folder {
        path: folder.to_owned(),
        source,
    };
    let mut recovered = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A link is not of our making.
        if !entry.file_type().map_err(unreadable)?.is_file() {
            continue;
        }
        let path = entry.path();
        let Some((target, run_id)) = read_name(&path, &short(root)) else {
            continue;
        };
        let Some(_lock) = lock(&path).map_err(unreadable)? else {
            continue;
        };
        recovered.push(match find_run(&run_id)? {
            Some(run) => finish(&path, target, &run)?,
            None => {
                fs::remove_file(&path).map_err(unreadable)?;
                Recovered::Removed { path: target }
            }
        });
    }
    Ok(recovered)
}

fn finish(draft: &Path, target: PathBuf, run: &LetterRun) -> Result<Recovered, DraftError> {
    let pdf = fs::read(draft).map_err(|source| DraftError::Folder {
        path: draft.to_owned(),
        source,
    })?;
    if sha256(&pdf) != run.pdf_sha256 {
        return Err(DraftError::Damaged(draft.to_owned()));
    }
    place(draft, &target, false)?;
    Ok(Recovered::Placed {
        path: target,
        letters: run.letters,
    })
}

/// The target and the run of a draft's name; none for files of others and of other roots.
fn read_name(path: &Path, root: &str) -> Option<(PathBuf, String)> {
    let (rest, run_id) = path.to_str()?.strip_suffix(ENDING)?.rsplit_once('.')?;
    let target = rest.strip_suffix(root)?.strip_suffix('.')?;
    let named_by_us = run_id.len() == RUN_ID && run_id.bytes().all(|byte| byte.is_ascii_hexdigit());
    named_by_us.then(|| (target.into(), run_id.to_owned()))
}

fn short(root: &Thumbprint) -> String {
    root.sha256_hex().chars().take(ROOT).collect()
}

/// The lock of a draft, or none when its run is still at work.
fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = File::open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Locks a draft just made. In the moment before, another run may have taken it for abandoned.
fn lock_new(file: &File) -> io::Result<()> {
    file.lock()?;
    match file.metadata()?.nlink() {
        0 => Err(io::Error::other(
            "another run tidied up at the same moment; try again",
        )),
        _ => Ok(()),
    }
}

/// A hard link refuses a name that is taken, even one taken a moment ago; a rename would not.
/// Where the file system has no hard links, a look and a rename have to do.
fn place(draft: &Path, target: &Path, replace: bool) -> Result<(), DraftError> {
    let linked = if replace {
        Err(io::ErrorKind::Unsupported.into())
    } else {
        fs::hard_link(draft, target)
    };
    let placed = match linked {
        Ok(()) => fs::remove_file(draft),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        Err(_) if replace || fs::symlink_metadata(target).is_err() => fs::rename(draft, target),
        Err(error) => Err(error),
    };
    placed
        .and_then(|()| sync_folder(target))
        .map_err(|source| DraftError::Place {
            draft: draft.to_owned(),
            target: target.to_owned(),
            source,
        })
}
