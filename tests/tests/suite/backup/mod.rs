//! Backups and what comes after them: the drill, refusals, strangers who open the archive.

mod bare;
mod drill;
mod journal;
mod refusals;

use inkan_tests::program::Answer;
use inkan_tests::service::Service;
use std::path::{Path, PathBuf};

/// What the archives of these tests are locked with.
pub const PASSPHRASE: &str = "tsubaki no hana ga saku";

/// A file that holds the archive's passphrase.
pub fn passphrase(service: &Service) -> String {
    let file = service
        .folder()
        .write("archive.passphrase", format!("{PASSPHRASE}\n"));
    file.display().to_string()
}

/// Makes an archive; returns where it is and what the command said.
pub fn back_up(service: &Service, name: &str, more: &[&str]) -> (PathBuf, String) {
    let file = service.folder().join(name);
    let (place, word) = (file.display().to_string(), passphrase(service));
    let command = [
        "backup",
        "create",
        "--out",
        &place,
        "--passphrase-file",
        &word,
    ];
    let said = service.as_owner(&[&command[..], more].concat()).ok().out;
    (file, said)
}

/// Restores an archive, with the words of this file.
pub fn restore_with(service: &Service, file: &Path, word: &Path) -> Answer {
    let (place, word) = (file.display().to_string(), word.display().to_string());
    service.as_owner(&[
        "backup",
        "restore",
        "--from",
        &place,
        "--passphrase-file",
        &word,
    ])
}

/// Restores an archive; on PostgreSQL the roles get their verbs again.
pub fn restore(service: &Service, file: &Path) -> Answer {
    let answer = restore_with(service, file, Path::new(&passphrase(service)));
    let folder = service.folder().join("roles");
    if answer.status == Some(0) && folder.exists() {
        let (prefix, folder) = (service.database.name(), folder.display().to_string());
        let roles = ["database", "roles", "--prefix", prefix];
        let command = [&roles[..], &["--out", &folder]].concat();
        service.as_owner(&command).ok();
    }
    answer
}

/// The database is gone: its file, or everything in it.
pub fn lose_database(service: &Service) {
    match service.database.url().strip_prefix("sqlite:") {
        Some(file) => {
            for end in ["", "-wal", "-shm"] {
                let _ = std::fs::remove_file(format!("{file}{end}"));
            }
        }
        None => service
            .database
            .connect()
            .run("DROP SCHEMA public CASCADE; CREATE SCHEMA public"),
    }
}
