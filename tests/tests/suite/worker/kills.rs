//! Workers are killed at random moments while applicants ask and an operator approves. A longer run:
//! `INKAN_KILL_ROUNDS=500 cargo nextest run --workspace -E 'test(/kills/)'`; the seed that is printed goes into
//! `INKAN_KILL_SEED` to begin with the same moments.

use ca_core::domain::random::{Random, SeededRandom};
use ca_core::store::crl;
use inkan_tests::database::{Engine, Sql};
use inkan_tests::desk::Desk;
use inkan_tests::foundry::serials_of;
use inkan_tests::mail::Mail;
use inkan_tests::process::{Process, until};
use inkan_tests::service::Service;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

/// A number of the environment, or the usual one.
fn told(name: &str, usual: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(usual, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is a number, not {text}"))
    })
}

/// Up to so many milliseconds.
fn moment(random: &dyn Random, most: u64) -> Duration {
    let mut bytes = [0; 8];
    random.fill(&mut bytes);
    Duration::from_millis(u64::from_le_bytes(bytes) % most)
}

/// Applicants ask and the operator approves, until the killing is over.
fn ask(desk: &Desk, number: &AtomicU32, is_over: &AtomicBool, random: &dyn Random) {
    while !is_over.load(Ordering::SeqCst) && number.load(Ordering::SeqCst) < 400 {
        desk.approved(number.fetch_add(1, Ordering::SeqCst));
        std::thread::sleep(moment(random, 60));
    }
}

fn killed_at_random(engine: Engine) {
    let usual = u64::from(std::process::id());
    let seed = told("INKAN_KILL_SEED", usual);
    println!("INKAN_KILL_SEED={seed}, {engine:?}");
    let random = SeededRandom::new(seed);
    let lines =
        "worker.attempts = 100\nworker.jobs = 2\nworker.batch = 3\nworker.lease_seconds = 5";
    let service = Service::set_up_with(engine, lines);
    let opened = service.worker_in_this_process();
    let desk = Desk::beside(&opened);
    let (number, is_over) = (AtomicU32::new(1), AtomicBool::new(false));
    std::thread::scope(|scope| {
        let asking = SeededRandom::new(seed + 1);
        let (desk, number, is_over) = (&desk, &number, &is_over);
        scope.spawn(move || ask(desk, number, is_over, &asking));
        let mut other = service.start_worker();
        for round in 0..told("INKAN_KILL_ROUNDS", 12) {
            let mut worker = service.start_worker();
            worker.until_it_says("the worker begins");
            std::thread::sleep(moment(&random, 400));
            // Now one of them, now both.
            worker.signal("KILL");
            if round % 3 == 2 {
                other.signal("KILL");
                other = service.start_worker();
            }
        }
        other.signal("KILL");
        is_over.store(true, Ordering::SeqCst);
    });
    let workers = [service.start_worker(), service.start_worker()];
    let mut sql = service.database.connect();
    until_at_rest(&mut sql);
    service.assert_whole(&desk.store, &format!("seed {seed}"));
    assert_one_each(
        &service,
        &desk,
        &mut sql,
        i64::from(number.into_inner() - 1),
    );
    stop(workers);
    service.cli(&["audit", "verify"]).ok();
}

fn until_at_rest(sql: &mut Sql) {
    until("everything to be issued, listed and sent", || {
        let left = [
            "request WHERE state IN ('approved', 'signing')",
            "outbox WHERE state = 'waiting'",
            "authority WHERE revocation_sequence > (SELECT COALESCE(MAX(covered), -1) FROM crl)",
        ];
        left.into_iter()
            .all(|rows| sql.count(rows) == 0)
            .then_some(())
    });
}

fn stop(workers: [Process; 2]) {
    for mut worker in workers {
        // After a long run there may be nothing left to do for them but to begin.
        worker.until_it_says("the worker begins");
        assert!(worker.stop().success(), "{}", worker.said());
    }
}

/// One valid certificate for each approved request, every abandoned serial on the list, every mail at least once
/// under the Message-ID of its row.
fn assert_one_each(service: &Service, desk: &Desk, sql: &mut Sql, requests: i64) {
    assert!(requests > 5, "only {requests} requests: nothing was tried");
    assert_eq!(sql.count("approval"), requests);
    assert_eq!(sql.count("request WHERE state = 'issued'"), requests);
    let valid = "certificate WHERE purpose = 'client' AND status = 'valid'";
    assert_eq!(sql.count(valid), requests);
    let newest = desk.store.read(|db| crl::newest_with_bytes(db, 1));
    let listed = serials_of(&newest.expect("a database").expect("a list").1);
    let abandoned = sql.lines("SELECT serial AS line FROM intent WHERE state = 'abandoned'");
    println!("{requests} requests, {} serials abandoned", abandoned.len());
    for serial in abandoned {
        assert!(
            listed.contains(&serial),
            "{serial} is abandoned and not listed"
        );
    }
    let owed: BTreeSet<String> = sql
        .lines("SELECT message_id AS line FROM outbox")
        .into_iter()
        .collect();
    let sent = service.mails();
    let sent: BTreeSet<String> = sent
        .iter()
        .map(|raw| {
            Mail::of(raw)
                .header("Message-ID")
                .trim_matches(['<', '>'])
                .to_owned()
        })
        .collect();
    assert_eq!(owed, sent, "each mail left, and none that was not owed");
}

#[test]
fn workers_killed_at_random_lose_nothing_on_sqlite() {
    killed_at_random(Engine::Sqlite);
}

#[test]
fn workers_killed_at_random_lose_nothing_on_postgres() {
    killed_at_random(Engine::Postgres);
}
