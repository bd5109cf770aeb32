//! A folder of one's own for each test.

use std::path::{Path, PathBuf};

/// A temporary folder. It is removed at the end of the test; after a failure it stays, and its path
/// is printed, so that what went wrong can be looked at.
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// A new, empty folder; `purpose` becomes part of its name.
    pub fn new(purpose: &str) -> Self {
        let path = tempfile::Builder::new()
            .prefix(&format!("inkan-{purpose}-"))
            .tempdir()
            .expect("a temporary folder")
            .keep();
        Self { path }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of something in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Writes a file into it and returns its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).expect("a folder for the file");
        }
        std::fs::write(&path, content)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("kept for a look: {}", self.path.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}
