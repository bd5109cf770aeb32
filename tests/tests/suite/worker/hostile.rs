//! Rows written around the product, met by the real programs: nothing signed, an alarm each, the neighbours issued.

use inkan_tests::database::{Engine, Sql};
use inkan_tests::service::Service;

#[test]
fn hostile_rows_get_an_alarm_each_and_their_neighbours_are_issued() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut service = Service::set_up(engine);
        let site = service.start_site();
        for mut office in service.offices(5) {
            office.apply_first();
        }
        service.operator("suzuki").approve_all();
        drop(site);
        let mut sql = service.database.connect();
        let of = |number: u32| {
            format!(
                "(SELECT r.id FROM request r JOIN account a ON a.id = r.account_id WHERE a.user_id = 'KJ27{number:08}')"
            )
        };
        let huge = "x".repeat(1_048_576);
        sql.run(&format!(
            "UPDATE approval SET mac = '{}' WHERE request_id = {};
             DELETE FROM approval WHERE request_id = {};
             UPDATE request SET kind = 'evil' WHERE id = {};
             UPDATE request SET subject = '{huge}' WHERE id = {}",
            "0".repeat(64),
            of(1),
            of(2),
            of(3),
            of(4)
        ));
        let answer = service.work_once();
        let alarms = answer.err.matches("alarm:").count();
        assert_eq!(alarms, 4, "{engine:?}:\n{}", answer.err);
        assert!(!answer.err.contains(&huge[..200]), "the log stays a log");
        assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 1);
        assert_eq!(sql.count("intent WHERE purpose = 'client'"), 1);
        assert_eq!(sql.count("request WHERE state = 'failed'"), 4);
        assert_eq!(sql.count("audit WHERE act = 'request.park'"), 4);
        let issued = format!("request WHERE state = 'issued' AND id = {}", of(5));
        assert_eq!(sql.count(&issued), 1);
    }
}

/// A copy of what a request needs before it is signed, and the way back to it, by the database's owner.
const KEEP: &str = "CREATE SCHEMA kept; CREATE TABLE kept.request AS TABLE request;
     CREATE TABLE kept.approval AS TABLE approval; CREATE TABLE kept.outbox AS TABLE outbox;
     CREATE TABLE kept.audit AS TABLE audit; CREATE TABLE kept.audit_head AS TABLE audit_head";
const PUT_BACK: &str = "BEGIN; DELETE FROM ocsp_answer; DELETE FROM revocation;
     DELETE FROM certificate WHERE purpose = 'client'; DELETE FROM intent WHERE purpose = 'client';
     DELETE FROM approval; DELETE FROM request; DELETE FROM outbox; DELETE FROM audit; DELETE FROM audit_head;
     INSERT INTO request SELECT * FROM kept.request; INSERT INTO approval SELECT * FROM kept.approval;
     INSERT INTO outbox OVERRIDING SYSTEM VALUE SELECT * FROM kept.outbox;
     INSERT INTO audit OVERRIDING SYSTEM VALUE SELECT * FROM kept.audit;
     INSERT INTO audit_head OVERRIDING SYSTEM VALUE SELECT * FROM kept.audit_head; COMMIT";

#[test]
fn an_owner_of_the_database_who_erases_every_trace_gets_no_second_certificate() {
    let mut service = Service::set_up(Engine::Postgres);
    let site = service.start_site();
    service.office("KJ2700000001").apply_first();
    let suzuki = service.operator("suzuki");
    suzuki.approve_all();
    let mut sql = service.database.connect();
    sql.run(KEEP);
    service.work_once().ok();
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 1);
    // The marks move beyond what was issued: nothing in the database is behind the journal any more.
    service.work_once().ok();
    sql.run(PUT_BACK);
    // The chain is whole again; only a checkpoint remembers.
    let verified = service.cli(&["audit", "verify"]).refused(&["are gone"]);
    assert!(verified.out.contains("The audit chain is whole"));
    assert_eq!(sql.count("request WHERE state = 'approved'"), 1);

    let answer = service.work_once();
    assert_eq!(answer.err.matches("alarm:").count(), 1, "{}", answer.err);
    assert!(answer.err.contains("the journal has a certificate"));
    let assert_unsigned = |sql: &mut Sql| {
        assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 0);
        assert_eq!(sql.count("intent WHERE purpose = 'client'"), 0);
    };
    assert_unsigned(&mut sql);
    assert_eq!(sql.count("request WHERE state = 'failed'"), 1);
    // A worker that runs says so again, as often as it is put back.
    let mut worker = service.start_worker();
    worker.until_it_says("the worker begins");
    sql.run(PUT_BACK);
    sql.run("NOTIFY inkan_queue");
    worker.until_it_says("alarm:");
    worker.until("it to be parked", || {
        (sql.count("request WHERE state = 'failed'") == 1).then_some(())
    });
    assert_unsigned(&mut sql);
    assert!(worker.stop().success(), "{}", worker.said());
    drop(site);
}
