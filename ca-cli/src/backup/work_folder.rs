//! A folder for working copies of secrets: inside the data folder, for its owner alone, swept when it is dead.

use std::fs::{self, File, Permissions, TryLockError};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::Context;
use ca_core::private_file::{create_empty, create_folder, give_to_owner};

/// Names of working folders begin so.
const PREFIX: &str = ".inkan-work-";
/// Until its lock is taken, a folder has a name of this kind.
const UNBORN: &str = ".inkan-unborn-";
/// The file in it that its command keeps locked.
const LOCK: &str = "lock";

/// A folder that is there while its command runs. Killed commands cannot clear up: the next one does it for them.
#[derive(Debug)]
pub(crate) struct WorkFolder {
    path: PathBuf,
    /// Locked while the command lives; the system lets go of it however that ends.
    _lock: File,
}

impl WorkFolder {
    /// Makes one inside `folder`, after the dead ones there are removed.
    pub(crate) fn inside(folder: &Path) -> anyhow::Result<Self> {
        let refused = || format!("cannot write into {}", folder.display());
        create_folder(folder).with_context(refused)?;
        sweep(folder).with_context(refused)?;
        let unborn = tempfile::Builder::new()
            .prefix(UNBORN)
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(folder)
            .with_context(refused)?;
        give_to_owner(unborn.path()).with_context(refused)?;
        let lock = create_empty(&unborn.path().join(LOCK)).with_context(refused)?;
        lock.lock().with_context(refused)?;
        let name = unborn.path().file_name().unwrap_or_default();
        let path = folder.join(name.to_string_lossy().replacen(UNBORN, PREFIX, 1));
        fs::rename(unborn.path(), &path).with_context(refused)?;
        // Its name is another now; nothing is there to clear up under the first.
        let _ = unborn.keep();
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        // What cannot be removed now is swept by the next command.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Removes working folders whose commands are gone.
fn sweep(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if is_dead(&path) {
            fs::remove_dir_all(&path)?;
            tracing::warn!(folder = %path.display(), "removed the working copy of a command that was killed");
        }
    }
    Ok(())
}

fn is_dead(path: &Path) -> bool {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    if name.starts_with(UNBORN) {
        return is_older_than_a_minute(path);
    }
    if !name.starts_with(PREFIX) {
        return false;
    }
    let lock = File::open(path.join(LOCK));
    lock.map_or(true, |lock| {
        !matches!(lock.try_lock(), Err(TryLockError::WouldBlock))
    })
}

fn is_older_than_a_minute(folder: &Path) -> bool {
    let made = fs::metadata(folder).and_then(|facts| facts.modified());
    let age = made.ok().and_then(|made| made.elapsed().ok());
    age.is_some_and(|age| age.as_secs() > 60)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn it_is_private_and_dead_ones_are_swept_but_living_ones_are_not() {
        let folder = tempfile::tempdir().unwrap();
        let living = WorkFolder::inside(folder.path()).unwrap();
        let mode = fs::metadata(living.path()).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o700);
        let dead = folder.path().join(format!("{PREFIX}dead"));
        fs::create_dir(&dead).unwrap();
        fs::write(dead.join(LOCK), "").unwrap();
        fs::write(dead.join("database.sqlite"), "secret").unwrap();
        let foreign = folder.path().join("keys");
        fs::create_dir(&foreign).unwrap();
        let next = WorkFolder::inside(folder.path()).unwrap();
        assert!(living.path().exists() && next.path().exists() && foreign.exists());
        assert!(!dead.exists());
        let gone = living.path().to_owned();
        drop(living);
        assert!(!gone.exists());
    }
}
