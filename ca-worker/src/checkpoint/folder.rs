//! The folder of the checkpoints: one small file each, whole or not there.
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ca_core::domain::checkpoint::{Checkpoint, machine_of};
use sha2::{Digest, Sha256};

use super::CheckpointError;
use super::cms::read_unjudged;
use super::saved::der_of;
use ca_core::private_file;

/// Where checkpoints go that know more than a database which was put back.
pub const SET_BACK: &str = "set-back";

/// One file.
#[derive(Debug, Clone)]
pub struct Filed {
    /// Its name.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
}

impl Filed {
    /// Its bytes, as they are; [`der_of`] finds the checkpoint in them.
    pub fn read(&self) -> Result<Vec<u8>, CheckpointError> {
        let failed = |error| CheckpointError::Disk(self.path.clone(), error);
        fs::read(&self.path).map_err(failed)
    }
}

/// SHA-256 of a file's bytes, 64 hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// The checkpoints in `folder`, in the order of their names; none when there is no folder.
pub fn list(folder: &Path) -> Result<Vec<Filed>, CheckpointError> {
    let failed = |error| CheckpointError::Disk(folder.to_owned(), error);
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failed)?;
        if let Ok(name) = entry.file_name().into_string()
            && machine_of(&name).is_some()
        {
            let path = entry.path();
            found.push(Filed { name, path });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

/// Holds the folder for one program of this machine, as long as what it returns lives.
pub(super) fn hold(folder: &Path) -> Result<File, CheckpointError> {
    let failed = |error| CheckpointError::Disk(folder.to_owned(), error);
    let held = File::open(folder).map_err(failed)?;
    held.lock().map_err(failed)?;
    Ok(held)
}

/// Writes a checkpoint; a file of its name stays as it is, and that is an error. It holds no secret.
pub(super) fn write(folder: &Path, name: &str, der: &[u8]) -> Result<(), CheckpointError> {
    let path = folder.join(name);
    private_file::create(&path, der, 0o644).map_err(|error| CheckpointError::Disk(path, error))
}

/// What each file of the folder says, with its SHA-256. Who signed it is not judged, and what cannot be read is left
/// out: a verification names it.
pub fn contents(folder: &Path) -> Result<Vec<(Checkpoint, String)>, CheckpointError> {
    let mut said = Vec::new();
    for filed in list(folder)? {
        let bytes = der_of(&filed.read()?);
        if let Ok(checkpoint) = read_unjudged(&bytes)
            && checkpoint.file_name() == filed.name
        {
            said.push((checkpoint, sha256(&bytes)));
        }
    }
    Ok(said)
}

/// Moves a checkpoint into the sub-folder [`SET_BACK`].
pub fn set_back(folder: &Path, name: &str) -> Result<(), CheckpointError> {
    let aside = folder.join(SET_BACK);
    let failed = |error| CheckpointError::Disk(aside.clone(), error);
    private_file::create_folder(&aside).map_err(failed)?;
    fs::rename(folder.join(name), aside.join(name)).map_err(failed)?;
    for folder in [folder, &aside] {
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(failed)?;
    }
    Ok(())
}
