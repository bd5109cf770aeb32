//! A worker that is told to end in the middle of a batch.

use inkan_tests::database::Engine;
use inkan_tests::process::until;
use inkan_tests::service::Service;

const OFFICES: usize = 6;

/// Makes packing slow enough to be interrupted, or quick again.
fn iterations(service: &Service, from: &str, to: &str) {
    let file = service.folder().join("inkan.toml");
    let text = std::fs::read_to_string(&file).expect("the configuration");
    let line = |number: &str| format!("pkcs12.iterations = {number}\n");
    assert!(text.contains(&line(from)), "{text}");
    std::fs::write(&file, text.replace(&line(from), &line(to))).expect("the configuration");
}

#[test]
fn the_request_in_hand_is_finished_and_the_others_go_back_at_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let more = "worker.batch = 20\nworker.jobs = 1\nworker.lease_seconds = 600";
        let mut service = Service::set_up_with(engine, more);
        let _site = service.start_site();
        for mut office in service.offices(OFFICES) {
            office.apply_first();
        }
        service.operator("suzuki").approve_all();
        let mut sql = service.database.connect();
        iterations(&service, "10000", "600000");
        let mut worker = service.start_worker();
        // Step 5 is behind it: from here on it signs and packs, one after the other.
        worker.until("the intents", || {
            (sql.count("intent WHERE purpose = 'client'") > 0).then_some(())
        });
        assert!(worker.stop().success(), "{}", worker.said());

        assert_eq!(
            sql.count("request WHERE state = 'signing'"),
            0,
            "no lease is left"
        );
        let issued = sql.count("request WHERE state = 'issued'");
        let back = sql.count("request WHERE state = 'approved' AND attempts = 0");
        assert_eq!(
            usize::try_from(issued + back),
            Ok(OFFICES),
            "{}",
            worker.said()
        );
        assert!(
            issued >= 1,
            "the one in hand is finished:\n{}",
            worker.said()
        );
        assert!(
            back >= 1,
            "what was not begun goes back:\n{}",
            worker.said()
        );
        assert_eq!(sql.count("intent WHERE state = 'intended'"), 0);
        assert_eq!(sql.count("intent WHERE state = 'abandoned'"), back);
        assert_eq!(sql.count("audit WHERE act = 'queue.give-back'"), 1);

        iterations(&service, "600000", "10000");
        let mut next = service.start_worker();
        until("every request to be issued", || {
            let issued = sql.count("request WHERE state = 'issued'");
            (usize::try_from(issued) == Ok(OFFICES)).then_some(())
        });
        assert!(next.stop().success(), "{}", next.said());
        let certificates = sql.count("certificate WHERE purpose = 'client'");
        assert_eq!(usize::try_from(certificates), Ok(OFFICES), "each once");
        service.cli(&["audit", "verify"]).ok();
    }
}
