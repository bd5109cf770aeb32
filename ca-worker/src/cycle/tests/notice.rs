//! Step 9 after step 8: mails wait for a server, and never hold up or undo a certificate.
use std::sync::Mutex;

use ca_core::domain::certificate::MailState;
use ca_core::store::outbox::{self, Mail};
use chrono::Duration;

use super::world::World;
use crate::mail::{SendError, Transport};
use crate::run::run_once;
use crate::worker::Worker;

/// Says what it was told to say, in order, and keeps the Message-IDs.
struct Scripted {
    answers: Mutex<Vec<Result<(), SendError>>>,
    seen: &'static Mutex<Vec<String>>,
}

impl Transport for Scripted {
    fn send(&self, mail: &Mail, _message: &lettre::Message) -> Result<(), SendError> {
        self.seen.lock().unwrap().push(mail.message_id.clone());
        self.answers.lock().unwrap().remove(0)
    }
}

fn worker(
    world: &World,
    answers: Vec<Result<(), SendError>>,
) -> (Worker, &'static Mutex<Vec<String>>) {
    let seen: &'static Mutex<Vec<String>> = Box::leak(Box::default());
    let mut worker = world.worker();
    let transport = Box::new(Scripted {
        answers: Mutex::new(answers),
        seen,
    });
    worker.notifier = worker.notifier.with_transport(transport);
    (worker, seen)
}

fn in_state(world: &World, state: MailState) -> usize {
    world
        .store
        .read(|db| outbox::list(db, state))
        .unwrap()
        .len()
}

#[test]
fn a_server_that_is_away_postpones_all_and_gets_the_same_message_later() {
    let world = World::new();
    world.approved(1);
    world.approved(2);
    let away = Err(SendError::Unreachable("connection refused".into()));
    let (worker, seen) = worker(&world, vec![away, Ok(()), Ok(())]);
    let report = run_once(&worker);
    assert_eq!((report.batch.issued.len(), report.mail.postponed), (2, 2));
    assert_eq!(
        seen.lock().unwrap().len(),
        1,
        "the second mail does not try a server that is away"
    );
    assert!(!report.is_clean() && in_state(&world, MailState::Waiting) == 2);

    assert_eq!(run_once(&worker).mail.sent, 0, "not before its time");
    world.clock.advance(Duration::minutes(2));
    assert_eq!(run_once(&worker).mail.sent, 2);
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], seen[1], "one Message-ID at every try");
    assert_ne!(seen[1], seen[2]);
}

#[test]
fn a_refused_mail_is_parked_and_its_neighbour_leaves() {
    let world = World::new();
    world.approved(1);
    world.approved(2);
    let (worker, _) = worker(
        &world,
        vec![Err(SendError::Never("no such user".into())), Ok(())],
    );
    let report = run_once(&worker);
    assert_eq!((report.mail.parked, report.mail.sent), (1, 1));
    let parked = world
        .store
        .read(|db| outbox::list(db, MailState::Parked))
        .unwrap();
    assert_eq!(parked[0].last_error.as_deref(), Some("no such user"));
    world.clock.advance(Duration::days(1));
    assert_eq!(run_once(&worker).mail.sent, 0);
}

#[test]
fn mail_leaves_while_the_window_is_closed() {
    let world = World::new();
    world.approved(1);
    let away = Err(SendError::Unreachable("connection refused".into()));
    let (worker, _) = worker(&world, vec![away, Ok(())]);
    run_once(&worker);
    world.clock.advance(Duration::hours(12));
    let report = run_once(&worker);
    assert_eq!(
        (report.window, report.mail.sent),
        (Some(crate::cycle::Window::Closed), 1)
    );
}

#[test]
fn a_server_that_refuses_us_costs_no_mail() {
    let world = World::new();
    (1..=5).for_each(|office| {
        world.approved(office);
    });
    let no = || Err(SendError::Refused("5.7.1 policy".into()));
    let (worker, seen) = worker(&world, vec![no(), Ok(()), no(), no(), no()]);
    let report = run_once(&worker);
    assert_eq!((report.mail.sent, report.mail.postponed), (1, 4));
    assert!(!report.is_clean() && report.mail.parked == 0);
    assert_eq!(
        seen.lock().unwrap().len(),
        5,
        "one refused mail holds up no other"
    );
    let waiting = world.store.read(|db| outbox::list(db, MailState::Waiting));
    assert!(waiting.unwrap().iter().all(|mail| mail.attempts == 0));
}
