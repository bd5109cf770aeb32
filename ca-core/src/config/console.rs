//! `[console]`: the operators' console, and the key that makes its approvals count.
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Config;
use crate::domain::approval::{ApprovalKey, ApprovalKeyForm};

/// A key file is 65 bytes; what is longer is something else.
const LONGEST: u64 = 256;

/// The operators' console.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ConsoleConfig {
    /// The key of approvals (64 hex digits, mode 0600), read by the worker and by the process that serves the
    /// console; `keys/approval.key` in the data folder when absent.
    pub approval_key_file: Option<PathBuf>,
}

/// Why there is no approval key.
#[derive(Debug, thiserror::Error)]
pub enum ApprovalKeyError {
    /// It is not there.
    #[error(
        "the approval key {0} is not there; copy it from the machine that has it, or make one with \
         `ca-cli operator approval-key` ([console] approval_key_file)"
    )]
    Missing(PathBuf),
    /// The system does not give it.
    #[error("the approval key {0} cannot be read: {1} ([console] approval_key_file)")]
    Unreadable(PathBuf, io::Error),
    /// Others than its owner may read or write it.
    #[error(
        "the approval key {0} is open to others (mode {1:04o}); give it to the program's own account and \
         `chmod 600` it; if others may have read it, make a new one (docs/setting-up.md)"
    )]
    Open(PathBuf, u32),
    /// It holds something else.
    #[error("{0} holds no approval key: {1} ([console] approval_key_file)")]
    Form(PathBuf, ApprovalKeyForm),
}

impl Config {
    /// Where the approval key lies.
    pub fn approval_key_file(&self) -> PathBuf {
        let usual = || self.data.folder.join("keys").join("approval.key");
        self.console.approval_key_file.clone().unwrap_or_else(usual)
    }

    /// Reads the approval key.
    ///
    /// # Errors
    /// When the file is missing, readable by others or of another form; each says what to do.
    pub fn approval_key(&self) -> Result<ApprovalKey, ApprovalKeyError> {
        read(&self.approval_key_file())
    }
}

fn read(path: &Path) -> Result<ApprovalKey, ApprovalKeyError> {
    let unreadable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => ApprovalKeyError::Missing(path.to_owned()),
        _ => ApprovalKeyError::Unreadable(path.to_owned(), error),
    };
    let form = |form| ApprovalKeyError::Form(path.to_owned(), form);
    let facts = std::fs::metadata(path).map_err(unreadable)?;
    if !facts.is_file() {
        return Err(form(ApprovalKeyForm));
    }
    let file = File::open(path).map_err(unreadable)?;
    // Of the opened file: it cannot be exchanged between the look and the reading.
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(ApprovalKeyError::Open(path.to_owned(), mode));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    let text = super::text_file::text_of(&bytes).map_err(|_| form(ApprovalKeyForm))?;
    let text = Zeroizing::new(text);
    ApprovalKey::parse(&text).map_err(form)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};

    use super::*;
    use crate::domain::random::SeededRandom;

    fn said(config: &Config) -> String {
        config.approval_key().unwrap_err().to_string()
    }

    #[test]
    fn a_key_that_is_missing_open_or_something_else_says_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.data.folder = folder.path().to_owned();
        let file = config.approval_key_file();
        assert!(file.ends_with("keys/approval.key"));
        assert!(said(&config).contains("ca-cli operator approval-key"));
        fs::create_dir(folder.path().join("keys")).unwrap();
        let key = ApprovalKey::draw(&SeededRandom::new(1)).to_file();
        let write = |text: &[u8], mode| {
            fs::write(&file, text).unwrap();
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
        };
        for open in [0o644, 0o640, 0o604, 0o620, 0o601] {
            write(key.as_bytes(), open);
            assert!(said(&config).contains("chmod 600"), "{open:o}");
        }
        for bad in [&b""[..], b"secret", &[0xff; 64], &[b'0'; 4_000]] {
            write(bad, 0o600);
            let said = said(&config);
            assert!(
                said.contains("64 hexadecimal") && !said.contains("secret"),
                "{said}"
            );
        }
        write(key.as_bytes(), 0o600);
        assert!(config.approval_key().is_ok());
        write(key.as_bytes(), 0o400);
        assert!(config.approval_key().is_ok());
        config.console.approval_key_file = Some(folder.path().to_owned());
        assert!(said(&config).contains("holds no approval key"));
    }
}
