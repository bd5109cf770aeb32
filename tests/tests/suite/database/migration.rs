//! The schema is brought up to date by one program at a time, and nobody writes into one that is not theirs.

use inkan_tests::database::Engine;
use inkan_tests::process::until;
use inkan_tests::service::Service;

const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

#[test]
fn two_migrations_at_once_are_one() {
    for engine in ENGINES {
        let service = Service::configured(engine, "");
        std::thread::scope(|scope| {
            let both: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| service.cli(&["database", "migrate"])))
                .collect();
            for one in both {
                one.join().expect("an answer").ok();
            }
        });
        service.cli(&["database", "status"]).ok();
    }
}

#[test]
fn a_migration_that_fails_half_way_leaves_nothing_behind() {
    for engine in ENGINES {
        let service = Service::configured(engine, "");
        let mut sql = service.database.connect();
        // In the way of a later step.
        sql.run("CREATE TABLE notice (id BIGINT)");
        service
            .cli(&["database", "migrate"])
            .refused(&["could not be migrated", "notice"]);
        let left = match engine {
            Engine::Sqlite => "sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
            Engine::Postgres => "information_schema.tables WHERE table_schema = 'public'",
        };
        assert_eq!(sql.count(left), 1, "{engine:?}: the steps before it stayed");
        sql.run("DROP TABLE notice");
        service.cli(&["database", "migrate"]).ok();
    }
}

#[test]
fn a_worker_ends_when_the_database_is_migrated_under_it() {
    for engine in ENGINES {
        let service = Service::set_up(engine);
        let mut worker = service.start_worker();
        let mut sql = service.database.connect();
        until("the worker's first look", || {
            (sql.count("worker_status") == 1).then_some(())
        });
        sql.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000001')");
        let ended = until("the worker's end", || worker.ended());
        assert!(!ended.success());
        assert!(
            worker.said().contains("migrated while this worker ran"),
            "{}",
            worker.said()
        );
    }
}
