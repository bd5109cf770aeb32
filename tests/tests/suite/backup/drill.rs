//! The drill: backup, more work, the database is lost, restored, completed from the journal; nothing is issued twice,
//! nothing that was revoked comes back, the numbers of lists do not fall.

use ca_core::domain::time::FixedClock;
use ca_worker::checkpoint::checkpoint_due;
use inkan_tests::applicant::{Applicant, CHOSEN};
use inkan_tests::database::{Engine, Sql};
use inkan_tests::service::Service;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{PASSPHRASE, back_up, lose_database, restore};

/// Every client certificate with its status.
fn certificates(sql: &mut Sql) -> BTreeMap<String, String> {
    let lines = sql
        .lines("SELECT serial || ' ' || status AS line FROM certificate WHERE purpose = 'client'");
    let pair = |line: &String| {
        let (serial, status) = line.split_once(' ').expect("two words");
        (serial.to_owned(), status.to_owned())
    };
    lines.iter().map(pair).collect()
}

fn number(sql: &mut Sql) -> i64 {
    let lines = sql.lines("SELECT CAST(crl_number AS TEXT) AS line FROM authority");
    lines[0].parse().expect("a number")
}

fn serial_of(sql: &mut Sql, user_id: &str) -> String {
    sql.lines(&format!(
        "SELECT c.serial AS line FROM certificate c JOIN account a ON a.id = c.account_id WHERE a.user_id = '{user_id}'"
    ))
    .remove(0)
}

/// One more office, after the others; its request is approved.
fn one_more(service: &mut Service, user_id: &str) -> Applicant {
    let mut office = service.office(user_id);
    office.apply_first();
    service.again("suzuki").approve_all();
    office
}

/// What is known the moment before the database is lost.
struct Before {
    certificates: BTreeMap<String, String>,
    number: i64,
    revoked: String,
    /// The checkpoint that saw more of the audit than the archive has.
    checkpoint: String,
    issuance: String,
}

/// Two offices issued, a third approved; a backup; then the third and a fourth issued, the first one revoked.
fn history(service: &mut Service) -> (std::path::PathBuf, Before) {
    let _site = service.start_site();
    let mut offices = service.offices(3);
    let mut third = offices.pop().expect("three offices");
    let issuance = third.letter.issuance_password.clone();
    for office in &mut offices {
        office.apply_first();
    }
    let suzuki = service.operator("suzuki");
    suzuki.approve_all();
    service.work_once().ok();
    third.apply_first();
    suzuki.approve_all();
    let (archive, said) = back_up(service, "archive.age", &["--with-keys"]);
    for words in [
        "Not inside:",
        "passphrase of the key files",
        "journals",
        "keys/ca-1.key",
    ] {
        assert!(said.contains(words), "{said}");
    }
    service.work_once().ok();
    one_more(service, "KJ2700000004");
    service.work_once().ok();
    let mut sql = service.database.connect();
    let revoked = serial_of(&mut sql, "KJ2700000001");
    let order = [
        "certificate",
        "revoke",
        "--serial",
        &revoked,
        "--reason",
        "keyCompromise",
    ];
    service.cli(&order).ok();
    service.work_once().ok();
    let checkpoint = later_checkpoint(service);
    let before = Before {
        checkpoint,
        certificates: certificates(&mut sql),
        number: number(&mut sql),
        revoked,
        issuance,
    };
    assert_eq!(before.certificates.len(), 4);
    (archive, before)
}

/// The checkpoint of the audit that is due in an hour.
fn later_checkpoint(service: &Service) -> String {
    let mut worker = service.worker_in_this_process();
    let later = worker.clock.now() + chrono::Duration::minutes(61);
    worker.clock = Arc::new(FixedClock::new(later));
    let made = checkpoint_due(&worker).expect("a checkpoint");
    made.expect("a checkpoint that was due")
}

/// The checkpoint that the archive's audit cannot bear out is kept apart, named, and excused by nothing.
fn assert_evidence_is_kept(service: &Service, before: &Before) {
    let kept = service.folder().join("data/checkpoints/set-back");
    let kept = kept.join(&before.checkpoint).display().to_string();
    assert!(std::path::Path::new(&kept).exists(), "{kept}");
    let mut sql = service.database.connect();
    let entry = format!(
        "audit WHERE act = 'audit.set-back' AND detail LIKE '%{}%'",
        before.checkpoint
    );
    assert_eq!(sql.count(&entry), 1);
    service.cli(&["audit", "verify"]).ok();
    let copy = ["audit", "verify", "--checkpoint", &kept];
    service
        .cli(&copy)
        .refused(&[&before.checkpoint, "evidence"]);
}

