//! Rows written around the product, met by the real programs: nothing signed, an alarm each, the neighbours issued.

use inkan_tests::database::Engine;
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
