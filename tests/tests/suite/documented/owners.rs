//! Commands that an administrator runs as root leave nothing that the service's own account cannot use.

use inkan_tests::database::Engine;
use std::fs::remove_file;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::checks::{check, handed_over};
use super::{NOBODY, as_nobody};

/// Every file and folder in a folder that does not belong to [`NOBODY`].
fn strangers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let facts = std::fs::symlink_metadata(&path).expect("it is there");
        if [facts.uid(), facts.gid()].map(|id| id.to_string()) != [NOBODY; 2] {
            found.push(path.display().to_string());
        }
        if facts.is_dir() {
            found.extend(strangers(&path));
        }
    }
    found
}

#[test]
fn what_root_makes_belongs_to_the_owner_of_the_folder() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = handed_over(engine);
        let folder = service.folder().path();
        let database = service.database.url().strip_prefix("sqlite:");
        let database = database.and_then(|file| Path::new(file).parent());
        let place = |name: &str| folder.join(name).display().to_string();
        remove_file(place("data/keys/approval.key")).expect("a key");
        let made = [
            "data/keys/approval.key",
            "data/keys/ca-2.key",
            "archive.age",
        ];
        let archive = place("archive.age");
        let passphrase = place("passphrase");
        let backup = [
            "backup",
            "create",
            "--out",
            &archive,
            "--passphrase-file",
            &passphrase,
        ];
        let commands: [&[&str]; 4] = [
            &["operator", "approval-key"],
            &["ca", "rollover"],
            &["certificate", "issue-server"],
            &backup,
        ];
        // Whatever an archive or a key is made beside is looked at too: nothing may be left in any folder.
        for command in commands {
            service.cli(command).ok();
            assert_eq!(strangers(folder), [""; 0], "{command:?}");
            let beside = database.map(strangers).unwrap_or_default();
            assert_eq!(beside, [""; 0], "{command:?}");
        }
        for file in made {
            assert!(folder.join(file).is_file(), "{file}");
        }
        for program in ["ca-api", "ca-worker", "ca-cli"] {
            check(&service, program).ok();
        }
        let mut reader = as_nobody("ca-cli", folder);
        reader.args(["backup", "show", "--from", &archive]);
        reader.args(["--passphrase-file", &passphrase]);
        inkan_tests::program::run(&mut reader).ok();
    }
}
