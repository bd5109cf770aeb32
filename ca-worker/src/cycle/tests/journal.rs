//! The journal around a batch: intents before the signature, certificates after their commit, nothing without it.
use std::fs;
use std::path::PathBuf;

use ca_core::domain::certificate::IntentState;
use ca_core::domain::certificate::Purpose;
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::RequestState;
use ca_core::domain::serial::SerialNumber;
use ca_core::store::intent;
use chrono::DateTime;

use super::world::World;
use crate::fixture::morning;
use crate::journal::Fact;
use crate::run::run_once;

/// The one file of the journal.
fn file(world: &World) -> PathBuf {
    let mut files = fs::read_dir(world.config.journal_folder()).unwrap();
    files.next().unwrap().unwrap().path()
}

/// What each line is about, in order.
fn facts(world: &World) -> Vec<(String, String)> {
    let text = fs::read_to_string(file(world)).unwrap();
    let facts = text.lines().map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
        (word("fact"), word("serial"))
    });
    facts.collect()
}

#[test]
fn a_serial_is_in_the_journal_before_its_signature_and_its_certificate_after_the_commit() {
    let world = World::new();
    let asked = [world.approved(1), world.approved(2)];
    assert_eq!(run_once(&world.worker()).batch.issued.len(), 2);
    let facts = facts(&world);
    for one in &asked {
        let [certificate] = world.certificates(one).try_into().unwrap();
        let serial = certificate.serial.to_hex();
        let of_serial = facts.iter().filter(|(_, about)| *about == serial);
        let words: Vec<&str> = of_serial.map(|(fact, _)| fact.as_str()).collect();
        assert_eq!(words, ["intended", "issued"]);
    }
    assert!(facts.iter().any(|(fact, _)| fact == "list"));
}

#[test]
fn without_the_journal_nothing_is_signed_and_no_attempt_is_burnt() {
    let world = World::new();
    let worker = world.worker();
    run_once(&worker);
    let asked = [world.approved(1), world.approved(2)];
    let kept = fs::read(file(&world)).unwrap();
    let signed = world.signed().len();
    fs::write(file(&world), "bad\nbad\n").unwrap();
    let report = run_once(&worker);
    assert!(
        report.troubles.iter().any(|said| said.contains("journal")),
        "{report:?}"
    );
    assert_eq!(world.signed().len(), signed, "the CA key was not used");
    for one in &asked {
        let request = world.request(&one.request.id);
        assert_eq!(
            (request.state, request.attempts),
            (RequestState::Approved, 0)
        );
    }
    let open = |db: &mut ca_core::store::Db| intent::list(db, IntentState::Intended);
    let open = world.store.read(open).unwrap();
    assert!(
        open.iter().all(|intent| intent.request_id.is_none()),
        "the serials are given up"
    );

    fs::write(file(&world), kept).unwrap();
    assert_eq!(
        run_once(&worker).batch.issued.len(),
        2,
        "it goes on by itself"
    );
}

#[test]
fn a_request_that_the_journal_says_was_answered_is_not_signed_again_and_its_neighbour_is() {
    let world = World::new();
    let worker = world.worker();
    run_once(&worker);
    let (replayed, neighbour) = (world.approved(1), world.approved(2));
    // Another worker of the machine answered it; then somebody took every trace out of the database.
    let answer = Fact::Issued {
        serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        purpose: Purpose::Client,
        generation: 1,
        request: Some(replayed.request.id.clone()),
        subject: "CN=KJ0000000001".into(),
        der: vec![0x30, 0x00],
        issued_at: morning(),
    };
    world.journal().note_issued(morning(), &[answer]);
    let report = run_once(&worker);
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(
        report.batch.parked,
        std::slice::from_ref(&replayed.request.id)
    );
    assert_eq!(
        report.batch.issued,
        std::slice::from_ref(&neighbour.request.id)
    );
    let failure = world.request(&replayed.request.id).failure.unwrap();
    assert!(
        failure.contains("the journal has a certificate"),
        "{failure}"
    );
    assert!(
        failure.contains("audit verify"),
        "it says what to do: {failure}"
    );
    assert!(world.certificates(&replayed).is_empty());
    assert_eq!(world.signed().len(), 1);
}
