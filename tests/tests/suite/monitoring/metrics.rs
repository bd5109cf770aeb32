//! `/metrics` of a whole service: a journey, a wrong password, a worker; then what monitoring reads.

use inkan_tests::database::Engine;
use inkan_tests::port;
use inkan_tests::process::until;
use inkan_tests::service::Service;

fn a_journey_is_measured(engine: Engine) {
    let [port] = port::free::<1>();
    let more = format!("listen.metrics = \"127.0.0.1:{port}\"");
    let mut service = Service::set_up_with(engine, &more);
    let mut site = service.start_site();
    site.until_it_listens(port);

    let before = service.measured(port);
    assert_eq!(before["inkan_requests{state=\"issued\"}"], 0.0);
    assert!(
        !before.contains_key("inkan_worker_silence_seconds"),
        "no worker ever spoke"
    );

    let member = service.member();
    let _portal = member.signed_in();
    member
        .applicant
        .log_in_with(member.user_id(), "Nadeshiko-1868");
    let _worker = service.start_worker();
    // The list and the OCSP certificate are made by the worker's other threads.
    let after = until("lists and answers", || {
        let now = service.measured(port);
        let done = now.contains_key("inkan_crl_number{generation=\"1\"}")
            && now.contains_key(
                "inkan_certificate_time_to_expiry_seconds{purpose=\"ocsp\",generation=\"1\"}",
            )
            && now["inkan_ocsp_answers_due{generation=\"1\"}"] == 0.0
            && now["inkan_workers{state=\"working\"}"] > 0.0;
        done.then_some(now)
    });
    let is = |name: &str, value: f64| assert_eq!(after[name], value, "{name}");
    is("inkan_requests{state=\"issued\"}", 1.0);
    is("inkan_requests{state=\"pending\"}", 0.0);
    is("inkan_requests_past_promise", 0.0);
    is("inkan_login_failures_total{door=\"login\"}", 1.0);
    is("inkan_locks{scope=\"login\"}", 0.0);
    is("inkan_lease_recoveries_total", 0.0);
    is("inkan_serials_abandoned_total", 0.0);
    is("inkan_sessions{audience=\"portal\"}", 1.0);
    is("inkan_outbox_mails{state=\"parked\"}", 0.0);
    let ahead =
        |which: &str| after[&format!("inkan_certificate_time_to_expiry_seconds{{{which}}}")];
    for which in [
        "purpose=\"root\"",
        "purpose=\"server\",listener=\"https\"",
        "purpose=\"server\",listener=\"portal\"",
        "purpose=\"server\",listener=\"console\"",
        "purpose=\"operator\"",
        "purpose=\"ocsp\",generation=\"1\"",
    ] {
        assert!(ahead(which) > 86_400.0, "{which}: {}", ahead(which));
    }
    let (age, left) = (
        after["inkan_crl_age_seconds{generation=\"1\"}"],
        after["inkan_crl_time_to_next_update_seconds{generation=\"1\"}"],
    );
    assert!(age < left, "a new list is not past half its life");
    assert!(after["inkan_audit_entries_total"] > before["inkan_audit_entries_total"]);
}

#[test]
fn a_journey_is_measured_on_sqlite() {
    a_journey_is_measured(Engine::Sqlite);
}

#[test]
fn a_journey_is_measured_on_postgres() {
    a_journey_is_measured(Engine::Postgres);
}

#[test]
fn nobody_listens_for_monitoring_unless_it_is_configured() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let visitor = service.visitor();
    for address in [service.site(), service.plain()] {
        let page = visitor.open(&format!("{address}/metrics"));
        assert_eq!(page.status, 404, "{address}");
    }
}

#[test]
fn a_list_that_is_out_of_date_is_said_and_the_site_stays_ready() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    service.work_once().ok();
    let ready = || {
        let page = service.visitor().open("/readyz");
        (page.status, String::from_utf8(page.body).expect("UTF-8"))
    };
    assert_eq!(ready(), (200, "ready\n".to_owned()));
    service
        .database
        .connect()
        .run("UPDATE crl SET next_update = 1");
    let (status, said) = ready();
    assert_eq!(status, 200);
    assert!(
        said.starts_with("ready\n") && said.contains("generation 1 is out of date"),
        "{said}"
    );
    let mut sql = service.database.connect();
    sql.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000000')");
    let (status, said) = ready();
    assert!(status == 503 && said.contains("newer"), "{status} {said}");
    sql.run("DELETE FROM __diesel_schema_migrations WHERE version IN ('20991231000000', '20261122000011')");
    let (status, said) = ready();
    assert!(
        status == 503 && said.contains("ca-cli database migrate"),
        "{status} {said}"
    );
}
