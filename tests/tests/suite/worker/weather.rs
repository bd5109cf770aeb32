//! What fails around the signer: disks, clocks, the database's server, the wire to it. It says so and goes on by itself.

use ca_core::fault::tell;
use ca_core::store::worker_status;
use ca_worker::run::run_once;
use inkan_tests::cluster::Cluster;
use inkan_tests::database::{Database, Engine};
use inkan_tests::desk::Desk;
use inkan_tests::folder::Folder;
use inkan_tests::foundry::Foundry;
use inkan_tests::process::until;
use inkan_tests::program;
use inkan_tests::proxy::Wire;
use inkan_tests::script::Script;
use inkan_tests::service::Service;
use inkan_tests::small_disk::{SmallDisk, with_own_disks};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn a_full_disk_under_the_database_stops_the_signer_until_there_is_room() {
    with_own_disks(
        "worker::weather::a_full_disk_under_the_database_stops_the_signer_until_there_is_room",
        || {
            let place = Folder::new("disk");
            let disk = SmallDisk::mount(&place.join("small"), "12m");
            let service = Service::set_up_in(Database::sqlite_in(&place.join("small")));
            let well = service.worker_in_this_process();
            let desk = Desk::beside(&well);
            let request = desk.approved(1);
            // Nothing is left in the write-ahead log that could be used again.
            service
                .database
                .connect()
                .run("PRAGMA wal_checkpoint(TRUNCATE)");
            disk.fill();
            let mut worker = service.start_worker();
            worker.until_it_says("full");
            assert_eq!(
                desk.state(&request).as_str(),
                "approved",
                "{}",
                worker.said()
            );
            disk.free();
            worker.until("the certificate", || {
                (desk.state(&request).as_str() == "issued").then_some(())
            });
            assert!(worker.stop().success(), "{}", worker.said());
            while !run_once(&well).may_rest() {}
            service.assert_whole(&desk.store, "after the disk was full");
        },
    );
}

#[test]
fn a_full_disk_under_the_mail_folder_keeps_mails_and_not_certificates() {
    with_own_disks(
        "worker::weather::a_full_disk_under_the_mail_folder_keeps_mails_and_not_certificates",
        || {
            let service = Service::set_up(Engine::Sqlite);
            let well = service.worker_in_this_process();
            let desk = Desk::beside(&well);
            let disk = SmallDisk::mount(&service.folder().join("data/mail"), "64k");
            disk.fill();
            let request = desk.approved(1);
            let answer = service.work_once();
            assert_ne!(answer.status, Some(0), "{answer:?}");
            assert!(answer.err.contains("No space left"), "{answer:?}");
            assert_eq!(desk.state(&request).as_str(), "issued");
            let mut sql = service.database.connect();
            let waiting = "outbox WHERE state = 'waiting' AND last_error LIKE '%No space left%'";
            assert_eq!(sql.count(waiting), 1);
            assert!(service.mails().is_empty(), "half a mail is left");
            disk.free();
            sql.run("UPDATE outbox SET next_try_at = 0");
            service.work_once().ok();
            assert_eq!(service.mails().len(), 1);
        },
    );
}

#[test]
fn a_clock_far_from_the_databases_signs_nothing_until_it_is_set_right() {
    let service = Service::set_up(Engine::Postgres);
    let well = service.worker_in_this_process();
    let desk = Desk::beside(&well);
    let request = desk.approved(1);
    for offset in ["+90s", "-90s"] {
        let mut worker = Command::new("faketime");
        worker
            .args(["-f", offset])
            .arg(program::path("ca-worker"))
            .arg("--config")
            .arg(service.folder().join("inkan.toml"))
            .arg("--once")
            .env("INKAN__DATABASE__URL", service.url_for("worker"))
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        let answer = program::run(&mut worker);
        answer.refused(&["seconds apart", "set right"]);
        let told = desk.store.read(worker_status::list).expect("a database");
        assert!(
            told.iter().any(|one| one.detail.contains("seconds apart")),
            "{told:?}"
        );
        assert_eq!(desk.state(&request).as_str(), "approved");
    }
    let mut sql = service.database.connect();
    assert_eq!(
        sql.count("request WHERE attempts > 0"),
        0,
        "no try was burnt"
    );
    service.work_once().ok();
    assert_eq!(desk.state(&request).as_str(), "issued");
}

