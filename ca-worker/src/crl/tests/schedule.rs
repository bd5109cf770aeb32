//! When a list is made, what enters and leaves it, and who wins.
use std::sync::Mutex;

use ca_core::domain::random::OsRandom;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::update_time::SET_BACK;
use chrono::{DateTime, Duration};

use super::world::{World, act, hour, sorted};
use crate::crl::CrlError;
use crate::signer::{PublicKey, Signer, SignerError};

/// Half of the validity of fourteen days.
const HALF: i64 = 7 * 24;

#[test]
fn made_at_once_at_first_then_at_half_life_to_the_second() {
    let world = World::new();
    let first = world.look(0).unwrap().list;
    assert_eq!((first.number, first.entries), (1, 0));
    assert_eq!(first.next_update, hour(0) + Duration::days(14));
    assert!(world.look(HALF - 1).is_none());
    let second_before = act(HALF).at - Duration::seconds(1);
    let early = ca_core::domain::actor::Act::new(act(0).actor, second_before);
    let publisher = world.publisher(&world.signer);
    assert!(publisher.publish_if_due(&early).unwrap().is_none());
    let second = world.look(HALF).unwrap().list;
    assert_eq!((second.number, second.regular_at), (2, hour(HALF)));
}

#[test]
fn a_reader_whose_clock_is_behind_accepts_a_new_list_and_nothing_in_it_is_of_the_future() {
    let world = World::new();
    let first = world.look(0).unwrap().list;
    assert_eq!(first.this_update, hour(0) - SET_BACK);
    let serial = world.revoked(1);
    let second = world.look(1).unwrap().list;
    assert_eq!(second.this_update, hour(1) - SET_BACK);
    assert_eq!(
        world.entries()[0].at,
        second.this_update,
        "revoked this second"
    );
    // Lists of one second can be told apart by their dates, whatever the clock.
    world.revoked(1);
    let third = world.look(1).unwrap().list;
    assert_eq!(third.this_update, second.this_update + Duration::seconds(1));
    world.look(HALF);
    let entries = world.entries();
    let entry = entries.iter().find(|entry| entry.serial == serial).unwrap();
    assert_eq!(
        entry.at,
        hour(1),
        "the true date once it lies before thisUpdate"
    );
}

#[test]
fn a_revocation_makes_one_at_once_from_the_last_and_the_schedule_stays() {
    let world = World::new();
    world.look(0);
    let one = world.revoked(1);
    let made = world.look(2).unwrap();
    assert!(made.from_the_last);
    assert_eq!(
        (made.list.number, made.list.covered, made.list.entries),
        (2, 1, 1)
    );
    assert_eq!(made.list.regular_at, hour(0));
    assert!(world.look(3).is_none(), "nothing happened since");
    let two = world.revoked(4);
    world.look(5).unwrap();
    assert_eq!(world.serials(), sorted(vec![one, two]));
    assert!(
        !world.look(HALF).unwrap().from_the_last,
        "the regular one reads everything"
    );
    assert_eq!(world.serials(), sorted(vec![one, two]));
}

#[test]
fn the_latest_event_of_a_serial_counts_and_each_stands_once() {
    let world = World::new();
    use RevocationEvent::{Abandoned, Held, Released, Revoked};
    let [held, released, revoked, abandoned] =
        [0; 4].map(|_| SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom));
    for serial in [held, released, revoked] {
        world.happens(Held, serial, 1, Some(20_000));
    }
    world.happens(Abandoned, abandoned, 1, None);
    world.look(2);
    assert_eq!(world.serials().len(), 4);
    world.happens(Released, released, 3, Some(20_000));
    world.happens(Revoked, revoked, 3, Some(20_000));
    assert!(world.look(4).unwrap().from_the_last);
    assert_eq!(world.serials(), sorted(vec![held, revoked, abandoned]));
    let reason = |serial| {
        let entries = world.entries();
        let found = entries
            .into_iter()
            .find(|entry| entry.serial == serial)
            .unwrap();
        (found.reason, found.at)
    };
    assert_eq!(reason(held), (RevocationReason::CertificateHold, hour(1)));
    assert_eq!(reason(revoked), (RevocationReason::KeyCompromise, hour(3)));
    assert_eq!(
        reason(abandoned),
        (RevocationReason::CessationOfOperation, hour(1))
    );
    let from_the_last = world.entries();
    world.publisher(&world.signer).publish_now(&act(5)).unwrap();
    assert_eq!(world.entries(), from_the_last, "the same from every event");
}

