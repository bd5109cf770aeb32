//! The repository itself as a thing to be tested: its root and its files.

use std::path::{Path, PathBuf};

/// The crates of the product, in the order of their arrows.
pub const CRATES: [&str; 4] = ["ca-core", "ca-api", "ca-worker", "ca-cli"];

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent()
        .expect("tests/ lies in the workspace")
        .to_owned()
}

/// Every file below `folder` (relative to the root) whose name ends with `.extension`, sorted.
/// Build output and hidden folders are left out.
pub fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(&root().join(folder), extension, &mut found);
    found.sort();
    found
}

/// A path as people write it: relative to the root.
pub fn short(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .display()
        .to_string()
}

/// The text of a file.
///
/// # Panics
/// When it cannot be read as UTF-8.
pub fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn collect(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "target" {
                collect(&path, extension, found);
            }
        } else if path.extension().is_some_and(|end| end == extension) {
            found.push(path);
        }
    }
}