/// While nothing is reconciled: no program signs, and each says what to do.
fn assert_nothing_is_signed(service: &Service) {
    let mut sql = service.database.connect();
    let signed = |sql: &mut Sql| (sql.count("intent"), sql.count("crl"), number(sql));
    let stood = signed(&mut sql);
    let answer = service.work_once();
    assert_ne!(answer.status, Some(0), "{answer:?}");
    assert!(
        answer.err.contains("ca-cli backup reconcile"),
        "{}",
        answer.err
    );
    service
        .cli(&["crl", "publish"])
        .refused(&["ca-cli backup reconcile"]);
    service
        .cli(&["certificate", "issue-server"])
        .refused(&["ca-cli backup reconcile"]);
    assert_eq!(signed(&mut sql), stood);
    let told = "worker_status WHERE state = 'trouble' AND detail LIKE '%backup reconcile%'";
    assert_eq!(sql.count(told), 1, "operators see it");
}

fn assert_all_is_back(service: &Service, before: &Before) {
    let mut sql = service.database.connect();
    assert_eq!(certificates(&mut sql), before.certificates);
    assert!(number(&mut sql) >= before.number);
    assert_eq!(
        sql.count("request WHERE state = 'issued' AND sealed_password IS NULL"),
        3,
        "the fourth request was never in the backup; its certificate is"
    );
    let owner = "certificate c JOIN request r ON r.id = c.request_id WHERE r.state = 'issued'";
    assert_eq!(sql.count(owner), 3);
    assert_eq!(sql.count("audit WHERE act = 'backup.reconcile'"), 1);
    assert_eq!(sql.count("audit WHERE act = 'backup.restore'"), 1);
    let told = "audit WHERE act = 'certificate.restore' AND object IN \
                (SELECT 'certificate:' || serial FROM certificate WHERE purpose = 'client')";
    assert_eq!(sql.count(told), 2);
    service.assert_nothing_breaks("after the reconciliation");
    service.cli(&["audit", "check"]).ok();
}

fn assert_the_worker_goes_on(service: &mut Service, before: &Before) {
    service.work_once().ok();
    let mut sql = service.database.connect();
    assert_eq!(
        certificates(&mut sql),
        before.certificates,
        "nothing is issued twice"
    );
    assert!(
        number(&mut sql) > before.number,
        "numbers of lists do not fall"
    );
    let list = service
        .cli(&["crl", "show", "--entries", "--json"])
        .ok()
        .out;
    assert!(
        list.contains(&before.revoked),
        "revoked stays revoked: {list}"
    );
    let published: serde_json::Value = serde_json::from_str(&list).expect("JSON");
    assert!(published[0]["number"].as_i64() > Some(before.number));
    service.cli(&["audit", "verify"]).ok();
    let again = service.cli(&["backup", "reconcile"]).ok().out;
    assert!(again.contains("nothing that the database lacks"), "{again}");
    let site = service.start_site();
    one_more(service, "KJ2700000005");
    drop(site);
    service.work_once().ok();
    assert_eq!(certificates(&mut sql).len(), before.certificates.len() + 1);
    service.assert_nothing_breaks("with one certificate more");
    service.cli(&["audit", "check"]).ok();
}

fn assert_no_secret(service: &Service, archive: &std::path::Path, issuance: &str) {
    let passphrase = std::fs::read_to_string(service.folder().join("passphrase")).expect("a file");
    let mut places = vec![("archive", std::fs::read(archive).expect("the archive"))];
    if let Some(file) = service.database.url().strip_prefix("sqlite:") {
        places.push(("database", std::fs::read(file).expect("the database")));
    } else {
        let dump = std::process::Command::new("pg_dump")
            .arg(service.database.url())
            .output();
        places.push(("dump", dump.expect("pg_dump").stdout));
    }
    let folder = std::fs::read_dir(service.folder().join("data/journal")).expect("the journal");
    let journals = folder.map(|file| std::fs::read(file.expect("a file").path()).expect("a file"));
    places.push(("journal", journals.collect::<Vec<_>>().concat()));
    for (place, bytes) in &places {
        assert!(bytes.len() > 1_000, "{place} is empty");
        for secret in [
            passphrase.trim(),
            PASSPHRASE,
            CHOSEN,
            issuance,
            "BEGIN PRIVATE KEY",
        ] {
            let found = bytes
                .windows(secret.len())
                .any(|some| some == secret.as_bytes());
            assert!(!found, "{place} holds {secret}");
        }
    }
}

