//! When nothing can be signed: every worker that is there says that its key is away.
use ca_core::domain::missing_key::{MissingKey, MissingKeys};
use ca_core::store::worker_status::{self, SIGNER_AWAY, WorkerStatus};

use crate::world::{World, at, on_both};

fn says(world: &World, worker: &str, state: &str, seconds: i64) {
    says_at(world, "", worker, state, seconds);
}

fn says_at(world: &World, place: &str, worker: &str, state: &str, seconds: i64) {
    let status = WorkerStatus {
        worker: worker.into(),
        seen_at: at(seconds),
        state: state.into(),
        detail: String::new(),
        place: place.into(),
        missing_keys: MissingKeys(vec![MissingKey {
            generation: 2,
            place: "/keys/ca-2.key".into(),
            why: "it is not there".into(),
        }]),
    };
    let put = world
        .store
        .transaction(|db| worker_status::put(db, &status));
    put.unwrap();
}

fn is_away(world: &World, seconds: i64) -> bool {
    let away = world
        .store
        .read(|db| worker_status::is_signer_away(db, at(seconds)));
    away.unwrap()
}

on_both!(the_key_is_away_when_no_worker_that_is_there_has_one, world => {
    assert!(!is_away(&world, 0), "nobody said so");
    says(&world, "one", SIGNER_AWAY, 0);
    assert!(is_away(&world, 60));
    says(&world, "two", "working", 30);
    assert!(!is_away(&world, 60), "the other one signs");
    says(&world, "two", SIGNER_AWAY, 60);
    assert!(is_away(&world, 90));
    assert!(is_away(&world, 170), "the silent one does not count");
    assert!(!is_away(&world, 181), "nor do two silent ones");
    says(&world, "one", "closed", 200);
    assert!(!is_away(&world, 200));
});

fn names(world: &World) -> Vec<String> {
    let all = world.store.read(worker_status::list).unwrap();
    let mut names: Vec<_> = all.into_iter().map(|one| one.worker).collect();
    names.sort();
    names
}

on_both!(a_successor_takes_the_place_of_the_one_before_and_two_places_are_two_workers, world => {
    says_at(&world, "here-1", "one", "working", 0);
    says_at(&world, "here-2", "two", "working", 0);
    assert_eq!(names(&world), ["one", "two"]);
    says_at(&world, "here-1", "three", "working", 10);
    assert_eq!(names(&world), ["three", "two"]);
    says(&world, "four", "working", 20);
    says(&world, "five", "working", 20);
    assert_eq!(names(&world), ["five", "four", "three", "two"], "an unknown place is nobody else's");
    let remove = world.store.transaction(|db| worker_status::remove(db, "two"));
    remove.unwrap();
    assert_eq!(names(&world), ["five", "four", "three"]);
    let all = world.store.read(worker_status::list).unwrap();
    assert!(all.iter().all(|one| one.missing_keys.of(2).is_some() && one.missing_keys.of(1).is_none()));
});
