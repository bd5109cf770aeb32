//! Until when a PKCS#12 is kept.
use ca_core::domain::revocation::Selection;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::delete_pkcs12::delete_pkcs12;
use ca_core::store::certificate;
use chrono::TimeDelta;

use crate::renewal::holder;
use crate::revocation::{REVOKE, order};
use crate::world::{World, at, on_both, worker};

const DAY: i64 = 86_400;

fn has_file(world: &World, serial: SerialNumber) -> bool {
    let found = world.store.read(|db| certificate::find(db, serial));
    found.unwrap().unwrap().pkcs12.is_some()
}

fn delete(world: &World, seconds: i64, kept: Option<TimeDelta>) -> usize {
    delete_pkcs12(&world.store, &worker(seconds), kept).unwrap()
}

on_both!(a_file_is_kept_to_the_last_second_of_its_certificate, world => {
    let (_, serial) = holder(&world, "2700000001", at(10 * DAY));
    assert_eq!(delete(&world, 10 * DAY, None), 0);
    assert!(has_file(&world, serial));
    assert_eq!(delete(&world, 10 * DAY + 1, None), 1);
    assert!(!has_file(&world, serial));
    assert_eq!(delete(&world, 10 * DAY + 1, None), 0);
    assert_eq!(world.count("certificate.delete-pkcs12"), 1);
});

on_both!(the_days_count_from_the_first_login_and_only_where_they_are_configured, world => {
    let (_, used) = holder(&world, "2700000001", at(900 * DAY));
    let (_, unused) = holder(&world, "2700000002", at(901 * DAY));
    let login = |seconds| {
        world.store.transaction(|db| certificate::note_portal_login(db, used, at(seconds))).unwrap();
    };
    login(DAY);
    // A later login moves nothing.
    login(20 * DAY);
    let kept = Some(TimeDelta::days(30));
    assert_eq!(delete(&world, 31 * DAY - 1, kept), 0);
    assert_eq!(delete(&world, 31 * DAY, None), 0);
    assert_eq!(delete(&world, 31 * DAY, kept), 1);
    assert!(!has_file(&world, used));
    assert!(has_file(&world, unused));
});

on_both!(revocation_takes_the_file_at_once_and_nothing_is_left_to_delete, world => {
    let (_, serial) = holder(&world, "2700000001", at(10 * DAY));
    order(&world, &Selection::of(&[serial]), REVOKE, 100);
    assert!(!has_file(&world, serial));
    assert_eq!(delete(&world, 11 * DAY, None), 0);
});
