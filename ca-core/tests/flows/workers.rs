//! When nothing can be signed: every worker that is there says that its key is away.
use ca_core::store::worker_status::{self, SIGNER_AWAY, WorkerStatus};

use crate::world::{World, at, on_both};

fn says(world: &World, worker: &str, state: &str, seconds: i64) {
    let status = WorkerStatus {
        worker: worker.into(),
        seen_at: at(seconds),
        state: state.into(),
        detail: String::new(),
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
