//! The file with the token user's PIN: its first line, for its owner alone.
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use ca_core::config::text_file;
use secrecy::SecretString;
use zeroize::Zeroizing;

use super::TokenError;

/// No PIN is longer, in bytes.
const LONGEST: u64 = 1_024;

/// Reads the PIN.
///
/// # Errors
/// When the file is not there, empty, or open to others.
pub(super) fn read(path: &Path) -> Result<SecretString, TokenError> {
    let refuse = |why: String| TokenError::PinFile(path.to_owned(), why);
    let failed = |error: std::io::Error| refuse(error.to_string());
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(refuse(format!(
            "it can be read by others (mode {mode:03o}); run `chmod 600` on it, and change the PIN"
        )));
    }
    let mut bytes = Zeroizing::new(Vec::new());
    file.take(LONGEST).read_to_end(&mut bytes).map_err(failed)?;
    let text = Zeroizing::new(text_file::text_of(&bytes).map_err(failed)?);
    match text.lines().next().filter(|line| !line.is_empty()) {
        Some(line) => Ok(SecretString::from(line)),
        None => Err(refuse("it is empty; its first line must be the PIN".into())),
    }
}
