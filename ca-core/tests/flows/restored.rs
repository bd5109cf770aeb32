//! What comes back from the journals after a restoration breaks no invariant, and does not excuse other certificates.
use ca_core::domain::certificate::CertificateStatus;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::user_id::UserId;
use ca_core::flow::bring_forward::{BringForwardError, bring_forward};
use ca_core::flow::check_invariants::check_invariants;
use ca_core::flow::compare_journal::{Journaled, JournaledCertificate, compare_journal};
use ca_core::store::certificate as stored;
use ca_core::store::intent::Intent;
use ca_core::store::request::Request;
use ca_core::store::revocation::Revocation;
use chrono::DateTime;

use crate::signing::{intend, issue};
use crate::world::{World, at, certificate, intent, on_both, staff, worker};

/// What a worker's journal had said about the certificate of `request`.
fn journaled(
    request: &Request,
    digits: &str,
    serial: SerialNumber,
    seconds: i64,
) -> (Intent, JournaledCertificate) {
    let mut row = certificate(serial, request, seconds);
    row.pkcs12 = None;
    row.account_id = None;
    let certificate = JournaledCertificate {
        row,
        user_id: Some(UserId::try_from(format!("KJ{digits}")).unwrap()),
        tbs_sha256: "aa".repeat(32),
        journal: "ca1".into(),
        line: 7,
    };
    let mut intent = intent(serial, request, seconds);
    // The claim came after the archive.
    intent.fence += 1;
    (intent, certificate)
}

fn revoked(serial: SerialNumber, seconds: i64) -> Revocation {
    Revocation {
        generation: 1,
        sequence: seconds,
        serial,
        event: RevocationEvent::Revoked,
        reason: RevocationReason::KeyCompromise,
        at: at(seconds),
        ends_at: None,
    }
}

fn status(world: &World, serial: SerialNumber) -> CertificateStatus {
    let found = world.store.read(|db| stored::find(db, serial)).unwrap();
    found.unwrap().status
}

on_both!(what_is_brought_forward_breaks_no_invariant_and_excuses_no_other, world => {
    let operator = world.operator("suzuki");
    let whole = world.pending("2700000001");
    world.approve(&operator, &whole, 30);
    let own = issue(&world, &whole, 40);
    let asked = world.pending("2700000002");
    let (serial, lost) = (SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random), SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random));
    let (intent, one) = journaled(&asked, "2700000002", serial, 50);
    let given_up = Revocation { event: RevocationEvent::Abandoned, ..revoked(lost, 55) };
    let said = Journaled {
        intents: vec![intent.clone(), Intent { serial: lost, ..intent }],
        certificates: vec![one],
        revocations: vec![given_up.clone()],
        ..Journaled::default()
    };
    let brought = bring_forward(&world.store, &staff(60), &said, &[]).unwrap();
    assert_eq!(brought.requests, std::slice::from_ref(&asked.id));
    assert_eq!(world.count("certificate.restore"), 1);
    assert_eq!(check_invariants(&world.store).unwrap(), []);
    let left = compare_journal(&world.store, &said).unwrap();
    assert!(left.is_empty(), "given up at the instant that a list had told: {left}");

    world.sql(&format!("UPDATE certificate SET pkcs12 = NULL WHERE serial IN ('{own}', '{serial}')"));
    let breaches = check_invariants(&world.store).unwrap();
    let said: Vec<_> = breaches.iter().map(|one| (one.finding, one.object.clone())).collect();
    assert_eq!(said, [("the certificate has no PKCS#12", own.to_hex())]);
});

on_both!(a_serial_that_was_given_up_before_its_certificate_was_known_comes_back_revoked, world => {
    let operator = world.operator("suzuki");
    let asked = world.pending("2700000001");
    world.approve(&operator, &asked, 30);
    let serial = intend(&world, &asked, 40);
    let recovered = ca_core::flow::recover::recover(&world.store, &worker(1_000), 3).unwrap();
    assert_eq!(recovered.abandoned, [serial]);
    let (intent, one) = journaled(&asked, "2700000001", serial, 50);
    let said = Journaled {
        intents: vec![intent],
        certificates: vec![one],
        revocations: vec![revoked(serial, 60)],
        ..Journaled::default()
    };
    let brought = bring_forward(&world.store, &staff(2_000), &said, &[]).unwrap();
    assert!(brought.requests.is_empty(), "its request is answered by another certificate");
    assert_eq!(status(&world, serial), CertificateStatus::Revoked);
    assert_eq!(check_invariants(&world.store).unwrap(), []);
    assert!(compare_journal(&world.store, &said).unwrap().is_empty());
});

on_both!(a_certificate_is_its_own_holders_and_a_line_that_names_anothers_request_brings_nothing_back, world => {
    let (own, other) = (world.pending("2700000001"), world.pending("2700000002"));
    let [first, second] = [0; 2].map(|_| SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random));
    let (_, lent) = journaled(&other, "2700000001", first, 50);
    let (_, mut without) = journaled(&own, "2700000001", second, 50);
    without.row.request_id = None;
    let said = |some: &[&JournaledCertificate]| Journaled {
        certificates: some.iter().map(|one| (*one).clone()).collect(),
        ..Journaled::default()
    };
    let refused = bring_forward(&world.store, &staff(60), &said(&[&without, &lent]), &[]).unwrap_err();
    assert!(matches!(&refused, BringForwardError::OtherAccount(journal, 7) if journal == "ca1"), "{refused}");
    assert_eq!(world.count("certificate.restore"), 0, "not even its neighbour");
    bring_forward(&world.store, &staff(60), &said(&[&without]), &[]).unwrap();
    let found = world.store.read(|db| stored::find(db, second)).unwrap().unwrap();
    assert_eq!((found.account_id, found.request_id), (Some(own.account_id), None));
});
