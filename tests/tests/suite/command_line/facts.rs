//! What commands find is called by its name: the root in use, a new database, a right that a role lacks.

use inkan_tests::database::Engine;
use inkan_tests::service::Service;
use serde_json::Value;

use crate::backup::{back_up, lose_database, passphrase, restore_with};

#[test]
fn the_root_in_use_is_named_among_several() {
    let service = Service::set_up(Engine::Sqlite);
    let show = || {
        let said = service.cli(&["ca", "show", "--json"]).ok().out;
        let roots: Vec<Value> = serde_json::from_str(&said).expect("JSON");
        let in_use = roots.iter().map(|root| root["in_use"].as_bool());
        in_use.collect::<Vec<_>>()
    };
    assert_eq!(show(), [Some(true)]);
    service.cli(&["ca", "rollover"]).ok();
    assert_eq!(show(), [Some(false), Some(true)]);
    let text = service.cli(&["ca", "show"]).ok().out;
    let lines = text.lines().filter(|line| line.starts_with("in use"));
    let said: Vec<_> = lines
        .filter_map(|line| line.split_whitespace().last())
        .collect();
    assert_eq!(said, ["no", "yes"], "{text}");
    let pem = service
        .cli(&["ca", "export", "--all", "--pem", "--out", "-"])
        .ok()
        .out;
    assert_eq!(pem.matches("BEGIN CERTIFICATE").count(), 2, "{pem}");
}

#[test]
fn a_new_database_is_not_called_older() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = Service::configured(engine, "");
        if let Some(file) = service.database.url().strip_prefix("sqlite:") {
            std::fs::write(file, "").expect("an empty database");
        }
        for arguments in [&["account", "list"][..], &["database", "status"]] {
            let answer = service.cli(arguments).refused(&["the database is new"]);
            let all = format!("{}{}", answer.out, answer.err);
            assert!(
                !all.contains("older") && all.contains("ca-cli ca init"),
                "{all}"
            );
        }
    }
}

#[test]
fn a_restore_without_rights_names_database_roles() {
    let service = Service::set_up(Engine::Postgres);
    let (archive, _) = back_up(&service, "archive.age", &[]);
    lose_database(&service);
    let (from, word) = (archive.display().to_string(), passphrase(&service));
    let restore = [
        "backup",
        "restore",
        "--from",
        &from,
        "--passphrase-file",
        &word,
    ];
    service.cli(&restore).refused(&["ca-cli database roles"]);
    let restored = restore_with(&service, &archive, word.as_ref()).ok();
    assert!(
        restored.out.contains("ca-cli database roles"),
        "{}",
        restored.out
    );
    service
        .cli(&["account", "list"])
        .refused(&["ca-cli database roles"]);
}
