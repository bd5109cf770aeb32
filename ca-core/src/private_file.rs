//! Files and folders that the product makes: for their owner alone from the first byte, whole or not there.
//!
//! Nobody else decides their mode: a umask can only take rights away from what is asked for here. What root makes
//! belongs to the owner of the folder that it is made in, so that a command run as root leaves nothing behind that
//! the programs cannot read.
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Mode of a file that only its owner reads.
pub const PRIVATE: u32 = 0o600;
/// Mode of a file that everybody may read: certificates, the example configuration.
pub const PUBLIC: u32 = 0o644;

/// Writes a file that must not exist yet. A crash leaves the whole file or none; a file that is there stays.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when the name is taken, and whatever the system refuses.
pub fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let part = write_beside(path, bytes, mode)?;
    // A hard link, unlike a rename, fails when the name is taken.
    let named = fs::hard_link(&part, path);
    fs::remove_file(&part)?;
    named?;
    sync_folder(path)
}

/// Writes a file in the place of the one that may be there, in one step for whoever reads it.
///
/// # Errors
/// Whatever the system refuses.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    Staged::write(path, bytes, mode)?.put()
}

/// Makes `folder` and what is missing above it, each for its owner alone (mode 0700). One that is there is left as
/// it is.
///
/// # Errors
/// Whatever the system refuses.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(());
    }
    if let Some(above) = folder.parent() {
        create_folder(above)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => give_to_owner(folder),
        // Another program made it meanwhile.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && folder.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes an empty file of mode 0600 for a program or library to fill that asks for no mode of its own.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when the name is taken, and whatever the system refuses.
pub fn create_empty(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .mode(PRIVATE)
        .open(path)?;
    // The mode again: a umask of 0277 would leave the owner without a right to write.
    file.set_permissions(Permissions::from_mode(PRIVATE))?;
    give_to_owner(path)?;
    Ok(file)
}

/// Leaves the rights on a file or folder that is there to its owner alone. Returns whether others had any.
///
/// # Errors
/// When they cannot be taken away: the file belongs to somebody else.
pub fn close_to_others(path: &Path) -> io::Result<bool> {
    take_away(path, 0o077)
}

/// The same, but its group keeps what it has: an administrator gave it on purpose.
///
/// # Errors
/// As for [`close_to_others`].
pub fn close_to_strangers(path: &Path) -> io::Result<bool> {
    take_away(path, 0o007)
}

fn take_away(path: &Path, rights: u32) -> io::Result<bool> {
    let mode = fs::metadata(path)?.mode() & 0o7777;
    // A folder with the sticky bit is everybody's, such as /tmp, and never ours to close.
    if mode & rights == 0 || mode & 0o1000 != 0 {
        return Ok(false);
    }
    fs::set_permissions(path, Permissions::from_mode(mode & !rights))?;
    Ok(true)
}

/// Gives what root has made to the owner of the folder that it lies in; does nothing for anybody else.
///
/// # Errors
/// Whatever the system refuses.
pub fn give_to_owner(path: &Path) -> io::Result<()> {
    let made = fs::symlink_metadata(path)?;
    if made.uid() != 0 {
        return Ok(());
    }
    let folder = fs::metadata(folder_of(path))?;
    // The system's own folders are root's, and those with the sticky bit are everybody's.
    if folder.uid() == 0 || folder.mode() & 0o1000 != 0 {
        return Ok(());
    }
    std::os::unix::fs::lchown(path, Some(folder.uid()), Some(folder.gid()))
}

/// A file that is written and durable, and waits to be put in its place.
#[derive(Debug)]
pub struct Staged {
    part: PathBuf,
    path: PathBuf,
}

impl Staged {
    /// Writes `bytes` beside `path`.
    ///
    /// # Errors
    /// Whatever the system refuses; nothing is left then.
    pub fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<Self> {
        let part = write_beside(path, bytes, mode)?;
        Ok(Self {
            part,
            path: path.to_owned(),
        })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// Whatever the system refuses.
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
    create_folder(folder_of(path))?;
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(name);
    // A leftover of a crashed process of the same number.
    match fs::remove_file(&part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = create_empty(&part)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(Permissions::from_mode(mode)))
        .and_then(|()| file.sync_all());
    if let Err(error) = written {
        let _ = fs::remove_file(&part);
        return Err(error);
    }
    Ok(part)
}

/// Makes a new name in the folder of `path` survive a power cut.
///
/// # Errors
/// Whatever the system refuses.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(folder_of(path))?.sync_all()
}

/// The folder that a path lies in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
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
