//! One run of `ca-cli demo --walkthrough`: the main journey through the real pages, and what it left behind.

use crate::database::{Database, Engine};
use crate::folder::Folder;
use crate::program;
use openssl::x509::X509;
use serde_json::Value;
use std::path::PathBuf;
use std::process::Command;

/// A finished walkthrough.
pub struct Walkthrough {
    folder: Folder,
    /// The database that it used.
    pub database: Database,
    /// What the program said.
    pub said: program::Answer,
    /// `result.json`.
    pub result: Value,
}

impl Walkthrough {
    /// Plays the journey on a new database of that engine.
    ///
    /// # Panics
    /// When it fails, with all that the program said.
    pub fn play(engine: Engine, arguments: &[&str]) -> Self {
        let folder = Folder::new("walkthrough");
        let database = Database::new(engine);
        let said = program::run(&mut command(&folder, &database, arguments)).ok();
        let text = std::fs::read_to_string(folder.join("result.json")).expect("result.json");
        let result = serde_json::from_str(&text).expect("result.json is JSON");
        Self {
            folder,
            database,
            said,
            result,
        }
    }

    /// The folder with all that it wrote.
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// A text of the result.
    pub fn word(&self, key: &str) -> &str {
        self.result[key]
            .as_str()
            .unwrap_or_else(|| panic!("result.json lacks {key}: {}", self.result))
    }

    /// A file that the result names by a path relative to the folder.
    pub fn file(&self, key: &str) -> PathBuf {
        self.path_of(self.word(key))
    }

    /// A file by its path as the result writes it.
    ///
    /// # Panics
    /// When it is absolute or not there.
    pub fn path_of(&self, relative: &str) -> PathBuf {
        let path = self.folder.join(relative);
        assert!(
            !relative.starts_with('/') && path.is_file(),
            "{relative} should be a file below the folder"
        );
        path
    }

    /// The root as downloaded.
    pub fn root(&self) -> X509 {
        let bytes = std::fs::read(self.file("root")).expect("the root");
        X509::from_der(&bytes).expect("the root is DER")
    }

    /// The certificate that was issued.
    pub fn certificate(&self) -> X509 {
        let text = self.word("certificate_pem");
        let pem = if text.contains("BEGIN") {
            text.into()
        } else {
            std::fs::read(self.path_of(text)).expect("PEM")
        };
        X509::from_pem(&pem).expect("the certificate is PEM")
    }
}

/// The command, with free ports and that database.
pub fn command(folder: &Folder, database: &Database, arguments: &[&str]) -> Command {
    let mut command = program::command("ca-cli");
    command.args([
        "demo",
        "--port-base",
        "0",
        "--database",
        database.url(),
        "--walkthrough",
    ]);
    command.arg(folder.path()).args(arguments);
    command
}