#[test]
fn an_expired_entry_leaves_after_one_regular_list_past_its_end() {
    let world = World::new();
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    world.look(0);
    world.happens(RevocationEvent::Revoked, serial, 1, Some(100));
    world.look(2);
    world.revoked(110);
    world.look(111);
    assert!(
        world.serials().contains(&serial),
        "past its end, but not on a regular list yet"
    );
    world.look(HALF);
    assert!(
        world.serials().contains(&serial),
        "the one regular list past its end"
    );
    world.revoked(HALF + 1);
    world.look(HALF + 2);
    assert!(world.serials().contains(&serial), "made from the last");
    world.look(2 * HALF);
    assert!(!world.serials().contains(&serial));
}

#[test]
fn one_that_is_revoked_after_its_end_stands_on_a_regular_list_as_well() {
    let world = World::new();
    world.look(0);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    world.happens(RevocationEvent::Revoked, serial, 5, Some(-10));
    world.look(HALF);
    assert!(world.serials().contains(&serial));
    world.look(2 * HALF);
    assert!(!world.serials().contains(&serial));
}

#[test]
fn an_abandoned_serial_stays_for_the_longest_life_of_any_profile() {
    let world = World::new();
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    world.happens(RevocationEvent::Abandoned, serial, 0, None);
    let three_years = 3 * 365 * 24;
    world.look(1);
    world.look(three_years - 24);
    world.look(three_years + HALF);
    assert!(world.serials().contains(&serial));
    world.look(three_years + 2 * HALF);
    assert!(!world.serials().contains(&serial));
}

#[test]
fn a_clock_that_was_set_back_does_not_leave_a_list_of_the_future() {
    let world = World::new();
    world.look(5_000);
    let made = world.look(0).unwrap().list;
    assert_eq!((made.number, made.this_update), (2, hour(0) - SET_BACK));
}

#[test]
fn a_signer_that_is_away_leaves_the_last_list_and_spends_only_numbers() {
    let world = World::new();
    world.look(0);
    world.revoked(1);
    world.signer.set_away(true);
    for _ in 0..3 {
        assert!(matches!(world.try_at(2), Err(CrlError::Signer(_))));
    }
    assert_eq!(world.newest().0.number, 1);
    world.signer.set_away(false);
    assert_eq!(world.look(3).unwrap().list.number, 5);
}

/// Does something to the world at the moment of signing, once.
struct Meanwhile<'a> {
    inner: &'a dyn Signer,
    act: Mutex<Option<Box<dyn FnOnce() + Send + 'a>>>,
}

impl Signer for Meanwhile<'_> {
    fn public_key(&self) -> &PublicKey {
        self.inner.public_key()
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let signature = self.inner.sign(message);
        if let Some(act) = self.act.lock().unwrap().take() {
            act();
        }
        signature
    }
}

#[test]
fn of_two_workers_the_newer_list_stays_and_nothing_is_lost() {
    let world = World::new();
    world.look(0);
    let one = world.revoked(1);
    let faster: Box<dyn FnOnce() + Send + '_> = Box::new(|| {
        world.revoked(1);
        assert_eq!(world.look(2).unwrap().list.number, 3);
    });
    let slow = Meanwhile {
        inner: &world.signer,
        act: Mutex::new(Some(faster)),
    };
    let made = world.publisher(&slow).publish_if_due(&act(2)).unwrap();
    assert!(made.is_none(), "number 2 came too late");
    assert_eq!(world.newest().0.number, 3);
    assert!(world.serials().contains(&one) && world.serials().len() == 2);
    assert!(world.look(3).is_none());
}

#[test]
fn killed_between_signing_and_publishing_the_next_one_has_another_number() {
    let world = World::new();
    world.look(0);
    let serial = world.revoked(1);
    let dying = Meanwhile {
        inner: &world.signer,
        act: Mutex::new(Some(Box::new(|| panic!("killed")))),
    };
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        world.publisher(&dying).publish_if_due(&act(2))
    }));
    assert!(killed.is_err());
    assert_eq!(world.newest().0.number, 1);
    assert_eq!(
        world.look(3).unwrap().list.number,
        3,
        "2 was signed and is never used again"
    );
    assert_eq!(world.serials(), [serial]);
}

#[test]
fn a_stored_list_that_is_not_what_was_signed_is_not_built_upon() {
    let world = World::new();
    let one = world.revoked(1);
    world.look(2);
    let (_, genuine) = world.newest();
    world.swap_bytes(&genuine);
    let two = world.revoked(3);
    let made = world.look(4).unwrap();
    assert!(!made.from_the_last, "an older list under a newer number");
    let (_, mut damaged) = world.newest();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 1;
    world.swap_bytes(&damaged);
    let three = world.revoked(5);
    assert!(!world.look(6).unwrap().from_the_last);
    assert_eq!(world.serials(), sorted(vec![one, two, three]));
}

#[test]
fn another_roots_key_signs_no_list() {
    let world = World::new();
    let (_, stranger) = crate::fixture::root();
    let refused = world.publisher(&stranger).publish_if_due(&act(0));
    assert!(matches!(refused, Err(CrlError::WrongKey(1))));
}
