//! A module that hangs inside a call: who waits is told, nobody calls it beside, and it goes on by itself.
use super::*;
use crate::signer::SignerError;

/// Hangs in `call` until a signer has lost its patience.
fn hang(world: &World, call: &'static str) -> SignerError {
    world.token().hangs_in = Some(call);
    let impatient = world.signer().with_patience(Duration::from_millis(50));
    impatient.sign(b"given up").unwrap_err()
}

/// Lets the call come back, and waits until somebody is served again.
fn until_served(world: &World) {
    world.token().hangs_in = None;
    let signer = world.signer();
    let is_silent = |error: &SignerError| error.to_string().contains("does not answer");
    while signer.ready().as_ref().is_err_and(is_silent) {
        std::thread::sleep(Duration::from_millis(1));
    }
    signer.ready().unwrap();
}

#[test]
fn a_signature_that_hangs_is_given_up_and_all_others_are_told_at_once() {
    let world = World::new();
    // Patient: were they not told at once, this test would not end.
    let signer = world.signer();
    signer.ready().unwrap();
    let error = hang(&world, "sign");
    assert!(error.is_infrastructure(), "no request is at fault");
    let said = error.to_string();
    for words in [
        "does not answer",
        "the network to it",
        "by itself when it is back",
        ".so",
    ] {
        assert!(said.contains(words), "{said}");
    }
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                assert!(signer.ready().is_err() && signer.sign(b"message").is_err());
                assert!(signer.absence().is_none(), "nobody knows");
            });
        }
    });
    assert_eq!(world.opened_and_logins(), (1, 1), "no PIN because of it");
    assert_eq!(world.token().signatures, 0);
    until_served(&world);
    let signature = signer.sign(b"message").unwrap();
    assert!(signer.public_key().verifies(b"message", &signature));
    assert_eq!(
        world.opened_and_logins(),
        (2, 2),
        "the session is begun anew"
    );
    assert_eq!(world.token().signatures, 2, "the late one was thrown away");
    assert_eq!(world.token().beside, 0, "never two calls at a time");
}

#[test]
fn whoever_waits_behind_a_call_that_hangs_is_told_when_it_is_given_up() {
    let world = World::new();
    let signer = world.signer();
    signer.ready().unwrap();
    world.token().hangs_in = Some("sign");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let impatient = world.signer().with_patience(Duration::from_millis(200));
            scope.spawn(move || impatient.sign(b"message").unwrap_err());
        }
    });
    world.token().hangs_in = None;
    until_served(&world);
    assert_eq!(
        world.token().signatures,
        1,
        "only the first reached the token"
    );
}

#[test]
fn a_module_that_hangs_before_the_login_is_not_given_the_pin_for_nobody() {
    let world = World::new();
    hang(&world, "open");
    assert!(world.signer().ready().is_err());
    assert_eq!(world.token().logins, 0);
    until_served(&world);
    assert_eq!(
        world.opened_and_logins(),
        (2, 1),
        "one login, for who waited"
    );
    assert_eq!(world.token().signatures, 0);
}

#[test]
fn a_wrong_pin_that_is_refused_late_is_not_given_again() {
    let world = World::new();
    world.write_pin("000000");
    hang(&world, "login");
    assert!(world.signer().ready().is_err());
    world.token().hangs_in = None;
    let signer = world.signer();
    let said = loop {
        let said = signer.ready().unwrap_err().to_string();
        if !said.contains("does not answer") {
            break said;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(said.contains("refused the PIN"), "{said}");
    assert_eq!(world.token().logins, 1);
}

#[test]
fn a_session_that_is_lost_while_nobody_waits_is_not_opened_for_nobody() {
    let world = World::new();
    world.signer().ready().unwrap();
    hang(&world, "sign");
    world.token().lose_sessions();
    until_served(&world);
    assert_eq!(world.opened_and_logins(), (2, 2));
}

#[test]
fn a_module_that_hangs_at_its_own_end_is_waited_for_like_any_other_call() {
    let world = World::new();
    world.signer().ready().unwrap();
    world.token().lose_sessions();
    hang(&world, "finish");
    assert!(world.signer().ready().is_err());
    until_served(&world);
    assert_eq!(world.token().beside, 0);
}

#[test]
fn a_panic_on_the_modules_thread_is_one_failure_and_not_the_last_word() {
    let world = World::new();
    let signer = world.signer();
    world.token().panics_in = Some("sign");
    let error = signer.sign(b"message").unwrap_err();
    assert!(error.is_infrastructure() && error.to_string().contains("panicked"));
    until_served(&world);
    signer.sign(b"message").unwrap();
}
