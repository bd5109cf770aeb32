//! An administrator restores onto a machine that has nothing but the configuration and the archive; what fails on the
//! way can be tried again, and nobody else on the machine reads along.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use inkan_tests::database::Engine;
use inkan_tests::service::Service;

use super::{back_up, lose_database, restore};

/// Everything that the machine had is gone.
fn bare(service: &Service) {
    lose_database(service);
    fs::remove_dir_all(service.folder().join("data")).expect("the data folder goes");
}

fn mode(path: &Path) -> u32 {
    let facts = fs::symlink_metadata(path).expect("the file is there");
    facts.permissions().mode() & 0o777
}

/// Files that everybody may read, by their names; all others belong to their owner alone.
fn is_public(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.ends_with(".crt") || name.ends_with(".pem") || name.ends_with(".p7s")
}

fn assert_private(folder: &Path) {
    assert_eq!(mode(folder), 0o700, "{}", folder.display());
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            assert_private(&path);
        } else if !is_public(&path) {
            assert_eq!(mode(&path), 0o600, "{}", path.display());
        }
    }
}

fn restored_onto_a_bare_machine(engine: Engine) {
    let service = Service::set_up(engine);
    let (archive, _) = back_up(&service, "archive.age", &["--with-keys"]);
    let data = service.folder().join("data");
    let sealing = fs::read(data.join("keys/sealing.key")).expect("the sealing key");
    bare(&service);

    // A file where the keys' folder belongs: it fails before the database is there, and works when the file is gone.
    fs::create_dir(&data).expect("a folder");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o700)).expect("a mode");
    fs::write(data.join("keys"), "in the way").expect("a file");
    restore(&service, &archive).refused(&["keys", "nothing else was restored"]);
    fs::remove_file(data.join("keys")).expect("the file goes");

    restore(&service, &archive).ok();
    assert_eq!(
        fs::read(data.join("keys/sealing.key")).expect("the sealing key"),
        sealing
    );
    assert_private(&data);
    let marked = service.database.connect().count("restoration");
    assert_eq!(marked, 1);
    restore(&service, &archive).refused(&["not overwritten"]);
}

#[test]
fn a_bare_machine_gets_everything_back_on_sqlite() {
    restored_onto_a_bare_machine(Engine::Sqlite);
}

#[test]
fn a_bare_machine_gets_everything_back_on_postgres() {
    restored_onto_a_bare_machine(Engine::Postgres);
}

#[test]
fn a_restoration_into_postgres_that_was_not_marked_is_taken_up() {
    let service = Service::set_up(Engine::Postgres);
    let (archive, said) = back_up(&service, "archive.age", &[]);
    // As a try leaves it that ended right after `pg_restore`.
    let name = said
        .split_whitespace()
        .skip_while(|word| *word != "Archive")
        .nth(1);
    let name = name.expect("the archive's name").trim_end_matches(',');
    service.folder().write("data/restoring", name);
    restore(&service, &archive).ok();
    assert_eq!(service.database.connect().count("restoration"), 1);
    assert!(!service.folder().join("data/restoring").exists());
    restore(&service, &archive).refused(&["not overwritten"]);
}

#[test]
fn a_log_of_an_earlier_database_is_not_worked_into_the_restored_one() {
    let service = Service::set_up(Engine::Sqlite);
    let (archive, _) = back_up(&service, "archive.age", &[]);
    lose_database(&service);
    let url = service.database.url().to_owned();
    let log = format!("{}-wal", url.strip_prefix("sqlite:").expect("a file"));
    fs::write(&log, "an earlier log").expect("a file");
    restore(&service, &archive).refused(&["-wal", "not overwritten"]);
    fs::remove_file(&log).expect("the log goes");
    restore(&service, &archive).ok();
}

#[test]
fn what_an_earlier_version_left_open_to_others_is_closed() {
    let service = Service::set_up(Engine::Sqlite);
    let data = service.folder().join("data");
    let url = service.database.url().to_owned();
    let file = Path::new(url.strip_prefix("sqlite:").expect("a file")).to_owned();
    let open = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a mode")
    };
    open(&file, 0o644);
    open(&data, 0o755);
    service.cli(&["account", "list"]).ok();
    assert_eq!((mode(&file), mode(&data)), (0o600, 0o700 | 0o050));
}
