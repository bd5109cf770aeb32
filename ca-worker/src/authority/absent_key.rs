//! A root whose key cannot be used here: what is missing where, and whether anything changed there since.
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use ca_core::domain::missing_key::MissingKey;

use crate::signer::{Signer, TokenSigner};

/// A root's key that this machine should have and has not.
#[derive(Debug)]
pub struct AbsentKey {
    /// What people are told.
    pub key: MissingKey,
    /// Whether the root is active; of a retired one nothing is issued any more.
    pub(super) is_active: bool,
    file: PathBuf,
    seen: Option<Stamp>,
    token: Option<TokenSigner>,
}

/// A file as it was found. Every change of its bytes, owner or mode moves the last two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    inode: (u64, u64),
    changed: (i64, i64),
}

impl Stamp {
    /// Of the file at `path`; none if there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let found = fs::metadata(path).ok()?;
        Some(Self {
            inode: (found.dev(), found.ino()),
            changed: (found.ctime(), found.ctime_nsec()),
        })
    }
}

impl AbsentKey {
    /// A key whose file could not be used; `seen` is how it was before that was tried.
    pub(super) fn in_file(key: MissingKey, file: PathBuf, seen: Option<Stamp>) -> Self {
        Self {
            key,
            is_active: true,
            file,
            seen,
            token: None,
        }
    }

    /// A key that the token does not have; it may come as a `file` too.
    pub(super) fn on_token(key: MissingKey, file: PathBuf, token: TokenSigner) -> Self {
        Self {
            key,
            is_active: true,
            file,
            seen: None,
            token: Some(token),
        }
    }

    /// The same of a root that is retired.
    pub(super) fn of_retired(self) -> Self {
        Self {
            is_active: false,
            ..self
        }
    }

    /// Whether it is worth trying again: the file is another one than it was, or the token has the key now.
    pub(super) fn may_have_come(&self) -> bool {
        let token = self.token.as_ref();
        Stamp::of(&self.file) != self.seen || token.is_some_and(|key| key.ready().is_ok())
    }
}
