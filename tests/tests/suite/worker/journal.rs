//! The journal on a disk that fills, and after commits whose answer was lost: the database and the journal stay of one
//! mind.

use ca_core::fault::tell;
use ca_core::store::request::Request;
use ca_worker::run::run_once;
use inkan_tests::database::Engine;
use inkan_tests::desk::Desk;
use inkan_tests::service::Service;
use inkan_tests::small_disk::{SmallDisk, with_own_disks};
use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A service whose journal lies on a disk of its own; one job writes all of a batch at once.
fn on_a_small_disk() -> (Service, Arc<SmallDisk>) {
    let service = Service::configured(Engine::Sqlite, "worker.batch = 25\nworker.jobs = 1");
    let folder = service.folder().join("data/journal");
    let disk = SmallDisk::mount(&folder, "4m");
    service.cli(&["ca", "init"]).ok();
    service.cli(&["certificate", "issue-server"]).ok();
    (service, Arc::new(disk))
}

/// The one file of the journal.
fn file(service: &Service) -> PathBuf {
    let files = std::fs::read_dir(service.folder().join("data/journal")).expect("a folder");
    let mut files = files.map(|file| file.expect("a file").path());
    let journal = files.find(|path| path.extension().is_some_and(|end| end == "jsonl"));
    journal.expect("a journal")
}

/// What its lines say, in order: every line whole, and each in its place.
fn facts(service: &Service) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(file(service)).expect("the journal");
    assert!(text.ends_with('\n'), "a line is torn");
    let lines = text.lines().zip(1_u64..).map(|(line, place)| {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        assert_eq!(line["sequence"], place, "{line}");
        line
    });
    lines.collect()
}

fn issued(service: &Service) -> usize {
    let facts = facts(service);
    let issued = facts.iter().filter(|line| line["fact"] == "issued");
    issued.filter(|line| line["purpose"] == "client").count()
}

fn assert_waiting(service: &Service, requests: &[Request]) {
    let mut sql = service.database.connect();
    let waiting = "request WHERE state = 'approved' AND attempts = 0";
    assert_eq!(
        sql.count(waiting),
        requests.len() as i64,
        "no attempt burnt"
    );
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 0);
    assert_eq!(
        sql.count("intent WHERE state <> 'abandoned' AND purpose = 'client'"),
        0
    );
}

#[test]
fn a_full_disk_under_the_journal_stops_the_signer_and_costs_no_serial() {
    let name =
        "worker::journal::a_full_disk_under_the_journal_stops_the_signer_and_costs_no_serial";
    with_own_disks(name, || {
        let (service, disk) = on_a_small_disk();
        let well = service.worker_in_this_process();
        let desk = Desk::beside(&well);
        let requests: Vec<_> = (1..=20).map(|number| desk.approved(number)).collect();
        let before = facts(&service);
        disk.fill();
        let mut worker = service.start_worker();
        worker.until_it_says("No space left on device");
        for words in [
            "the journal",
            "nothing is signed until it can be written",
            "Free some space",
        ] {
            worker.until_it_says(words);
        }
        let mut sql = service.database.connect();
        let told = "worker_status WHERE state = 'trouble' AND detail LIKE '%No space left%'";
        worker.until("operators to be told", || {
            (sql.count(told) == 1).then_some(())
        });
        assert_waiting(&service, &requests);
        assert_eq!(
            sql.count("intent WHERE purpose = 'client'"),
            0,
            "no serial was drawn"
        );
        // A list and an answer to OCSP may still have found room: a page, or what was set aside for one certificate.
        assert_eq!(facts(&service)[..before.len()], before);
        assert_eq!(issued(&service), 0);
        disk.free();
        worker.until("the certificates", || {
            let issued = "request WHERE state = 'issued' AND attempts = 1";
            (sql.count(issued) == 20).then_some(())
        });
        assert!(worker.stop().success(), "{}", worker.said());
        assert_eq!(issued(&service), 20);
        while !run_once(&well).may_rest() {}
        service.assert_whole(&desk.store, "after the disk was full");
    });
}

#[test]
fn a_disk_that_fills_under_the_journal_in_mid_batch_loses_neither_certificate_nor_line() {
    let name = "worker::journal::a_disk_that_fills_under_the_journal_in_mid_batch_loses_neither_certificate_nor_line";
    with_own_disks(name, || {
        let (service, disk) = on_a_small_disk();
        let worker = service.worker_in_this_process();
        let desk = Desk::beside(&worker);
        run_once(&worker);
        for number in 1..=20 {
            desk.approved(number);
        }
        let filling = disk.clone();
        tell::cfg_callback("claim.after", move || filling.fill()).expect("a point");
        let report = run_once(&worker);
        tell::remove("claim.after");
        assert_eq!(
            report.batch.issued.len(),
            20,
            "room was set aside: {report:?}"
        );
        assert_eq!(issued(&service), 20);
        service.assert_whole(&desk.store, "the disk filled in mid-batch");
    });
}

#[test]
fn a_disk_without_room_for_the_second_half_of_the_intents_takes_neither_half() {
    let name = "worker::journal::a_disk_without_room_for_the_second_half_of_the_intents_takes_neither_half";
    with_own_disks(name, || {
        let (service, disk) = on_a_small_disk();
        let worker = service.worker_in_this_process();
        let desk = Desk::beside(&worker);
        run_once(&worker);
        let requests: Vec<_> = (1..=20).map(|number| desk.approved(number)).collect();
        let before = std::fs::read(file(&service)).expect("the journal");
        let (path, filling, once) = (file(&service), disk.clone(), AtomicBool::new(false));
        let fill = move || {
            if !once.swap(true, Ordering::SeqCst) {
                // What was set aside is given up, as on a file system that sets nothing aside.
                let journal = OpenOptions::new().write(true).open(&path);
                let journal: File = journal.expect("the journal");
                let length = journal.metadata().expect("its length").len();
                journal.set_len(length).expect("its own length");
                filling.fill_but(4096);
            }
        };
        tell::cfg_callback("claim.after", fill).expect("a point");
        let report = run_once(&worker);
        tell::remove("claim.after");
        let said = report.troubles.join(" ");
        assert!(said.contains("No space left"), "{report:?}");
        assert_waiting(&service, &requests);
        let after = std::fs::read(file(&service)).expect("the journal");
        assert_eq!(after, before, "half a batch does not stand there");
        let mut sql = service.database.connect();
        let drawn = "intent WHERE state = 'abandoned' AND purpose = 'client'";
        assert_eq!(
            sql.count(drawn),
            20,
            "each may have been signed, for all the database knows"
        );
        disk.free();
        assert_eq!(run_once(&worker).batch.issued.len(), 20);
        run_once(&worker);
        assert_eq!(issued(&service), 20);
        service.assert_whole(&desk.store, "after the disk was full");
    });
}

#[test]
fn a_certificate_whose_commit_was_not_answered_gets_its_line_from_the_worker_that_runs_on() {
    let service = Service::set_up(Engine::Postgres);
    let well = service.worker_in_this_process();
    let desk = Desk::beside(&well);
    let request = desk.approved(1);
    let mut worker = service.start_worker_with(&[("FAILPOINTS", "record.after=1*return(error)")]);
    worker.until("the line", || (issued(&service) == 1).then_some(()));
    assert_eq!(desk.state(&request).as_str(), "issued");
    assert!(
        worker.said().contains("a test made it fail"),
        "{}",
        worker.said()
    );
    assert!(worker.stop().success(), "{}", worker.said());
    assert_eq!(issued(&service), 1);
}
