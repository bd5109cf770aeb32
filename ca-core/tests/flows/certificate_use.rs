//! Who fetched a certificate and does not use it; the check page's first sight.
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::note_installed::note_installed;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::{certificate_use, intent};
use chrono::DateTime;

use crate::world::{self, World, at, on_both};

fn unused(world: &World, before: i64, now: i64) -> Vec<String> {
    let found = world
        .store
        .read(|db| certificate_use::list_unused(db, at(before), at(now), 0, 9));
    let found = found.unwrap();
    assert_eq!(found.rows.len() as i64, found.total);
    let user_id =
        |(_, account): &(_, ca_core::store::account::Account)| account.user_id.to_string();
    found.rows.iter().map(user_id).collect()
}

fn issued(world: &World, digits: &str) -> SerialNumber {
    let request = world.pending(digits);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let stored = world.store.transaction(|db| {
        intent::insert(db, &[world::intent(serial, &request, 30)])?;
        certificate::insert(db, &[world::certificate(serial, &request, 30)])
    });
    stored.unwrap();
    serial
}

fn find(world: &World, serial: SerialNumber) -> Certificate {
    world
        .store
        .read(|db| certificate::find(db, serial))
        .unwrap()
        .unwrap()
}

on_both!(a_fetched_certificate_is_unused_until_it_opens_the_portal, world => {
    let serial = issued(&world, "2700000001");
    assert!(unused(&world, 200, 200).is_empty(), "not fetched yet");
    let held = find(&world, serial);
    world.store.transaction(|db| certificate::note_download(db, &held, at(100))).unwrap();
    assert!(unused(&world, 99, 200).is_empty(), "not for so long");
    assert_eq!(unused(&world, 100, 200), ["KJ2700000001"]);
    let far = 1_096 * 24 * 3_600;
    assert!(unused(&world, far, far).is_empty(), "over is not unused");
    world.store.transaction(|db| certificate::note_portal_login(db, serial, at(300))).unwrap();
    assert!(unused(&world, 400, 400).is_empty());
});

on_both!(the_first_sight_is_kept, world => {
    let serial = issued(&world, "2700000001");
    let held = find(&world, serial);
    assert!(note_installed(&world.store, &held, at(50)).unwrap());
    assert!(!note_installed(&world.store, &held, at(60)).unwrap(), "as if at the same time");
    let again = find(&world, serial);
    assert!(!note_installed(&world.store, &again, at(70)).unwrap());
    assert_eq!(find(&world, serial).installed_at, Some(at(50)));
    assert_eq!(world.count("certificate.installed"), 1);
});
