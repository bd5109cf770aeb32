//! Acceptance of a reissue against a worker that holds the account's request at this very moment.
use std::sync::Barrier;

use ca_core::domain::certificate::{CertificateStatus, IntentState};
use ca_core::domain::request::RequestState;
use ca_core::domain::revocation::RevocationEvent;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::accept_reissue::ReissueDecision;
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::record_issued::{Issued, record_issued};
use ca_core::queue::request::claim;
use ca_core::store::{certificate as stored, intent as intents, revocation};
use chrono::DateTime;

use crate::reissue::{accept, apply_from};
use crate::world::{World, at, certificate, intent, on_both, worker};

/// One round: the worker goes its way from the claim, the operator accepts meanwhile.
fn round(world: &World, operator: &ca_core::store::operator::Operator, number: usize) {
    let office = world.office(&format!("27000001{number:02}"));
    let request = world.submit(&world.enter(&office, 10), 20);
    world.approve(operator, &request, 30);
    let source = format!("192.0.2.{number}");
    let id = apply_from(world, office.id.as_str(), &source, 35).unwrap();
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let start = Barrier::new(2);
    let (issued, decision) = std::thread::scope(|scope| {
        let signs = scope.spawn(|| {
            start.wait();
            sign(world, serial, number)
        });
        let accepts = scope.spawn(|| {
            start.wait();
            // Spread over the worker's steps.
            std::thread::sleep(std::time::Duration::from_micros(400 * (number as u64 % 12)));
            accept(world, operator, &id, 50)
        });
        (signs.join().unwrap(), accepts.join().unwrap())
    });
    assert_eq!(decision, ReissueDecision::Done);
    let account = world.account(&office.id);
    assert!(account.letter_due && account.login_password_hash.is_none());
    let now = world.request(&request.id);
    assert_eq!(now.sealed_password, None);
    let held = world.store.read(|db| stored::find(db, serial)).unwrap();
    let events = world
        .store
        .read(|db| revocation::since(db, 1, 0, 1_000))
        .unwrap();
    let own: Vec<_> = events
        .iter()
        .filter(|one| one.serial == serial)
        .map(|one| one.event)
        .collect();
    if issued {
        assert_eq!(now.state, RequestState::Issued);
        let held = held.unwrap();
        assert_eq!(
            (held.status, held.pkcs12.is_some()),
            (CertificateStatus::Revoked, false)
        );
        assert_eq!(own, [RevocationEvent::Revoked]);
    } else {
        assert_eq!(now.state, RequestState::Withdrawn);
        assert!(held.is_none(), "no certificate came of it");
        let drawn = world.store.read(|db| intents::find(db, serial)).unwrap();
        let expected: &[RevocationEvent] = match drawn {
            Some(drawn) => {
                assert_eq!(drawn.state, IntentState::Abandoned);
                &[RevocationEvent::Abandoned]
            }
            None => &[],
        };
        assert_eq!(own, expected);
    }
}

/// The worker's transactions, as its cycle runs them; whether a certificate was recorded.
fn sign(world: &World, serial: SerialNumber, number: usize) -> bool {
    let owner = format!("w{number}");
    let Some(claimed) = claim(&world.store, &owner, at(600), 10, at(40))
        .unwrap()
        .pop()
    else {
        return false;
    };
    let held = claimed.request;
    let drawn = vec![intent(serial, &held, 41)];
    if record_intents(&world.store, &owner, drawn)
        .unwrap()
        .is_empty()
    {
        return false;
    }
    let one = Issued {
        request_id: held.id.clone(),
        fence: held.fence,
        certificate: certificate(serial, &held, 42),
        mail: None,
    };
    let recorded = record_issued(&world.store, &worker(42), &owner, vec![one]).unwrap();
    recorded.issued == [held.id]
}

on_both!(whoever_comes_first_no_certificate_stays_valid, world => {
    let operator = world.operator("suzuki");
    // What wins is the scheduler's choice; that the account is void afterwards is not.
    for number in 0..24 {
        round(&world, &operator, number);
    }
});
