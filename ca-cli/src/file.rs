//! Files that commands leave behind: whole or not at all, never over an older one.

use std::fs::{self, Permissions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, anyhow};
use ca_core::private_file::{self, folder_of};
use tempfile::NamedTempFile;

/// Writes a new file, readable for its owner alone (mode 0600), through `fill`; nothing stays when `fill` fails.
pub fn write_anew(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    refuse_existing(path)?;
    let folder = folder_of(path);
    // Made by `tempfile` for its owner alone.
    let mut draft = NamedTempFile::new_in(folder)
        .with_context(|| format!("cannot write into {}", folder.display()))?;
    let mut buffer = BufWriter::new(draft.as_file_mut());
    fill(&mut buffer)?;
    buffer
        .flush()
        .with_context(|| format!("cannot write {}", path.display()))?;
    drop(buffer);
    draft
        .as_file()
        .sync_all()
        .with_context(|| format!("cannot write {}", path.display()))?;
    draft
        .persist_noclobber(path)
        .map_err(|error| existing_or(path, error.error))?;
    private_file::give_to_owner(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a new file, mode 0600, with these bytes.
pub fn write_private(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_anew(path, |to| Ok(to.write_all(bytes)?))
}

/// Writes a new file that everyone may read, with these bytes.
pub fn write_public(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    write_private(path, bytes)?;
    fs::set_permissions(path, Permissions::from_mode(0o644))
        .with_context(|| format!("cannot set the mode of {}", path.display()))
}

/// Replaces a file of our own at once: readers see the old or the new one.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    private_file::replace(path, bytes, mode)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// An error if `path` is taken.
pub fn refuse_existing(path: &Path) -> anyhow::Result<()> {
    if path.exists() {
        return Err(existing_or(path, io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

fn existing_or(path: &Path, error: io::Error) -> anyhow::Error {
    if error.kind() == io::ErrorKind::AlreadyExists {
        return anyhow!(
            "{} exists already and is not overwritten; give another name or move it away",
            path.display()
        );
    }
    anyhow::Error::from(error).context(format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_private_whole_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let failed = write_anew(&path, |to| {
            to.write_all(b"half")?;
            Err(anyhow!("no"))
        });
        assert!(failed.is_err() && !path.exists());
        write_private(&path, b"one").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        let said = write_private(&path, b"two").unwrap_err().to_string();
        assert!(said.contains("not overwritten"), "{said}");
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn replacing_keeps_the_mode_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tls").join("server.key");
        replace(&path, b"one", 0o600).unwrap();
        replace(&path, b"two", 0o600).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
