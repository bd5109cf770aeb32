//! The worker believes no row that the web tier can write.

use inkan_tests::database::{Engine, Sql};
use inkan_tests::service::Service;

/// A service with one request of each of these accounts, all pending.
fn with_requests(engine: Engine, user_ids: &[&str]) -> (Service, inkan_tests::process::Process) {
    let mut service = Service::set_up(engine);
    let site = service.start_site();
    for user_id in user_ids {
        service.office(user_id).apply_first();
    }
    (service, site)
}

fn assert_nothing_signed(service: &Service, sql: &mut Sql, what: &str) {
    service.work_once();
    assert_eq!(
        sql.count("certificate WHERE purpose = 'client'"),
        0,
        "{what}: signed"
    );
    assert_eq!(
        sql.count("intent WHERE purpose = 'client'"),
        0,
        "{what}: about to be signed"
    );
    assert_eq!(
        sql.count("request WHERE state = 'failed' AND failure IS NOT NULL"),
        1,
        "{what}: not shown to operators"
    );
}

#[test]
fn a_state_is_no_approval() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let (service, _site) = with_requests(engine, &["KJ2700000001"]);
        let mut sql = service.database.connect();
        sql.run("UPDATE request SET state = 'approved'");
        assert_nothing_signed(&service, &mut sql, "a state column");
    }
}

#[test]
fn an_approval_holds_for_exactly_what_was_approved() {
    let changes = [
        (
            "another subject",
            "UPDATE request SET subject = replace(subject, 'KJ2700000001', 'KJ2799999999')",
        ),
        ("another kind", "UPDATE request SET kind = 'renewal'"),
        ("another profile", "UPDATE request SET profile = 'operator'"),
        (
            "another digest",
            "UPDATE approval SET digest = replace(digest, substr(digest, 1, 1), 'x')",
        ),
        (
            "another account",
            "UPDATE account SET user_id = 'KJ2700000009' WHERE user_id = 'KJ2700000001'",
        ),
    ];
    let (service, _site) = with_requests(Engine::Sqlite, &["KJ2700000001"]);
    service.operator("suzuki").approve_all();
    let mut sql = service.database.connect();
    for (what, change) in changes {
        sql.run("CREATE TABLE kept_request AS SELECT * FROM request; CREATE TABLE kept_approval AS SELECT * FROM approval");
        sql.run(change);
        assert_nothing_signed(&service, &mut sql, what);
        sql.run("PRAGMA foreign_keys = OFF; UPDATE account SET user_id = 'KJ2700000001'; DELETE FROM approval; DELETE FROM request;
            INSERT INTO request SELECT * FROM kept_request; INSERT INTO approval SELECT * FROM kept_approval;
            DROP TABLE kept_request; DROP TABLE kept_approval");
    }
    service.work_once().ok();
    assert_eq!(
        sql.count("certificate WHERE purpose = 'client'"),
        1,
        "put back as approved, it is signed"
    );
}

#[test]
fn an_approval_cannot_be_lent_to_another_request() {
    let (service, _site) = with_requests(Engine::Sqlite, &["KJ2700000001", "KJ2700000002"]);
    let suzuki = service.operator("suzuki");
    let visitor = suzuki.signed_in();
    let queue = visitor.open("/console/requests");
    let first = queue.attributes("input[type=checkbox]", "value").remove(0);
    queue
        .form("承認する")
        .add("chosen[]", &first)
        .send(&visitor)
        .shows(&["承認しました"]);
    let mut sql = service.database.connect();
    sql.run("INSERT INTO approval SELECT r.id, a.operator_id, a.approved_at, a.digest, a.mac FROM approval a, request r WHERE r.state = 'pending';
        UPDATE request SET state = 'approved' WHERE state = 'pending'");
    service.work_once();
    assert_eq!(
        sql.count("certificate WHERE purpose = 'client'"),
        1,
        "only the one that was approved"
    );
    assert_eq!(sql.count("request WHERE state = 'failed'"), 1);
}

#[test]
fn a_sealed_password_opens_for_its_own_request_only() {
    let (service, _site) = with_requests(Engine::Sqlite, &["KJ2700000001", "KJ2700000002"]);
    let mut sql = service.database.connect();
    sql.run(
        "CREATE TABLE kept AS SELECT id, sealed_password FROM request;
         UPDATE request SET sealed_password = (SELECT k.sealed_password FROM kept k WHERE k.id <> request.id);
         DROP TABLE kept",
    );
    // The operator approves what stands there now, so only the seal itself can tell.
    service.operator("suzuki").approve_all();
    service.work_once();
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 0);
    assert_eq!(sql.count("request WHERE state = 'failed'"), 2);
}
