//! The next root: made once, beside the old one, also after an interruption; opened with it, and after it.
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ca_core::flow::retire_authority::retire_authority;

use super::*;
use crate::run::{Ended, run_forever};
use crate::worker::Worker;

impl House {
    fn roll_over(&self, passphrase: &SecretString) -> Result<Issuer, AuthorityError> {
        let profiles = Profiles::load(&self.config).unwrap();
        let creation = Creation {
            config: &self.config,
            profiles: &profiles,
            key_algorithm: None,
            passphrase,
            random: &OsRandom,
            signer: &SignerPlace::File,
            clock: &standing(morning()),
        };
        roll_over(&self.store, &act(morning()), creation)
    }

    fn numbers(&self) -> Vec<i64> {
        let open = self.open_at(morning()).unwrap();
        let numbers = open.generations().map(|one| one.issuer.generation());
        numbers.collect()
    }
}

#[test]
fn the_next_root_signs_and_the_old_one_stays_open() {
    let house = house();
    assert!(refusal(house.roll_over(&passphrase())).contains("ca-cli ca init"));
    let old = house.create(None).unwrap();
    let new = house.roll_over(&passphrase()).unwrap();
    assert_eq!(house.numbers(), [1, 2]);
    let open = house.open_at(morning()).unwrap();
    assert_eq!(open.current().issuer.certificate(), new.certificate());
    assert_ne!(old.public_key().spki(), new.public_key().spki());
    let row = house.store.read(authority::current).unwrap().unwrap();
    assert!(
        row.subject.ends_with("CN=電子請求受付センター 認証局 G2"),
        "{}",
        row.subject
    );
    assert!(refusal(house.roll_over(&passphrase())).contains("both active"));
    let keys = KeyPaths::of(&house.config);
    assert!(
        keys.of_generation(1).ends_with("ca.key") && keys.of_generation(2).ends_with("ca-2.key")
    );
    assert!(!keys.of_generation(3).exists(), "a refusal leaves no key");
}

#[test]
fn a_rollover_that_was_interrupted_goes_on_with_the_key_that_is_there() {
    let house = house();
    house.create(None).unwrap();
    let path = KeyPaths::of(&house.config).of_generation(2);
    // The key file was written, the row was not: as after a crash between the two.
    let key = crate::signer::KeyPair::generate(KeyAlgorithm::P384).unwrap();
    crate::key_file::write(&path, key.private(), &passphrase(), &OsRandom).unwrap();
    let before = std::fs::read(&path).unwrap();
    let root = house.roll_over(&passphrase()).unwrap();
    assert_eq!(root.public_key().spki(), key.public_key().spki());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert_eq!(house.numbers(), [1, 2]);
}

#[test]
fn another_passphrase_than_the_old_key_has_makes_no_key() {
    let house = house();
    house.create(None).unwrap();
    let wrong = SecretString::from("another passphrase");
    assert!(refusal(house.roll_over(&wrong)).contains("does not open key file"));
    assert!(!KeyPaths::of(&house.config).of_generation(2).exists());
}

#[test]
fn a_retired_root_is_answered_for_while_its_key_is_there() {
    let house = house();
    house.create(None).unwrap();
    house.roll_over(&passphrase()).unwrap();
    let old = KeyPaths::of(&house.config).of_generation(1);
    retire_authority(&house.store, &act(morning()), 1, false).unwrap();
    assert_eq!(house.numbers(), [1, 2]);
    std::fs::remove_file(&old).unwrap();
    assert_eq!(house.numbers(), [2]);
    assert!(house.open_at(morning()).unwrap().missing_keys().is_empty());
    std::fs::write(&old, "damaged").unwrap();
    ca_core::private_file::close_to_others(&old).unwrap();
    assert_eq!(house.missing(), [(1, true)]);
}

impl House {
    /// The generations whose keys are missing, and whether what is said of each names its file.
    fn missing(&self) -> Vec<(i64, bool)> {
        let missing = self.open_at(morning()).unwrap().missing_keys();
        let each = missing.0.iter().map(|key| {
            let file = KeyPaths::of(&self.config).of_generation(key.generation);
            let file = file.display().to_string();
            (key.generation, key.place == file && key.why.contains(&file))
        });
        each.collect()
    }
}

#[test]
fn the_roots_whose_keys_are_here_go_on_without_the_others() {
    let house = house();
    house.create(None).unwrap();
    house.roll_over(&passphrase()).unwrap();
    let keys = KeyPaths::of(&house.config);
    for (gone, left) in [(2, 1), (1, 2)] {
        let key = keys.of_generation(gone);
        let whole = std::fs::read(&key).unwrap();
        std::fs::remove_file(&key).unwrap();
        assert_eq!(
            (house.numbers(), house.missing()),
            (vec![left], vec![(gone, true)])
        );
        let open = house.open_at(morning()).unwrap();
        assert_eq!(open.current().issuer.generation(), left);
        assert!(!open.is_outdated(&house.store).unwrap());
        assert!(!open.missing_keys().to_string().contains("ca init"));
        // Half of a copy is not a key, and the whole one after it is looked at again.
        std::fs::write(&key, &whole[..whole.len() / 2]).unwrap();
        ca_core::private_file::close_to_others(&key).unwrap();
        assert!(open.is_outdated(&house.store).unwrap());
        let half = house.open_at(morning()).unwrap();
        assert_eq!(house.missing(), [(gone, true)]);
        assert!(!half.is_outdated(&house.store).unwrap());
        let by_hand = half.from_newest();
        match gone {
            2 => assert!(refusal(by_hand).contains("ca-2.key")),
            _ => drop(by_hand.unwrap()),
        }
        std::fs::remove_file(&key).unwrap();
        ca_core::private_file::create(&key, &whole, 0o600).unwrap();
        assert_eq!((house.numbers(), house.missing()), (vec![1, 2], vec![]));
    }
}

#[test]
fn without_any_key_what_is_missing_is_named() {
    let house = house();
    house.create(None).unwrap();
    let keys = KeyPaths::of(&house.config);
    let away = |generation| {
        let key = keys.of_generation(generation);
        std::fs::rename(&key, key.with_extension("away")).unwrap();
    };
    house.roll_over(&passphrase()).unwrap();
    away(1);
    away(2);
    let said = refusal(house.open_at(morning()));
    for part in ["generation 1", "ca.key", "generation 2", "ca-2.key"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!said.contains("ca init"), "{said}");
}

#[test]
fn a_running_worker_asks_to_be_opened_anew() {
    let house = house();
    house.create(None).unwrap();
    let open = house.open_at(morning()).unwrap();
    assert!(!open.is_outdated(&house.store).unwrap());
    crate::fixture::approval_key(&house.config);
    let clock = std::sync::Arc::new(FixedClock::new(morning()));
    let random = std::sync::Arc::new(OsRandom);
    let worker = Worker::new(&house.config, house.store.clone(), open, clock, random).unwrap();
    let (poll, shutdown) = (Duration::from_millis(1), AtomicBool::new(false));
    house.roll_over(&passphrase()).unwrap();
    assert_eq!(run_forever(&worker, poll, &shutdown), Ended::Outdated);
    let anew = house.open_at(morning()).unwrap();
    assert!(!anew.is_outdated(&house.store).unwrap());
    retire_authority(&house.store, &act(morning()), 1, false).unwrap();
    assert!(anew.is_outdated(&house.store).unwrap());
    shutdown.store(true, Ordering::SeqCst);
    assert_eq!(run_forever(&worker, poll, &shutdown), Ended::Shutdown);
}
