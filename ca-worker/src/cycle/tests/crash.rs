//! Workers that die, sleep too long, or lose their key: exactly one certificate comes of a request.
use ca_core::domain::certificate::IntentState;
use ca_core::domain::request::RequestState;
use ca_core::store::{intent, worker_status};
use chrono::Duration;

use super::world::{Asked, World};
use crate::cycle::prepare::Ready;
use crate::cycle::{Window, claim, finish, intend, prepare, record, window};
use crate::journal::Noted;
use crate::pkcs12::SelfTest;
use crate::run::run_once;
use crate::worker::Worker;
use ca_core::domain::time::Clock;

/// Steps 3 to 5 by hand: as far as a worker came that is now dead.
fn intended(world: &World, worker: &Worker) -> (Window, Vec<Ready>, Noted) {
    let open = window(worker, world.clock.now()).unwrap();
    let claimed = claim::claim(worker, 100).unwrap();
    let ready = claimed.into_iter().map(|one| {
        prepare::prepare(worker, one)
            .map_err(|(_, fault)| fault)
            .unwrap()
    });
    let (ready, noted) = intend::intend(worker, ready.collect())
        .map_err(|(_, error)| error)
        .unwrap();
    (open, ready, noted)
}

fn intents(world: &World, asked: &Asked) -> Vec<IntentState> {
    let found = world
        .store
        .read(|db| intent::of_request(db, &asked.request.id))
        .unwrap();
    found.into_iter().map(|intent| intent.state).collect()
}

#[test]
fn dead_between_intent_and_record_means_a_new_serial_and_the_old_one_abandoned() {
    let world = World::new();
    let asked = world.approved(1);
    let (dead, heir) = (world.worker(), world.worker());
    let (_, ready, _) = intended(&world, &dead);
    let lost = ready[0].prepared.serial();
    drop(ready);

    assert_eq!(run_once(&heir).returned, 0, "the lease still holds");
    world.clock.advance(Duration::seconds(301));
    let report = run_once(&heir);
    assert_eq!((report.returned, report.batch.issued.len()), (1, 1));
    let [certificate] = world.certificates(&asked).try_into().unwrap();
    assert_ne!(certificate.serial, lost);
    assert_eq!(
        intents(&world, &asked),
        [IntentState::Abandoned, IntentState::Issued]
    );
    assert_eq!(world.request(&asked.request.id).state, RequestState::Issued);
}

#[test]
fn a_worker_that_wakes_after_its_lease_changes_nothing() {
    let world = World::new();
    let asked = world.approved(1);
    let (sleeper, heir) = (world.worker(), world.worker());
    let (open, mut ready, noted) = intended(&world, &sleeper);
    world.clock.advance(Duration::seconds(301));
    assert_eq!(run_once(&heir).batch.issued.len(), 1);
    let before = world.certificates(&asked);

    let last = ready.pop().unwrap();
    let late = finish::finish(&sleeper, open, SelfTest::Quick, &noted, last)
        .map_err(|(_, fault)| fault)
        .unwrap();
    let recorded = record::record(&sleeper, vec![late]).unwrap();
    assert_eq!(
        (recorded.issued.len(), recorded.lost.len()),
        (0, 1),
        "a lost lease changes nothing (I7)"
    );
    let after = world.certificates(&asked);
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].serial, before[0].serial);
    assert_eq!(
        intents(&world, &asked),
        [IntentState::Abandoned, IntentState::Issued]
    );
}

#[test]
fn a_lease_lost_before_the_intent_lets_nothing_be_signed() {
    let world = World::new();
    let asked = world.approved(1);
    let (sleeper, heir) = (world.worker(), world.worker());
    let claimed = claim::claim(&sleeper, 100).unwrap();
    world.clock.advance(Duration::seconds(301));
    assert_eq!(run_once(&heir).batch.issued.len(), 1);
    let ready = claimed.into_iter().map(|one| {
        prepare::prepare(&sleeper, one)
            .map_err(|(_, fault)| fault)
            .unwrap()
    });
    let (allowed, _) = intend::intend(&sleeper, ready.collect())
        .map_err(|(_, error)| error)
        .unwrap();
    assert!(allowed.is_empty());
    assert_eq!(intents(&world, &asked), [IntentState::Issued]);
    assert_eq!(world.signed().len(), 1);
}

#[test]
fn a_request_that_kills_its_worker_is_parked_after_three_claims() {
    let world = World::new();
    let asked = world.approved(1);
    for _ in 0..3 {
        drop(intended(&world, &world.worker()));
        world.clock.advance(Duration::seconds(301));
        crate::cycle::take_back_lapsed(&world.worker()).unwrap();
    }
    let request = world.request(&asked.request.id);
    assert_eq!((request.state, request.attempts), (RequestState::Failed, 3));
    assert_eq!(intents(&world, &asked), [IntentState::Abandoned; 3]);
    assert!(world.signed().is_empty());
}

#[test]
fn a_key_that_is_away_burns_no_attempt_and_comes_back_by_itself() {
    let world = World::new();
    let all: Vec<_> = (1..=3).map(|number| world.approved(number)).collect();
    let worker = world.worker();
    world.signer.set_away(true);
    for _ in 0..5 {
        let report = run_once(&worker);
        assert_eq!((report.batch.given_back, report.batch.issued.len()), (3, 0));
        assert!(report.may_rest() && !report.is_clean());
    }
    let told = world.store.read(worker_status::list).unwrap();
    assert_eq!(told[0].state, "signer-away");
    for asked in &all {
        let request = world.request(&asked.request.id);
        assert_eq!(
            (request.state, request.attempts),
            (RequestState::Approved, 0)
        );
        assert_eq!(intents(&world, asked), [IntentState::Abandoned; 5]);
    }
    world.signer.set_away(false);
    assert_eq!(run_once(&worker).batch.issued.len(), 3);
    assert_eq!(world.signed().len(), 3);
}

#[test]
fn what_goes_back_in_mid_round_is_taken_up_by_no_other_job_of_it() {
    for after in [1, 4] {
        let world = World::new();
        let all: Vec<_> = (1..=12).map(|number| world.approved(number)).collect();
        let signer = world.signer.clone();
        let mut worker = world.worker_when_signing(move |_| {
            if signer.signed().len() >= after {
                signer.set_away(true);
            }
        });
        (worker.settings.batch, worker.settings.jobs) = (2, 2);
        let report = run_once(&worker).batch;
        assert_eq!(report.issued.len() + report.given_back, report.claimed);
        for asked in &all {
            let drawn = intents(&world, asked).len();
            assert!(drawn <= 1, "after {after}: {drawn} serials for one request");
        }
        world.signer.set_away(false);
        while !run_once(&world.worker()).may_rest() {}
        assert_eq!(world.signed().len(), 12, "after {after}");
    }
}

#[test]
fn what_a_dead_worker_held_is_claimed_one_by_one() {
    let world = World::new();
    for number in 1..=4 {
        world.approved(number);
    }
    drop(intended(&world, &world.worker()));
    world.clock.advance(Duration::seconds(301));
    world.approved(5);
    let heir = world.worker();
    let claims: Vec<usize> = (0..4).map(|_| run_once(&heir).batch.claimed).collect();
    assert_eq!(
        claims, [1; 4],
        "one of them may have killed the other worker"
    );
    world.approved(6);
    assert_eq!(run_once(&heir).batch.claimed, 2, "then in batches again");
    assert_eq!(world.signed().len(), 6);
}
