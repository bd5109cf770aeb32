//! How many workers there are, as monitoring and operators see it: a restart never makes one two.

use inkan_tests::database::{Engine, Sql};
use inkan_tests::process::Process;
use inkan_tests::service::Service;

/// Waits until `worker` spoke, and returns the names of all that are known then.
fn known(worker: &mut Process, sql: &mut Sql) -> Vec<String> {
    worker.until_it_says("the worker begins");
    let said = worker.said();
    worker.until("its first word", || {
        let names = sql.lines("SELECT worker AS line FROM worker_status ORDER BY worker");
        names
            .iter()
            .any(|name| said.contains(name))
            .then_some(names)
    })
}

#[test]
fn a_worker_that_was_killed_is_replaced_and_two_workers_are_two() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let service = Service::set_up(engine);
        let mut sql = service.database.connect();
        let mut killed = service.start_worker();
        let first = known(&mut killed, &mut sql);
        assert_eq!(first.len(), 1, "{first:?}");
        // Dropping it kills it.
        drop(killed);
        let mut successor = service.start_worker();
        let second = known(&mut successor, &mut sql);
        assert_eq!(second.len(), 1, "{second:?} after {first:?}");
        assert_ne!(second, first);

        let mut other = service.start_worker();
        let both = known(&mut other, &mut sql);
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both.contains(&second[0]), "{both:?} with {second:?}");
        // Begun anew, it has another name and the same place.
        other.signal("HUP");
        other.until_it_says("are in use as they are now");
        other.until("its word under the new name", || {
            let names = sql.lines("SELECT worker AS line FROM worker_status ORDER BY worker");
            (names.len() == 2 && names != both).then_some(())
        });
        assert!(other.stop().success(), "{}", other.said());
        assert_eq!(
            sql.lines("SELECT worker AS line FROM worker_status"),
            second,
            "who ends takes its word along"
        );
        assert!(successor.stop().success(), "{}", successor.said());
        assert_eq!(sql.count("worker_status"), 0);
    }
}