#[test]
fn a_clock_that_jumps_between_two_steps_loses_nothing() {
    let foundry = Foundry::new(Engine::Sqlite);
    let mut script = Script::new(&foundry);
    for point in ["claim.after", "intend.after", "sign.after", "record.before"] {
        for seconds in [86_400, -3_600] {
            script.day(
                &format!("the clock jumps by {seconds} s at {point}"),
                || {
                    let (clock, has_jumped) = (foundry.clock.clone(), AtomicBool::new(false));
                    let jump = move || {
                        if !has_jumped.swap(true, Ordering::SeqCst) {
                            clock.advance(chrono::Duration::seconds(seconds));
                        }
                    };
                    tell::cfg_callback(point, jump).expect("a point");
                },
            );
            tell::remove(point);
        }
    }
}

#[test]
fn one_request_that_cannot_be_signed_stops_alone_among_fifty() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let foundry = Foundry::new(engine);
        let requests: Vec<_> = (1..=50)
            .map(|number| foundry.desk.approved(number))
            .collect();
        let poison = &requests[24];
        foundry.database.connect().run(&format!(
            "UPDATE request SET subject = 'CN=\u{202e}KJ2700000099' WHERE id = '{}'",
            poison.id
        ));
        let report = run_once(&foundry.worker());
        assert_eq!(report.batch.issued.len(), 49, "{engine:?}");
        assert_eq!(report.batch.parked, std::slice::from_ref(&poison.id));
        run_once(&foundry.worker());
        foundry.assert_whole("one among fifty");
    }
}

#[test]
fn a_database_server_that_crashes_in_the_middle_of_a_batch_loses_nothing() {
    let cluster = Arc::new(Cluster::start());
    let foundry = Foundry::on(Database::on_server(cluster.url()));
    let mut script = Script::new(&foundry);
    for point in [
        "claim.after",
        "intend.after",
        "sign.after",
        "commit.before",
        "record.after",
        "settle.before",
    ] {
        script.day(&format!("the server crashes at {point}"), || {
            let (cluster, has_crashed) = (cluster.clone(), AtomicBool::new(false));
            let crash = move || {
                if !has_crashed.swap(true, Ordering::SeqCst) {
                    cluster.crash_and_restart();
                }
            };
            tell::cfg_callback(point, crash).expect("a point");
        });
        tell::remove(point);
    }
}

#[test]
fn a_wire_that_breaks_before_the_answer_to_commit_loses_nothing() {
    let database = Database::new(Engine::Postgres);
    let wire = Wire::to(database.url());
    let foundry = Foundry::through(database, wire.url());
    let mut script = Script::new(&foundry);
    for commit in 0..16 {
        let when = format!("the wire breaks at the answer of commit {commit}");
        script.day(&when, || wire.cut_after(commit));
        assert!(wire.was_cut(), "{when}: it was not tried");
    }
}

#[test]
fn two_workers_go_on_after_the_server_crashed() {
    let cluster = Cluster::start();
    let service = Service::set_up_in(Database::on_server(cluster.url()));
    let well = service.worker_in_this_process();
    let desk = Desk::beside(&well);
    let mut workers = [service.start_worker(), service.start_worker()];
    for worker in &mut workers {
        worker.until_it_says("the worker begins");
    }
    cluster.crash_and_restart();
    let request = until("the desk's connection to be made anew", || {
        let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| desk.approved(1)));
        asked.ok()
    });
    until("the certificate", || {
        (desk.state(&request).as_str() == "issued").then_some(())
    });
    for worker in &mut workers {
        assert!(worker.stop().success(), "{}", worker.said());
    }
}
