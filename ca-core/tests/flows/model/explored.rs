//! The machine explored to its last state: the promises hold, and each broken rule is found out.
use stateright::{Checker, HasDiscoveries, Model};

use super::ledger::Rules;
use super::machine::{Event, Machine};
use super::promises;

/// One request, two claims, every fault; the second request of [`TWO`] comes with less of the rest.
const ONE: Machine = Machine {
    requests: 1,
    claims: 2,
    last: 3,
    jumps: 1,
    every_verb: true,
    rules: Rules::TRUE,
};
const TWO: Machine = Machine {
    requests: 2,
    claims: 1,
    last: 2,
    jumps: 0,
    every_verb: false,
    rules: Rules::TRUE,
};

fn explore(machine: Machine) {
    let checker = machine.checker().threads(2).spawn_bfs().join();
    let (requests, states) = (machine.requests, checker.unique_state_count());
    println!(
        "{requests} requests: {states} states, {} steps deep",
        checker.max_depth()
    );
    checker.assert_properties();
    assert!(checker.is_done());
    let page = include_str!("../../../../docs/model.md");
    assert!(
        page.contains(&format!("| {states} |")),
        "docs/model.md has to say that {requests} requests have {states} states"
    );
}

#[test]
fn every_state_of_one_request_keeps_the_promises() {
    explore(ONE);
}

#[test]
fn every_state_of_two_requests_keeps_the_promises() {
    explore(TWO);
}

/// A way to break `promise` when a rule is broken.
fn counterexample(rules: Rules, promise: &'static str) -> Vec<Event> {
    let found = HasDiscoveries::AllOf([promise].into());
    let broken = Machine { rules, ..ONE }.checker().finish_when(found);
    let checker = broken.spawn_bfs().join();
    let path = checker.discovery(promise);
    let path = path.unwrap_or_else(|| panic!("nobody noticed: {promise}"));
    println!("{promise}: {:?}", path.clone().into_actions());
    path.into_actions()
}

#[test]
fn without_the_fence_a_worker_that_lost_its_lease_is_found_out() {
    let rules = Rules {
        record_asks_the_fence: false,
        ..Rules::TRUE
    };
    let path = counterexample(rules, promises::LEASE_LOST);
    assert!(
        path.contains(&Event::Recover)
            || path.iter().any(|event| matches!(event, Event::People(_)))
    );
    counterexample(rules, promises::DEAD_STAYS_DEAD);
    counterexample(rules, promises::ONE_CERTIFICATE);
}

#[test]
fn a_signature_before_its_intent_is_found_out() {
    let rules = Rules {
        intent_before_signature: false,
        ..Rules::TRUE
    };
    counterexample(rules, promises::INTENDED_FIRST);
    counterexample(rules, promises::ONE_CERTIFICATE);
}

#[test]
fn a_recovery_that_abandons_nothing_is_found_out() {
    let rules = Rules {
        recovery_abandons: false,
        ..Rules::TRUE
    };
    counterexample(rules, promises::NOTHING_FORGOTTEN);
    counterexample(rules, promises::ONE_CERTIFICATE);
}

#[test]
fn a_worker_that_asks_for_no_approval_is_found_out() {
    let rules = Rules {
        worker_asks_for_the_approval: false,
        ..Rules::TRUE
    };
    let path = counterexample(rules, promises::APPROVED_ONLY);
    assert!(
        path.iter()
            .any(|event| matches!(event, Event::People(super::ledger::Verb::Forge(_))))
    );
}

#[test]
fn intents_whose_answer_was_lost_must_be_given_back_too() {
    let rules = Rules {
        unheard_intents_go_back: false,
        ..Rules::TRUE
    };
    counterexample(rules, promises::NOTHING_FORGOTTEN);
}
