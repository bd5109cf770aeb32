//! Several workers, dying workers: each request is issued once.

use ca_worker::run::run_once;
use inkan_tests::database::{Engine, Sql};
use inkan_tests::foundry::Foundry;
use inkan_tests::process::until;
use inkan_tests::service::Service;

/// A service with that many approved requests; short leases, small batches.
fn with_approved(engine: Engine, count: usize) -> (Service, inkan_tests::process::Process) {
    let mut service = Service::set_up_with(
        engine,
        "worker.lease_seconds = 5\nworker.batch = 2\nworker.jobs = 1",
    );
    let site = service.start_site();
    for mut office in service.offices(count) {
        office.apply_first();
    }
    service.operator("suzuki").approve_all();
    (service, site)
}

fn assert_each_once(sql: &mut Sql, count: i64) {
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), count);
    assert_eq!(
        sql.count("(SELECT DISTINCT request_id FROM certificate WHERE purpose = 'client') t"),
        count
    );
    assert_eq!(
        sql.count("(SELECT DISTINCT spki_sha256 FROM certificate WHERE purpose = 'client') t"),
        count,
        "own keys"
    );
    assert_eq!(
        sql.count("audit WHERE act = 'certificate.issue' AND object LIKE 'request:%'"),
        count
    );
    assert_eq!(sql.count("outbox WHERE kind = 'certificate-ready'"), count);
    let without = "certificate c WHERE NOT EXISTS (SELECT 1 FROM intent i WHERE i.serial = c.serial AND i.state = 'issued')";
    assert_eq!(sql.count(without), 0, "a certificate without its intent");
    let open = "intent i WHERE i.state = 'issued' AND NOT EXISTS (SELECT 1 FROM certificate c WHERE c.serial = i.serial)";
    assert_eq!(
        sql.count(open),
        0,
        "an intent that says issued without a certificate"
    );
    assert_eq!(
        sql.count("request WHERE sealed_password IS NOT NULL"),
        0,
        "a sealed password was left"
    );
}

fn wait_for_all(service: &Service, count: i64) -> Sql {
    let mut sql = service.database.connect();
    until("every request to be issued", || {
        (sql.count("request WHERE state = 'issued'") == count).then_some(())
    });
    until("every mail to leave", || {
        (sql.count("outbox WHERE state = 'sent'") == count).then_some(())
    });
    sql
}

#[test]
fn two_workers_issue_each_request_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (service, _site) = with_approved(engine, 7);
        let mut workers = [service.start_worker(), service.start_worker()];
        let mut sql = wait_for_all(&service, 7);
        for worker in &mut workers {
            assert!(
                worker.stop().success(),
                "it ends well when asked:\n{}",
                worker.said()
            );
        }
        assert_each_once(&mut sql, 7);
        assert_eq!(
            sql.count("intent WHERE purpose = 'client'"),
            7,
            "nothing was signed in vain"
        );
        assert_eq!(service.mails().len(), 7);
    }
}

#[test]
fn a_worker_that_is_killed_again_and_again_loses_nothing_and_doubles_nothing() {
    let (service, _site) = with_approved(Engine::Sqlite, 5);
    let mut sql = service.database.connect();
    // Killed at moments that differ from round to round: right away, while claiming, while signing.
    for round in 0..6_u64 {
        let worker = service.start_worker();
        std::thread::sleep(std::time::Duration::from_millis(60 + 90 * round));
        worker.signal("KILL");
        drop(worker);
    }
    let before = sql.count("request WHERE state = 'failed'");
    let _worker = service.start_worker();
    let mut sql = wait_for_all(&service, 5 - before);
    assert_eq!(before, 0, "none used up its tries");
    assert_each_once(&mut sql, 5);
    service.cli(&["audit", "verify"]).ok();
}

#[test]
fn a_worker_that_slept_beyond_its_lease_changes_nothing() {
    let (service, _site) = with_approved(Engine::Postgres, 4);
    let sleeper = service.start_worker();
    let mut sql = service.database.connect();
    until("a claim", || {
        (sql.count("request WHERE state <> 'approved'") > 0).then_some(())
    });
    sleeper.signal("STOP");
    let _other = service.start_worker();
    let mut sql = wait_for_all(&service, 4);
    sleeper.signal("CONT");
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_each_once(&mut sql, 4);
    drop(sleeper);
    service.cli(&["audit", "verify"]).ok();
}

/// Requests that three workers share.
const SHARED: usize = 240;

/// A worker takes four, makes them, and comes back for more; it never waits for what another holds. So between two
/// batches of one worker each other worker makes about one, whoever is faster, and a third of all is each one's share.
/// A sixth leaves room for one worker that waits for the database's lock twice as often as the others.
#[test]
fn three_workers_share_the_queue_and_none_is_left_without() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let foundry = Foundry::new(engine);
        let numbers = 1..=u32::try_from(SHARED).expect("a small number");
        numbers.for_each(|number| drop(foundry.desk.approved(number)));
        let mut workers = [foundry.worker(), foundry.worker(), foundry.worker()];
        for worker in &mut workers {
            (worker.settings.batch, worker.settings.jobs) = (4, 1);
        }
        let begin = std::sync::Barrier::new(workers.len());
        let issued = std::thread::scope(|scope| {
            let shares = workers.each_ref().map(|worker| {
                let begin = &begin;
                scope.spawn(move || {
                    begin.wait();
                    let mut share = 0;
                    loop {
                        let batch = run_once(worker).batch;
                        share += batch.issued.len();
                        if batch.claimed == 0 {
                            return share;
                        }
                    }
                })
            });
            shares.map(|share| share.join().expect("a worker"))
        });
        assert_eq!(issued.iter().sum::<usize>(), SHARED, "{issued:?}");
        for share in issued {
            assert!(share >= SHARED / 6, "{engine:?}: {issued:?}");
        }
        foundry.assert_whole("shared by three");
    }
}
