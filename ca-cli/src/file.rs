//! Files that commands leave behind: whole or not at all, never over an older one. `--out -` is standard output.

use std::fs::{self, Permissions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use ca_core::private_file::{self, folder_of};
use tempfile::NamedTempFile;

use crate::output::Output;

/// Writes a new file, readable for its owner alone (mode 0600), through `fill`; nothing stays when `fill` fails.
pub fn write_anew(
    path: &Path,
    fill: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    if is_standard_output(path) {
        let mut to = BufWriter::new(io::stdout().lock());
        fill(&mut to)?;
        return to.flush().context(CLOSED);
    }
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
    if is_standard_output(path) {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(0o644))
        .with_context(|| format!("cannot set the mode of {}", path.display()))
}

/// Replaces a file of our own at once: readers see the old or the new one.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> anyhow::Result<()> {
    private_file::replace(path, bytes, mode)
        .with_context(|| format!("cannot write {}", path.display()))
}

/// What is said when a file for standard output did not arrive whole.
const CLOSED: &str = "standard output did not take the whole file; what it took is worth nothing";

/// Whether `--out` names standard output. A file of that name is `./-`.
pub fn is_standard_output(path: &Path) -> bool {
    path == Path::new("-")
}

/// Writes all of it to standard output; unlike a listing, a file has to arrive whole.
pub fn write_to_standard_output(bytes: &[u8]) -> io::Result<()> {
    let mut to = io::stdout().lock();
    to.write_all(bytes)?;
    to.flush()
}

/// Where a command's own words go: to `out`, or to standard error when the file goes to standard output.
pub fn words<'a>(path: &Path, out: &'a mut dyn Write) -> Box<dyn Write + 'a> {
    match is_standard_output(path) {
        true => Box::new(Output::new(io::stderr())),
        false => Box::new(out),
    }
}

/// What the words call the file.
pub fn called(path: &Path) -> String {
    match is_standard_output(path) {
        true => "standard output".to_owned(),
        false => path.display().to_string(),
    }
}

/// Removes a file that was made in vain. What went to standard output cannot be taken back; the status tells.
pub fn take_back(path: &Path) -> io::Result<()> {
    match is_standard_output(path) {
        true => Ok(()),
        false => fs::remove_file(path),
    }
}

/// An error if a file that is no text would go to a terminal.
pub fn refuse_terminal(path: &Path) -> anyhow::Result<()> {
    if is_standard_output(path) && io::stdout().is_terminal() {
        bail!(
            "this file is no text for a terminal; name a file with --out, or lead the output into a program"
        );
    }
    Ok(())
}

/// An error if `path` is taken.
pub fn refuse_existing(path: &Path) -> anyhow::Result<()> {
    if is_standard_output(path) {
        return Ok(());
    }
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
