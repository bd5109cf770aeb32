//! The key ceremony: made once, taken up after an interruption, never over another's key.
use ca_core::domain::random::OsRandom;

use super::super::ceremony::{CeremonyError, CeremonyNote, key_on_token};
use super::*;

fn note(world: &World) -> CeremonyNote {
    CeremonyNote::beside(&world.folder.path().join("ca.key"))
}

fn held(world: &World) -> Result<TokenSigner, CeremonyError> {
    let clock = Arc::new(world.clock.clone());
    let note = note(world);
    key_on_token(&world.uri, 1, KeyAlgorithm::P384, &note, &OsRandom, clock)
}

#[test]
fn a_key_is_made_and_signs() {
    let world = World::empty();
    let signer = held(&world).unwrap();
    assert_eq!(signer.public_key().spki(), world.public().spki());
    let signature = signer.sign(b"root").unwrap();
    assert!(signer.public_key().verifies(b"root", &signature));
}

#[test]
fn an_interrupted_ceremony_is_taken_up_by_the_same_command() {
    let world = World::empty();
    let first = held(&world).unwrap();
    // The note is still there: the root was not recorded.
    let second = held(&world).unwrap();
    assert_eq!(first.public_key().spki(), second.public_key().spki());
    note(&world).remove().unwrap();
    note(&world).remove().unwrap();
    let said = held(&world).err().unwrap().to_string();
    assert!(
        said.contains("root-1") && said.contains("not overwritten"),
        "{said}"
    );
}

#[test]
fn a_crash_before_the_key_leaves_a_note_that_is_used() {
    let world = World::empty();
    world.token().present = false;
    assert!(held(&world).is_err());
    world.token().present = true;
    held(&world).unwrap();
    let id = world.token().keys["root-1"].0.clone();
    let noted = std::fs::read_to_string(world.folder.path().join("ca.ceremony")).unwrap();
    assert_eq!(noted.trim(), hex::encode(id));
}

#[test]
fn somebody_elses_key_is_left_alone_even_with_a_note() {
    let world = World::empty();
    held(&world).unwrap();
    world.token().keys.get_mut("root-1").unwrap().0 = vec![7];
    assert!(matches!(held(&world), Err(CeremonyError::Exists(..))));
    let other = World::new();
    let before = other.public();
    assert!(matches!(held(&other), Err(CeremonyError::Exists(..))));
    assert_eq!(other.public().spki(), before.spki());
    assert!(!other.folder.path().join("ca.ceremony").exists());
}

#[test]
fn a_key_that_could_be_read_out_is_not_used() {
    let world = World::empty();
    world.token().leaky = true;
    let said = held(&world).err().unwrap().to_string();
    assert!(said.contains("read out"), "{said}");
}

#[test]
fn a_key_that_may_do_more_than_sign_is_not_used_and_an_old_one_goes_on() {
    let world = World::empty();
    world.token().other_uses = vec!["CKA_DECRYPT", "CKA_DERIVE"];
    let said = held(&world).err().unwrap().to_string();
    assert!(
        said.contains("more than sign (CKA_DECRYPT, CKA_DERIVE)"),
        "{said}"
    );
    world.token().other_uses.clear();
    let signer = held(&world).unwrap();
    world.token().other_uses = vec!["CKA_UNWRAP"];
    signer.sign(b"list").unwrap();
}

#[test]
fn a_wrong_pin_is_given_once_in_a_ceremony_too() {
    let world = World::empty();
    world.write_pin("000000");
    for _ in 0..3 {
        assert!(held(&world).is_err());
    }
    assert_eq!(world.token().logins, 1);
}
