//! The link and the signer over a token that is made up: how often the PIN is given, when a session is opened anew, when
//! nothing is tried. What real modules do is tested with SoftHSM2 in the whole-system tests.
mod ceremony;
mod fake;
mod hanging;

use std::os::unix::fs::PermissionsExt;

use ca_core::domain::profile::KeyAlgorithm;
use ca_core::domain::time::FixedClock;
use chrono::Duration as Span;

use super::*;
use crate::fixture::morning;
use fake::World;

#[test]
fn signatures_of_every_kind_verify() {
    for algorithm in [
        KeyAlgorithm::P256,
        KeyAlgorithm::P384,
        KeyAlgorithm::Rsa3072,
    ] {
        let world = World::with(algorithm);
        let signer = world.signer();
        let signature = signer.sign(b"message").unwrap();
        assert!(signer.public_key().verifies(b"message", &signature));
        assert!(!signer.public_key().verifies(b"massage", &signature));
    }
}

#[test]
fn one_session_and_one_login_serve_every_signature() {
    let world = World::new();
    let (one, other) = (world.signer(), world.signer());
    std::thread::scope(|scope| {
        for signer in [&one, &other] {
            scope.spawn(move || {
                for _ in 0..50 {
                    let signature = signer.sign(b"message").unwrap();
                    assert!(signer.public_key().verifies(b"message", &signature));
                }
            });
        }
    });
    assert_eq!(world.opened_and_logins(), (1, 1));
    assert_eq!(world.token().signatures, 100);
}

#[test]
fn a_lost_session_is_replaced_unseen() {
    let world = World::new();
    let signer = world.signer();
    signer.sign(b"one").unwrap();
    world.token().lose_sessions();
    signer.sign(b"two").unwrap();
    assert_eq!(world.opened_and_logins(), (2, 2));
}

#[test]
fn a_token_that_is_away_is_asked_again_after_rests_that_grow() {
    let world = World::new();
    let signer = world.signer();
    world.token().present = false;
    let mut asked = Vec::new();
    for second in 0..200 {
        let before = world.token().asked;
        let error = signer.ready().unwrap_err();
        assert!(error.is_infrastructure(), "{error}");
        if world.token().asked > before {
            asked.push(second);
        }
        world.clock.advance(Span::seconds(1));
    }
    assert_eq!(asked, [0, 1, 3, 7, 15, 31, 61, 91, 121, 151, 181]);
    assert_eq!(world.token().logins, 0, "nobody to log in to");
    world.token().present = true;
    world.clock.advance(Span::seconds(30));
    signer.sign(b"back").unwrap();
    assert_eq!(world.token().logins, 1);
}

#[test]
fn a_clock_that_was_set_back_does_not_make_the_rest_long() {
    let world = World::new();
    let signer = world.signer();
    world.token().present = false;
    signer.ready().unwrap_err();
    world.token().present = true;
    world.clock.advance(Span::days(-2));
    signer.ready().unwrap();
}

#[test]
fn a_refused_pin_is_given_once_until_the_file_has_another() {
    let world = World::new();
    let signer = world.signer();
    world.write_pin("000000");
    for _ in 0..100 {
        let said = signer.sign(b"message").unwrap_err().to_string();
        assert!(
            said.contains("refused the PIN") && said.contains("pin"),
            "{said}"
        );
        assert!(!said.contains("000000"), "{said}");
        world.clock.advance(Span::minutes(1));
        // The same PIN written again is the same PIN.
        world.write_pin("000000");
    }
    assert_eq!(world.token().logins, 1);
    assert_eq!(
        world.signer().sign(b"message").unwrap_err(),
        signer.sign(b"message").unwrap_err(),
        "a second signer knows"
    );
    assert_eq!(world.token().logins, 1);
    world.write_pin("111111");
    world.clock.advance(Span::minutes(1));
    signer.ready().unwrap_err();
    assert_eq!(world.token().logins, 2, "another PIN, another try");
    world.write_pin(fake::PIN);
    world.clock.advance(Span::minutes(1));
    signer.sign(b"message").unwrap();
    assert_eq!(world.token().logins, 3);
}

#[test]
fn a_locked_pin_and_a_last_try_are_left_alone() {
    let world = World::new();
    let signer = world.signer();
    for (locked, last, words) in [(true, false, "unlock"), (false, true, "by hand")] {
        world.lock(locked, last);
        let said = signer.ready().unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
        world.clock.advance(Span::minutes(1));
    }
    assert_eq!(world.token().logins, 0);
    world.token().last_try = false;
    signer.ready().unwrap();
    assert_eq!(world.token().logins, 1);
}

#[test]
fn a_pin_file_that_others_can_read_is_refused() {
    let world = World::new();
    let mode = |mode| {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&world.uri.pin_file, permissions).unwrap();
    };
    mode(0o640);
    let said = world.signer().ready().unwrap_err().to_string();
    assert!(said.contains("chmod 600"), "{said}");
    assert_eq!(world.token().logins, 0);
    mode(0o600);
    std::fs::write(&world.uri.pin_file, "\n").unwrap();
    world.clock.advance(Span::minutes(1));
    let said = world.signer().ready().unwrap_err().to_string();
    assert!(said.contains("empty"), "{said}");
}

#[test]
fn a_key_that_is_not_there_or_not_the_roots_does_not_end_the_session() {
    let world = World::new();
    let (signer, missing) = (world.signer(), world.signer_of(2));
    signer.ready().unwrap();
    for _ in 0..3 {
        let said = missing.ready().unwrap_err().to_string();
        assert!(said.contains("has no key root-2"), "{said}");
    }
    assert!(missing.absence().is_some() && signer.absence().is_none());
    let mut stranger = world.signer_of(1);
    stranger.wanted.public = World::with(KeyAlgorithm::P384).public();
    let fresh = || world.token().opened;
    let before = fresh();
    world.token().twins = true;
    let mut twice = world.signer();
    twice.wanted.label = "twin".into();
    assert!(twice.ready().unwrap_err().to_string().contains("several"));
    world.token().twins = false;
    signer.sign(b"message").unwrap();
    assert_eq!(fresh(), before);
    world.token().lose_sessions();
    let said = stranger.ready().unwrap_err().to_string();
    assert!(said.contains("not the root's"), "{said}");
    assert!(stranger.absence().is_none());
}

#[test]
fn a_module_that_is_no_library_is_said_and_nothing_more() {
    let folder = tempfile::tempdir().unwrap();
    let module = folder.path().join("none.so");
    let uri = format!(
        "pkcs11:token=t;object=o?module-path={}&pin-source=file:/nonexistent",
        module.display()
    );
    let uri = TokenUri::parse(&uri).unwrap();
    let clock = Arc::new(FixedClock::new(morning()));
    let signer = TokenSigner::new(&uri, 1, World::new().public(), clock);
    let said = signer.ready().unwrap_err().to_string();
    assert!(
        said.contains("cannot be loaded") && said.contains("module-path"),
        "{said}"
    );
    assert!(format!("{signer:?}").starts_with("TokenSigner(o-1 on "));
}
