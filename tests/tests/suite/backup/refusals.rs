//! Wrong passphrases, damaged archives, places that are taken: refused with a next step, nothing half done.

use inkan_tests::database::Engine;
use inkan_tests::program::tool;
use inkan_tests::service::Service;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{back_up, lose_database, passphrase, restore, restore_with};

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// Nothing of a restoration is left: no database, no draft.
fn assert_untouched(service: &Service) {
    match service.database.url().strip_prefix("sqlite:") {
        Some(file) => {
            let folder = Path::new(file).parent().expect("a folder");
            let left: Vec<_> = std::fs::read_dir(folder).expect("a folder").collect();
            assert!(left.is_empty(), "{left:?}");
        }
        None => {
            let tables = "information_schema.tables WHERE table_schema = 'public'";
            assert_eq!(service.database.connect().count(tables), 0);
        }
    }
    let data = std::fs::read_dir(service.folder().join("data")).expect("the data folder");
    let names: Vec<_> = data
        .map(|entry| entry.expect("an entry").file_name())
        .collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("restore")),
        "{names:?}"
    );
}

#[test]
fn a_place_that_is_taken_is_not_overwritten() {
    for engine in ENGINES {
        let service = Service::set_up(engine);
        let (archive, _) = back_up(&service, "archive.age", &[]);
        let entries = service.database.connect().count("audit");
        restore(&service, &archive).refused(&["not overwritten", "Nothing was restored"]);
        assert_eq!(service.database.connect().count("audit"), entries);
        let again = archive.display().to_string();
        let word = passphrase(&service);
        service
            .cli(&[
                "backup",
                "create",
                "--out",
                &again,
                "--passphrase-file",
                &word,
            ])
            .refused(&["not overwritten"]);
    }
}

#[test]
fn what_is_not_whole_or_does_not_open_restores_nothing() {
    for engine in ENGINES {
        let service = Service::set_up(engine);
        let (archive, _) = back_up(&service, "archive.age", &[]);
        let mode = std::fs::metadata(&archive)
            .expect("the archive")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
        let bytes = std::fs::read(&archive).expect("the archive");
        lose_database(&service);
        let broken = |name: &str, bytes: &[u8]| service.folder().write(name, bytes);
        let mut turned = bytes.clone();
        let middle = turned.len() / 2;
        turned[middle] ^= 1;
        let short = &bytes[..bytes.len() - 100];
        for (name, bytes) in [
            ("turned.age", turned.as_slice()),
            ("short.age", short),
            ("text.age", b"hello"),
        ] {
            let file = broken(name, bytes);
            restore(&service, &file).refused(&["nothing was restored", name]);
            assert_untouched(&service);
        }
        let word = service.folder().write("wrong", "another passphrase\n");
        restore_with(&service, &archive, &word)
            .refused(&["passphrase does not open", "nothing was restored"]);
        assert_untouched(&service);
        restore(&service, &archive).ok();
    }
}

#[test]
fn an_archive_of_one_engine_is_not_put_into_the_other() {
    let [sqlite, postgres] = ENGINES.map(Service::set_up);
    let (archive, _) = back_up(&sqlite, "archive.age", &[]);
    lose_database(&postgres);
    restore(&postgres, &archive).refused(&[
        "a database of sqlite",
        "nothing was restored",
        "postgres",
    ]);
    assert_untouched(&postgres);
}

#[test]
fn the_program_age_opens_what_was_locked_for_its_key() {
    let service = Service::set_up(Engine::Sqlite);
    let key = service.folder().join("age.key").display().to_string();
    let public = tool("age-keygen", ["-o", &key]).ok().err;
    let public = public.trim().rsplit(' ').next().expect("a key").to_owned();
    let file = service.folder().join("archive.age").display().to_string();
    service
        .cli(&[
            "backup",
            "create",
            "--out",
            &file,
            "--recipient",
            "age1nonsense",
        ])
        .refused(&["age-keygen"]);
    service
        .cli(&["backup", "create", "--out", &file, "--recipient", &public])
        .ok();
    let plain = service.folder().join("archive.tar").display().to_string();
    tool("age", ["--decrypt", "-i", &key, "-o", &plain, &file]).ok();
    let listed = tool("tar", ["--list", "--file", &plain]).ok().out;
    assert_eq!(
        listed.lines().collect::<Vec<_>>(),
        ["manifest.json", "database.sqlite"]
    );
    let shown = service
        .cli(&["backup", "show", "--from", &file, "--identity", &key])
        .ok()
        .out;
    assert!(shown.contains("the key files: keep a copy"), "{shown}");
    let word = passphrase(&service);
    service
        .cli(&[
            "backup",
            "show",
            "--from",
            &file,
            "--passphrase-file",
            &word,
        ])
        .refused(&["--identity"]);
}

#[test]
fn a_journal_that_is_gone_is_asked_for_and_can_be_given_up() {
    let service = Service::set_up(Engine::Sqlite);
    service.work_once().ok();
    let folder = service.folder().join("data/journal");
    let mut files = std::fs::read_dir(&folder).expect("the journal");
    let file = files.next().expect("a journal").expect("a file").path();
    let name = file
        .file_stem()
        .expect("a name")
        .to_string_lossy()
        .into_owned();
    let kept = std::fs::read(&file).expect("the journal");
    std::fs::remove_file(&file).expect("removed");
    let answer = service.work_once();
    assert!(
        answer.err.contains(&format!("--give-up {name}")),
        "{}",
        answer.err
    );
    std::fs::write(&file, &kept).expect("put back");
    service.work_once().ok();

    let mut changed = kept.clone();
    changed[200] ^= 1;
    std::fs::write(&file, &changed).expect("changed");
    service.database.connect().run("DELETE FROM journal_mark");
    let answer = service.work_once();
    assert!(answer.err.contains("damaged at line 1"), "{}", answer.err);
    std::fs::write(&file, b"").expect("lost");
    service
        .cli(&["backup", "reconcile", "--give-up", "nobody"])
        .refused(&["no journal nobody"]);
}
