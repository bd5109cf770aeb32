//! Strangers open a checkpoint, strangers' checkpoints are refused, and a copy that was mailed answers for the chain.

use super::Place;
use super::chain::{put, read};
use ca_worker::run::run_once;
use inkan_tests::database::Engine;
use inkan_tests::program::tool;
use inkan_tests::service::Service;

#[test]
fn openssl_opens_a_checkpoint_under_the_root() {
    let service = Service::set_up(Engine::Sqlite);
    service.work_once().ok();
    let folder = service.folder().join("data/checkpoints");
    let file = std::fs::read_dir(folder).expect("the folder").next();
    let file = file
        .expect("a checkpoint")
        .expect("a file")
        .path()
        .display()
        .to_string();
    let root = service.root_file().display().to_string();
    let content = service.folder().join("content.json");
    let place = content.display().to_string();
    let command = [
        "cms", "-verify", "-inform", "DER", "-in", &file, "-CAfile", &root, "-purpose", "any",
        "-out", &place,
    ];
    tool("openssl", command).ok();
    let text = std::fs::read_to_string(&content).expect("the content");
    let said: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(said["host"], "localhost");
    assert_eq!(said["version"], 1);
    let entries = said["entries"].as_i64().expect("a number");
    let head = said["head"].as_str().expect("a hash");
    let same = format!("audit WHERE sequence = {entries} AND hash = '{head}'");
    assert_eq!(service.database.connect().count(&same), 1);
    let answer = service.cli(&["audit", "verify", "--root", &root]).ok().out;
    assert!(answer.contains("given by --root"), "{answer}");
    let answer = service.cli(&["audit", "verify"]).ok().out;
    assert!(answer.contains("from the journals in"), "{answer}");
    let other = Service::set_up(Engine::Sqlite);
    let held = other.root_file().display().to_string();
    service
        .cli(&["audit", "verify", "--root", &held])
        .refused(&["not the site's", "evidence"]);
}

#[test]
fn a_checkpoint_of_a_foreign_key_is_refused_by_people_and_by_the_worker() {
    let (place, other) = (Place::new(Engine::Sqlite), Place::new(Engine::Sqlite));
    run_once(&place.worker);
    run_once(&other.worker);
    let foreign = &other.files()[0];
    let forged = format!("{:012}-{}", 999, &foreign[13..]);
    std::fs::copy(other.path(foreign), place.path(&forged)).expect("to slip it in");
    let found = place.found();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].0.contains(&forged) && found[0].0.contains("not the site's"),
        "{found:?}"
    );
    let said = place.later().troubles.join("; ");
    assert!(
        said.contains(&forged) && said.contains("not the site's"),
        "{said}"
    );
    assert_eq!(place.files().len(), 2, "no new checkpoint on top of it");
    std::fs::remove_file(place.path(&forged)).expect("to take it out");
    assert_eq!(place.later().troubles, [""; 0]);
    assert_eq!(place.found(), []);
}

#[test]
fn the_first_checkpoint_of_each_day_is_mailed_and_the_mail_answers_for_the_chain() {
    let mut place = Place::new(Engine::Postgres);
    run_once(&place.worker);
    place.entries(4);
    place.later();
    let mut sql = place.foundry.database.connect();
    let mails = "outbox WHERE kind = 'audit-checkpoint' AND to_address = 'auditor@example.jp'";
    let days = sql.count(mails);
    place.foundry.wait(86_400);
    run_once(&place.worker);
    assert_eq!(sql.count(mails), days + 1, "a new day");
    place.later();
    run_once(&place.worker);
    let parked = sql.count("outbox WHERE state = 'parked'");
    assert_eq!((sql.count(mails), parked), (days + 1, 0));
    let folder = place.foundry.folder.join("mail");
    let mut letters: Vec<_> = std::fs::read_dir(folder)
        .expect("mails")
        .map(|file| file.expect("a mail").path())
        .collect();
    letters.sort();
    let mut copies: Vec<String> = Vec::new();
    for letter in &letters {
        copies.extend(["--checkpoint".into(), letter.display().to_string()]);
    }
    let empty = place.foundry.folder.join("empty");
    std::fs::create_dir(&empty).expect("a folder");
    let empty = empty.display().to_string();
    let mut command = vec!["--checkpoints", empty.as_str()];
    command.extend(copies.iter().map(String::as_str));
    let answer = place.verify(&command).ok().out;
    assert!(
        answer.contains(&format!("{} looked at", letters.len())),
        "{answer}"
    );
    // The machine with the folder is lost or its owner is not to be trusted: the copies are enough.
    put(&mut sql, &read(&place.foundry.store)[..3]);
    place
        .verify(&command)
        .refused(&["the database has 3", ".eml"]);
}
