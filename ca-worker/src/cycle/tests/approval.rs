//! Approvals that were written around the console: parked with an alarm, and the neighbours go on.
use ca_core::domain::approval::{ApprovalKey, Statement};
use ca_core::domain::certificate::OperatorStatus;
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::RequestState;
use ca_core::domain::time::Clock;
use ca_core::flow::approve_requests::{Decision, digest_of};
use ca_core::flow::retry_request::retry_request;
use ca_core::flow::set_operator_status::set_operator_status;
use ca_core::store::approval::{self, Approval};

use super::world::{Asked, PASSWORD, World};
use crate::run::run_once;

/// Writes an approval that fits the request, under a key of the forger's own.
fn forge(world: &World, asked: &Asked, key: &ApprovalKey) {
    let at = world.clock.now();
    let digest = digest_of(&asked.request, &asked.account).unwrap();
    let statement = Statement {
        digest: &digest,
        operator_id: world.operator.id,
        operator_name: &world.operator.name,
        approved_at: at,
    };
    let forged = Approval {
        request_id: asked.request.id.clone(),
        operator_id: world.operator.id,
        approved_at: at,
        mac: key.mac(&statement),
        digest,
    };
    world.force_approved(asked);
    world
        .store
        .transaction(|db| approval::insert(db, &forged))
        .unwrap();
}

#[test]
fn approvals_under_another_key_are_parked_one_by_one_and_fifty_neighbours_are_issued() {
    let world = World::new();
    let forger = ApprovalKey::draw(&OsRandom);
    let mut hostile = Vec::new();
    let mut honest = Vec::new();
    for number in 1..=60 {
        if number % 6 == 0 {
            let asked = world.pending(number, PASSWORD);
            forge(&world, &asked, &forger);
            hostile.push(asked);
        } else {
            honest.push(world.approved(number));
        }
    }
    let worker = world.worker();
    while run_once(&worker).batch.claimed > 0 {}
    for asked in &hostile {
        let request = world.request(&asked.request.id);
        assert_eq!(request.state, RequestState::Failed);
        let failure = request.failure.unwrap();
        assert!(failure.contains("the code does not fit"), "{failure}");
        assert!(world.certificates(asked).is_empty());
    }
    for asked in &honest {
        assert_eq!(world.certificates(asked).len(), 1);
    }
    assert_eq!(
        world.signed().len(),
        honest.len(),
        "nothing else is signed (I3)"
    );
    let parked = world
        .acts()
        .iter()
        .filter(|act| *act == "request.park")
        .count();
    assert_eq!(parked, hostile.len(), "each is in the audit");
}

#[test]
fn an_operator_approves_anew_what_was_forged_and_meant_all_the_same() {
    let world = World::new();
    let asked = world.pending(1, PASSWORD);
    forge(&world, &asked, &ApprovalKey::draw(&OsRandom));
    run_once(&world.worker());
    let (key, operator, id) = (&world.approval_key, &world.operator, &asked.request.id);
    let retried = retry_request(&world.store, key, world.clock.now(), operator, id);
    assert_eq!(retried.unwrap(), Decision::AskedAgain);
    world.approve(&Asked {
        request: world.request(id),
        account: asked.account.clone(),
    });
    run_once(&world.worker());
    assert_eq!(world.certificates(&asked).len(), 1);
}

#[test]
fn an_operator_who_is_switched_off_takes_the_approvals_along() {
    let world = World::new();
    let asked = world.approved(1);
    let act = world.worker().act();
    let off = OperatorStatus::Disabled;
    set_operator_status(&world.store, &act, &world.operator.name, off).unwrap();
    assert_eq!(run_once(&world.worker()).batch.parked.len(), 1);
    assert!(world.signed().is_empty());
    let failure = world.request(&asked.request.id).failure.unwrap();
    assert!(
        failure.contains("suzuki") && failure.contains("switched off"),
        "{failure}"
    );
}
