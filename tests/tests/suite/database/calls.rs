//! On PostgreSQL work is begun when it is there: workers that look once an hour are woken by the database.

use inkan_tests::database::Engine;
use inkan_tests::process::until;
use inkan_tests::service::Service;

const SELDOM: [(&str, &str); 1] = [("INKAN__WORKER__POLL_SECONDS", "3600")];

#[test]
fn an_approval_a_mail_and_a_revocation_wake_the_worker() {
    let mut service = Service::set_up(Engine::Postgres);
    let _site = service.start_site();
    let worker = service.start_worker_with(&SELDOM);
    let mut offices = service.offices(2);
    let operator = service.operator("suzuki");
    let mut sql = service.database.connect();
    until("the worker's first look", || {
        (sql.count("worker_status") == 1).then_some(())
    });
    until("its ear", || {
        (sql.count("pg_stat_activity WHERE query = 'LISTEN inkan_outbox'") == 1).then_some(())
    });

    offices[0].apply_first();
    operator.approve_all();
    until("the certificate", || {
        (sql.count("request WHERE state = 'issued'") == 1).then_some(())
    });
    until("the mail", || {
        (sql.count("outbox WHERE state = 'sent'") == 1).then_some(())
    });

    let numbers = "SELECT CAST(max(number) AS TEXT) AS line FROM crl";
    let before = sql.lines(numbers);
    service
        .cli(&[
            "certificate",
            "revoke",
            "--user-id",
            "KJ2700000001",
            "--reason",
            "keyCompromise",
        ])
        .ok();
    until("the next list", || {
        (sql.lines(numbers) != before).then_some(())
    });

    // The connection that listens is lost, and with it whatever was called meanwhile.
    let ended = sql.lines(
        "SELECT CAST(pg_terminate_backend(pid) AS TEXT) AS line FROM pg_stat_activity WHERE query = 'LISTEN inkan_outbox'",
    );
    assert_eq!(ended, ["true"]);
    offices[1].apply_first();
    operator.approve_all();
    until("the certificate after the loss", || {
        (sql.count("request WHERE state = 'issued'") == 2).then_some(())
    });
    drop(worker);
}
