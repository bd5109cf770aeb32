//! Which OCSP answers are owed: after issue, revocation, suspension, release, abandonment; and what is stored.
use ca_core::domain::certificate::Purpose;
use ca_core::domain::ocsp::Standing;
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::order_revocation::Order;
use ca_core::flow::record_certificate::record_certificate;
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::recover::recover;
use ca_core::queue::request::claim;
use ca_core::store::StoreResult;
use ca_core::store::ocsp_answer::{self, Due, Signed};
use chrono::{DateTime, TimeDelta};

use crate::revocation::order;
use crate::world::{World, at, certificate, intent, on_both, worker};

fn due(world: &World, seconds: i64) -> Vec<Due> {
    let found: StoreResult<_> = world
        .store
        .read(|db| ocsp_answer::due(db, 1, at(seconds), 100));
    let found = found.unwrap();
    assert!(found.damaged.is_empty(), "{:?}", found.damaged);
    found.rows
}

fn mark(world: &World) -> i64 {
    world.store.read(ocsp_answer::mark).unwrap()
}

fn answer(due: &Due, seconds: i64, der: &[u8]) -> Signed {
    Signed {
        serial: due.serial,
        version: due.version,
        der: der.to_vec(),
        this_update: at(seconds),
        next_update: at(seconds + 100),
        due_at: at(seconds + 50),
    }
}

fn put(world: &World, signed: &Signed) -> usize {
    let stored: StoreResult<_> = world
        .store
        .transaction(|db| ocsp_answer::put(db, std::slice::from_ref(signed)));
    stored.unwrap()
}

fn stored(world: &World, serial: SerialNumber) -> Option<Vec<u8>> {
    let found: StoreResult<_> = world.store.read(|db| ocsp_answer::find(db, serial));
    found.unwrap().and_then(|answer| answer.der)
}

/// A certificate that no request belongs to, recorded.
fn issued(world: &World, purpose: Purpose) -> SerialNumber {
    let request = world.pending(if purpose == Purpose::Ocsp {
        "2700000002"
    } else {
        "2700000001"
    });
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let mut meant = intent(serial, &request, 40);
    meant.request_id = None;
    meant.purpose = purpose;
    record_intents(&world.store, "w1", vec![meant]).unwrap();
    let mut row = certificate(serial, &request, 41);
    (row.request_id, row.account_id, row.purpose) = (None, None, purpose);
    record_certificate(&world.store, &worker(41), &row).unwrap();
    serial
}

on_both!(an_issued_certificate_is_owed_an_answer_and_is_due_again_in_time, world => {
    let serial = issued(&world, Purpose::Client);
    let owed = due(&world, 42);
    assert_eq!(owed.len(), 1);
    assert_eq!((owed[0].serial, owed[0].standing), (serial, Standing::Good));
    assert!(owed[0].ends_at.is_some());
    assert_eq!(stored(&world, serial), None);
    assert_eq!(put(&world, &answer(&owed[0], 50, b"good")), 1);
    assert_eq!(stored(&world, serial).as_deref(), Some(&b"good"[..]));
    assert!(due(&world, 99).is_empty());
    assert_eq!(due(&world, 100).len(), 1);
});

on_both!(a_responders_own_certificate_is_asked_about_by_nobody, world => {
    issued(&world, Purpose::Ocsp);
    assert!(due(&world, 42).is_empty());
});

on_both!(what_a_revocation_makes_untrue_is_gone_with_its_commit, world => {
    let serial = issued(&world, Purpose::Client);
    put(&world, &answer(&due(&world, 42)[0], 50, b"good"));
    let before = mark(&world);
    order(&world, &Selection::of(&[serial]), Order::Revoke(RevocationReason::CertificateHold), 60);
    assert!(mark(&world) > before, "whoever keeps copies learns of it");
    assert_eq!(stored(&world, serial), None);
    let held = due(&world, 60)[0];
    let on_hold = RevocationReason::CertificateHold;
    assert_eq!(held.standing, Standing::Revoked { at: at(60), reason: on_hold });
    put(&world, &answer(&held, 61, b"held"));
    order(&world, &Selection::of(&[serial]), Order::Release, 70);
    assert_eq!((stored(&world, serial), due(&world, 70)[0].standing), (None, Standing::Good));
    put(&world, &answer(&due(&world, 70)[0], 71, b"good again"));
    order(&world, &Selection::of(&[serial]), Order::Revoke(RevocationReason::KeyCompromise), 80);
    let revoked = due(&world, 80)[0];
    assert_eq!(revoked.standing, Standing::Revoked { at: at(80), reason: RevocationReason::KeyCompromise });
});

on_both!(a_late_answer_overwrites_nothing, world => {
    let serial = issued(&world, Purpose::Client);
    let read = due(&world, 42)[0];
    order(&world, &Selection::of(&[serial]), Order::Revoke(RevocationReason::Superseded), 60);
    assert_eq!(put(&world, &answer(&read, 61, b"good")), 0, "it was revoked while the answer was signed");
    assert_eq!(stored(&world, serial), None);
    let now = due(&world, 61)[0];
    assert_eq!(put(&world, &answer(&now, 61, b"revoked")), 1);
    assert_eq!(put(&world, &answer(&now, 62, b"by another worker")), 0);
    assert_eq!(stored(&world, serial).as_deref(), Some(&b"revoked"[..]));
});

on_both!(an_abandoned_serial_is_answered_as_revoked, world => {
    let request = world.pending("2700000001");
    world.approve(&world.operator("suzuki"), &request, 30);
    let claimed = claim(&world.store, "w1", at(100), 1, at(40)).unwrap().remove(0).request;
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    record_intents(&world.store, "w1", vec![intent(serial, &claimed, 41)]).unwrap();
    recover(&world.store, &worker(200), 3).unwrap();
    // The operator's own certificate is owed one, too.
    let mut owed = due(&world, 200);
    owed.retain(|due| due.serial == serial);
    assert_eq!((owed.len(), owed[0].ends_at), (1, None));
    assert!(matches!(owed[0].standing, Standing::Revoked { .. }));
});

on_both!(ended_ones_are_forgotten, world => {
    let serial = issued(&world, Purpose::Client);
    let owed = due(&world, 42)[0];
    assert!(owed.ends_at.unwrap() > at(0) + TimeDelta::days(300));
    let forgotten: StoreResult<_> = world.store.transaction(|db| ocsp_answer::forget(db, &[serial]));
    assert_eq!(forgotten.unwrap(), 1);
    let found: StoreResult<_> = world.store.read(|db| ocsp_answer::find(db, serial));
    assert_eq!(found.unwrap(), None);
});