fn drill(engine: Engine) {
    let mut service = Service::set_up(engine);
    let (archive, before) = history(&mut service);
    assert_no_secret(&service, &archive, &before.issuance);
    lose_database(&service);
    let said = restore(&service, &archive).ok().out;
    assert!(said.contains("ca-cli backup reconcile"), "{said}");
    assert_nothing_is_signed(&service);

    let facts = service.cli(&["backup", "reconcile", "--json"]).ok();
    assert!(
        facts.err.contains("alarm"),
        "it is said loudly: {}",
        facts.err
    );
    let facts: serde_json::Value = serde_json::from_str(&facts.out).expect("JSON");
    assert_eq!(facts["requests"].as_array().map(Vec::len), Some(1));
    let brought = facts["certificates"].to_string();
    let mut sql = service.database.connect();
    let lost = sql.lines(
        "SELECT serial AS line FROM certificate WHERE purpose = 'client' AND pkcs12 IS NULL",
    );
    assert_eq!(
        lost.len(),
        3,
        "two came back without their file, one was revoked"
    );
    assert!(
        lost.iter()
            .filter(|serial| brought.contains(*serial))
            .count()
            == 2,
        "{brought}"
    );
    let set_back = facts["checkpoints_set_back"].to_string();
    assert!(set_back.contains(&before.checkpoint), "{set_back}");
    assert_all_is_back(&service, &before);
    assert_evidence_is_kept(&service, &before);
    assert_the_worker_goes_on(&mut service, &before);
}

#[test]
fn nothing_lost_and_nothing_twice_on_sqlite() {
    drill(Engine::Sqlite);
}

#[test]
fn nothing_lost_and_nothing_twice_on_postgres() {
    drill(Engine::Postgres);
}

#[test]
fn a_database_that_was_put_back_by_hand_is_found_out_by_the_journal_alone() {
    let mut service = Service::set_up(Engine::Sqlite);
    let site = service.start_site();
    service.operator("suzuki");
    one_more(&mut service, "KJ2700000001");
    let file = service
        .database
        .url()
        .trim_start_matches("sqlite:")
        .to_owned();
    let kept = service.folder().join("kept.sqlite");
    let place = kept.display().to_string();
    service
        .database
        .connect()
        .run(&format!("VACUUM INTO '{place}'"));
    service.work_once().ok();
    drop(site);
    lose_database(&service);
    std::fs::copy(&kept, &file).expect("the older database");

    let answer = service.work_once();
    assert!(
        answer.err.contains("knows more than the database"),
        "{}",
        answer.err
    );
    let mut sql = service.database.connect();
    assert_eq!(
        certificates(&mut sql).len(),
        0,
        "not a second certificate for the same request"
    );
    service.cli(&["backup", "reconcile"]).ok();
    service.work_once().ok();
    assert_eq!(certificates(&mut sql).len(), 1);
    assert_eq!(sql.count("request WHERE state = 'issued'"), 1);
    service.assert_nothing_breaks("after the reconciliation");
}

#[test]
fn a_worker_that_runs_while_its_database_goes_back_stops_signing() {
    let mut service = Service::set_up(Engine::Postgres);
    let _site = service.start_site();
    service.operator("suzuki");
    one_more(&mut service, "KJ2700000001");
    let mut worker = service.start_worker();
    let mut sql = service.database.connect();
    worker.until("the certificate", || {
        (certificates(&mut sql).len() == 1).then_some(())
    });
    // What an older database would lack, in one commit.
    sql.run(
        "BEGIN; DELETE FROM ocsp_answer; DELETE FROM certificate WHERE purpose = 'client';
         DELETE FROM intent WHERE purpose = 'client'; UPDATE request SET state = 'pending'; DELETE FROM journal_mark;
         COMMIT",
    );
    worker.until_it_says("knows more than the database");
    assert_eq!(certificates(&mut sql).len(), 0);
    service.cli(&["backup", "reconcile"]).ok();
    worker.until("the worker to go on", || {
        (sql.count("journal_mark") > 0).then_some(())
    });
    assert_eq!(certificates(&mut sql).len(), 1);
    assert_eq!(sql.count("request WHERE state = 'issued'"), 1);
}
