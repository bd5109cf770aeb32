//! Files that are whole or not there: written beside their place, made durable, then named.
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Writes a file that must not exist yet. A crash leaves the whole file or none; a file that is there stays.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let part = write_beside(path, bytes, mode)?;
    // A hard link, unlike a rename, fails when the name is taken.
    let named = fs::hard_link(&part, path);
    fs::remove_file(&part)?;
    named?;
    sync_folder(path)
}

/// Writes a file in the place of the one that may be there, in one step for whoever reads it.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    Staged::write(path, bytes, mode)?.put()
}

/// Makes `folder` and what is missing above it, for the owner alone.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// A file that is written and durable, and waits to be put in its place.
#[derive(Debug)]
pub struct Staged {
    part: PathBuf,
    path: PathBuf,
}

impl Staged {
    /// Writes `bytes` beside `path`.
    pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let part = write_beside(path, bytes, mode)?;
        Ok(Self {
            part,
            path: path.to_owned(),
        })
    }

    /// Puts the file in its place.
    pub fn put(self) -> io::Result<()> {
        fs::rename(&self.part, &self.path)?;
        sync_folder(&self.path)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone after `put`; otherwise a leftover that nobody should find.
        let _ = fs::remove_file(&self.part);
    }
}

fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        create_folder(folder)?;
    }
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    // A leftover of a crashed process of the same number.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&part)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    Ok(part)
}

fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn creates_once_and_replaces_at_will() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep/er/file");
        create(&path, b"one", 0o600).unwrap();
        assert_eq!(
            create(&path, b"two", 0o600).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
        assert_eq!(fs::read(&path).unwrap(), b"one");
        replace(&path, b"three", 0o644).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"three");
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o644, 0o700));
        assert_eq!(names(path.parent().unwrap()), ["file"]);
    }

    #[test]
    fn what_is_staged_and_not_put_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let staged = Staged::write(&path, b"one", 0o600).unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        assert!(!path.exists());
        drop(staged);
        assert!(names(folder.path()).is_empty());
    }

    #[test]
    fn a_name_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), b"").unwrap();
        assert!(create(&folder.path().join("file/below"), b"x", 0o600).is_err());
    }
}
