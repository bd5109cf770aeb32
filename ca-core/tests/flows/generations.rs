//! One root follows another: rolled over, both active, the older one retired.
use ca_core::domain::certificate::{CertificateStatus, IntentState};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::record_certificate::record_certificate;
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::retire_authority::{RetireError, retire_authority};
use ca_core::flow::roll_over_authority::{RollOverError, next_generation, roll_over_authority};
use ca_core::store::authority::{self, Authority};
use ca_core::store::{
    StoreResult, certificate as stored, intent as intents, ocsp_answer, revocation,
};
use chrono::DateTime;

use crate::world::{World, at, certificate, intent, on_both, staff, worker};

fn second(world: &World, generation: i64) -> Authority {
    let first = world.store.read(authority::current).unwrap().unwrap();
    Authority {
        generation,
        subject: format!("CN=試験 認証局 G{generation}"),
        created_at: at(10),
        ..first
    }
}

fn roll_over(world: &World, seconds: i64) {
    let next = next_generation(&world.store).unwrap();
    roll_over_authority(&world.store, &staff(seconds), &second(world, next)).unwrap();
}

fn active(world: &World) -> Vec<i64> {
    let rows = world.store.read(authority::active).unwrap();
    rows.iter().map(|row| row.generation).collect()
}

fn is_trusted(world: &World, generation: i64) -> bool {
    let found: StoreResult<bool> = world.store.read(|db| authority::is_trusted(db, generation));
    found.unwrap()
}

/// An intent of the first generation, and with it a certificate if `recorded`.
fn drawn(world: &World, digits: &str, recorded: bool) -> SerialNumber {
    let request = world.pending(digits);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let mut meant = intent(serial, &request, 40);
    meant.request_id = None;
    record_intents(&world.store, "w1", vec![meant]).unwrap();
    if recorded {
        let mut row = certificate(serial, &request, 41);
        (row.request_id, row.account_id) = (None, None);
        record_certificate(&world.store, &worker(41), &row).unwrap();
    }
    serial
}

on_both!(new_certificates_come_from_the_new_root_and_both_are_trusted, world => {
    roll_over(&world, 10);
    assert_eq!(active(&world), [1, 2]);
    assert_eq!(world.store.read(authority::current).unwrap().unwrap().generation, 2);
    assert!(is_trusted(&world, 1) && is_trusted(&world, 2) && !is_trusted(&world, 3));
    assert_eq!(world.count("ca.rollover"), 1);
});

on_both!(a_third_root_waits_until_the_first_is_retired, world => {
    roll_over(&world, 10);
    assert!(matches!(next_generation(&world.store), Err(RollOverError::TwoAlready(1, 2))));
    let third = second(&world, 3);
    let refused = roll_over_authority(&world.store, &staff(11), &third);
    assert!(matches!(refused, Err(RollOverError::TwoAlready(1, 2))));
    let again = roll_over_authority(&world.store, &staff(11), &second(&world, 2));
    assert!(matches!(again, Err(RollOverError::Exists(2))));
    assert_eq!(retire_authority(&world.store, &staff(12), 1, false).unwrap(), 0);
    roll_over(&world, 13);
    assert_eq!(active(&world), [2, 3]);
});

on_both!(a_root_that_is_in_use_is_not_retired, world => {
    let refused = |generation| retire_authority(&world.store, &staff(50), generation, true);
    assert!(matches!(refused(1), Err(RetireError::Current(1))));
    assert!(matches!(refused(7), Err(RetireError::Unknown(7))));
    roll_over(&world, 10);
    assert!(matches!(refused(2), Err(RetireError::Current(2))));
    assert_eq!(refused(1).unwrap(), 0);
    assert!(matches!(refused(1), Err(RetireError::Retired(1))));
    assert_eq!((active(&world), is_trusted(&world, 1)), (vec![2], false));
});

on_both!(what_is_left_of_a_root_goes_with_it_only_by_force, world => {
    let (living, signing) = (drawn(&world, "2700000001", true), drawn(&world, "2700000002", false));
    roll_over(&world, 45);
    let refused = retire_authority(&world.store, &staff(50), 1, false);
    assert!(matches!(refused, Err(RetireError::Living { generation: 1, living: 1, open: 1 })));
    assert_eq!(active(&world), [1, 2], "a refusal changes nothing");
    assert_eq!(retire_authority(&world.store, &staff(50), 1, true).unwrap(), 1);
    let found = world.store.read(|db| stored::find(db, living)).unwrap().unwrap();
    assert_eq!((found.status, found.pkcs12), (CertificateStatus::Revoked, None));
    let found = world.store.read(|db| intents::find(db, signing)).unwrap().unwrap();
    assert_eq!(found.state, IntentState::Abandoned);
    let last: StoreResult<i64> = world.store.read(|db| revocation::last_sequence(db, 1));
    assert_eq!(last.unwrap(), 2, "its list and its answers learn of both");
    let due: StoreResult<_> = world.store.read(|db| ocsp_answer::due(db, 1, at(51), 10));
    assert_eq!(due.unwrap().rows.len(), 2);
    assert_eq!((world.count("ca.retire"), world.count("certificate.revoke")), (1, 1));
});

on_both!(certificates_that_ended_hold_no_root_back, world => {
    drawn(&world, "2700000001", true);
    roll_over(&world, 45);
    let years = 3 * 366 * 86_400;
    assert_eq!(retire_authority(&world.store, &staff(years), 1, false).unwrap(), 0);
});
