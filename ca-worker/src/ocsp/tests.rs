//! Answers are signed when they are owed, say what is so, and end before their responder does.
mod world;

use ca_core::domain::certificate::{CertificateStatus, Purpose};
use ca_core::domain::revocation::RevocationReason;
use ca_core::domain::update_time::SET_BACK;
use ca_core::flow::order_revocation::Order;
use chrono::Duration;
use openssl::ocsp::OcspCertStatus;

use super::*;
use crate::fixture::morning;
use world::{World, days};

#[test]
fn an_issued_certificate_is_good_for_a_week_and_signed_anew_at_half_of_it() {
    let world = World::new();
    let serial = world.issued(1, 365);
    assert_eq!(world.answer().signed, 1);
    let first = world.stored(serial).unwrap();
    assert_eq!(first.this_update().unwrap(), morning() - SET_BACK);
    assert_eq!(first.next_update().unwrap(), morning() + days(7));
    assert_eq!(world.status(1, serial), [Some(OcspCertStatus::GOOD); 2]);
    world.clock.set(morning() + days(3));
    assert_eq!(world.answer(), Answered::default());
    world.clock.set(morning() + Duration::hours(84));
    assert_eq!(world.answer().signed, 1);
    assert_ne!(world.stored(serial).unwrap(), first);
}

#[test]
fn revocation_suspension_and_release_are_followed() {
    let world = World::new();
    let serial = world.issued(1, 365);
    world.answer();
    let revoke = |reason| world.order(serial, Order::Revoke(reason));
    revoke(RevocationReason::CertificateHold);
    assert_eq!(world.stored(serial).unwrap().der, None);
    world.answer();
    assert_eq!(world.status(1, serial), [Some(OcspCertStatus::REVOKED); 2]);
    world.order(serial, Order::Release);
    world.answer();
    assert_eq!(world.status(1, serial), [Some(OcspCertStatus::GOOD); 2]);
    revoke(RevocationReason::KeyCompromise);
    world.answer();
    assert_eq!(world.status(1, serial), [Some(OcspCertStatus::REVOKED); 2]);
    assert_eq!(world.answer(), Answered::default(), "nothing is left to do");
}

#[test]
fn nothing_is_guessed_about_a_damaged_record_and_its_neighbours_get_their_responses() {
    let world = World::new();
    let damaged = [CertificateStatus::Revoked, CertificateStatus::Held]
        .map(|status| world.recorded(|row| row.status = status));
    let sound = world.issued(1, 365);
    assert_eq!(world.answer().signed, 1);
    assert_eq!(world.status(1, sound), [Some(OcspCertStatus::GOOD); 2]);
    for serial in damaged {
        assert_eq!(world.stored(serial).unwrap().der, None, "{serial}");
    }
    assert_eq!(
        world.answer(),
        Answered::default(),
        "not looked at again at once"
    );
    let at = morning() + Duration::hours(1);
    let read = world
        .worker
        .store
        .read(|db| ocsp_answer::due(db, 1, at, 10));
    let read: Vec<String> = read
        .unwrap()
        .damaged
        .iter()
        .map(|one| one.error.to_string())
        .collect();
    assert_eq!(read.len(), 2);
    assert!(
        read.iter()
            .any(|why| why.ends_with("it is revoked, and has no date of revocation")),
        "{read:?}"
    );
}

#[test]
fn a_thousand_answers_take_one_responder() {
    let world = World::new();
    let serials: Vec<_> = (0..1_001).map(|_| world.issued(1, 365)).collect();
    assert_eq!(world.answer().signed, 1_001);
    for serial in [serials[0], serials[500], serials[1_000]] {
        assert_eq!(world.status(1, serial), [Some(OcspCertStatus::GOOD); 2]);
    }
    assert_eq!(world.responders().len(), 1);
}

#[test]
fn nothing_is_said_about_a_certificate_after_its_end() {
    let world = World::new();
    let serial = world.issued(1, 2);
    world.answer();
    world.clock.set(morning() + days(4));
    assert_eq!(
        world.answer(),
        Answered {
            signed: 0,
            forgotten: 1
        }
    );
    assert_eq!(world.stored(serial), None);
}

#[test]
fn a_responder_is_replaced_while_its_answers_still_hold() {
    let world = World::new();
    let serial = world.issued(1, 365);
    for day in (0..80).step_by(2) {
        world.clock.set(morning() + days(day));
        world.answer();
        let answer = world.stored(serial).unwrap();
        let ends = world
            .responders()
            .iter()
            .map(|one| one.not_after)
            .max()
            .unwrap();
        assert!(answer.next_update().unwrap() <= ends, "day {day}");
        assert!(answer.next_update().unwrap() > world.worker.clock.now() + days(3));
    }
    let responders = world.responders();
    assert_eq!(responders.len(), 4, "one in three weeks or so");
    assert!(
        responders
            .iter()
            .all(|one| one.purpose == Purpose::Ocsp && one.subject.contains("OCSP 1"))
    );
}

#[test]
fn before_the_roots_end_answers_become_shorter() {
    let world = World::new();
    let end = world.worker.authority.current().issuer.validity().not_after;
    let serial = world.issued(1, 365 * 30);
    world.clock.set(end - days(3));
    world.answer();
    assert_eq!(world.stored(serial).unwrap().next_update(), Some(end));
    world.clock.set(end - days(1));
    world.answer();
    assert_eq!(world.stored(serial).unwrap().next_update(), Some(end));
    assert_eq!(world.responders().len(), 1);
}

#[test]
fn each_generation_answers_for_its_own() {
    let world = World::of_two_generations();
    let (old, new) = (world.issued(1, 365), world.issued(2, 365));
    assert_eq!(world.answer().signed, 2);
    assert_eq!(world.status(1, old), [Some(OcspCertStatus::GOOD); 2]);
    assert_eq!(world.status(2, new), [Some(OcspCertStatus::GOOD); 2]);
    let generations: Vec<_> = world
        .responders()
        .iter()
        .map(|one| one.generation)
        .collect();
    assert!(generations.contains(&1) && generations.contains(&2));
}

#[test]
fn a_stranger_refuses_what_was_not_meant() {
    let world = World::new();
    let serial = world.issued(1, 365);
    world.answer();
    let der = world.stored(serial).unwrap().der.unwrap();
    let root = world
        .worker
        .authority
        .current()
        .issuer
        .certificate()
        .to_vec();
    let statement = |standing| Statement {
        serial,
        standing,
        this_update: morning(),
        next_update: morning(),
    };
    let good = statement(ca_core::domain::ocsp::Standing::Good);
    assert_eq!(self_test(&der, &root, &good), Ok(()));
    let revoked = statement(ca_core::domain::ocsp::Standing::Revoked {
        at: morning(),
        reason: RevocationReason::Superseded,
    });
    assert!(self_test(&der, &root, &revoked).is_err());
    let (stranger, _) = crate::fixture::root();
    assert!(self_test(&der, stranger.certificate(), &good).is_err());
    assert!(self_test(&der[..der.len() - 1], &root, &good).is_err());
}
