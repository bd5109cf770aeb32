//! What is never signed: the unapproved, the tampered, the untimely; and neighbours that go on.
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::random::OsRandom;
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::domain::seal::{SealedPassword, seal};
use ca_core::domain::time::Clock;
use ca_core::flow::approve_requests::digest_of;
use ca_core::flow::override_calendar::override_calendar;
use ca_core::store::worker_status;
use chrono::{DateTime, Duration, Utc};

use super::world::{Asked, PASSWORD, World};
use crate::cycle::Window;
use crate::run::run_once;

fn assert_parked(world: &World, asked: &Asked, reason: &str) {
    let report = run_once(&world.worker());
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.batch.parked, std::slice::from_ref(&asked.request.id));
    let request = world.request(&asked.request.id);
    assert_eq!(request.state, RequestState::Failed);
    let failure = request.failure.unwrap();
    assert!(failure.contains(reason), "{failure}");
    assert!(world.signed().is_empty(), "nothing is signed (I3)");
    assert!(world.certificates(asked).is_empty());
    assert!(world.acts().iter().any(|act| act == "request.park"));
}

#[test]
fn a_state_without_an_approval() {
    let world = World::new();
    let asked = world.pending(1, PASSWORD);
    world.force_approved(&asked);
    assert_parked(&world, &asked, "there is no approval");
}

#[test]
fn an_approval_that_fits_another_request() {
    let world = World::new();
    let (asked, other) = (world.pending(1, PASSWORD), world.pending(2, PASSWORD));
    let digest = digest_of(&other.request, &other.account).unwrap();
    world.forge_approval(&asked, &digest);
    assert_parked(&world, &asked, "not what the operator approved");
}

#[test]
fn a_password_sealed_for_another_request() {
    let world = World::new();
    let other = world.pending(2, PASSWORD);
    let account = world.account(1, None);
    let id = RequestId::draw(world.clock.now(), &OsRandom);
    let stolen: SealedPassword = other.request.sealed().unwrap();
    let subject = world.subject(&account);
    let asked = world.ask(account, &id, &subject, &stolen);
    world.approve(&asked);
    assert_parked(&world, &asked, "does not belong to this request");
}

#[test]
fn a_subject_that_the_profile_does_not_give() {
    let world = World::new();
    let account = world.account(1, None);
    let id = RequestId::draw(world.clock.now(), &OsRandom);
    let key = world
        .store
        .read(ca_core::store::authority::current_sealing_key)
        .unwrap()
        .unwrap();
    let sealed = seal(&PASSWORD.into(), &key, &id, &account.user_id).unwrap();
    let asked = world.ask(account, &id, "CN=KJ2700000099", &sealed);
    world.approve(&asked);
    assert_parked(&world, &asked, "another subject than was approved");
}

#[test]
fn a_password_that_no_reader_would_agree_on() {
    let world = World::new();
    let asked = world.pending(1, "パスワード");
    world.approve(&asked);
    assert_parked(&world, &asked, "printable ASCII");
}

#[test]
fn one_bad_request_among_many_harms_no_neighbour() {
    let world = World::new();
    let good: Vec<_> = (1..=4).map(|number| world.approved(number)).collect();
    let bad = world.pending(5, PASSWORD);
    world.force_approved(&bad);
    let more: Vec<_> = (6..=9).map(|number| world.approved(number)).collect();
    let report = run_once(&world.worker());
    assert_eq!(report.batch.issued.len(), 8);
    assert_eq!(report.batch.parked, std::slice::from_ref(&bad.request.id));
    for asked in good.iter().chain(&more) {
        assert_eq!(world.certificates(asked).len(), 1);
    }
}

fn tokyo(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}+09:00"))
        .unwrap()
        .with_timezone(&Utc)
}

#[test]
fn outside_business_hours_nothing_is_signed_until_an_operator_says_so() {
    let world = World::new();
    let asked = world.approved(1);
    let worker = world.worker();
    for closed in [
        "2026-11-25T08:29:59",
        "2026-11-25T17:15:00",
        "2026-11-28T12:00:00",
        "2026-11-23T12:00:00",
    ] {
        world.clock.set(tokyo(closed));
        let report = run_once(&worker);
        assert_eq!(report.window, Some(Window::Closed), "{closed}");
        assert!(report.is_clean() && report.batch.claimed == 0);
    }
    let told = world.store.read(worker_status::list).unwrap();
    assert_eq!(told[0].state, "closed");
    world.clock.set(tokyo("2026-11-28T12:00:00"));
    let act = Act::new(Actor::Operator("suzuki".into()), world.clock.now());
    override_calendar(
        &world.store,
        &act,
        "a hospital's deadline",
        world.clock.now() + Duration::hours(1),
    )
    .unwrap();
    assert_eq!(
        run_once(&worker).batch.issued,
        std::slice::from_ref(&asked.request.id)
    );
}

#[test]
fn a_year_that_the_calendar_does_not_cover_is_trouble_and_no_guess() {
    let world = World::new();
    world.approved(1);
    world.clock.set(tokyo("2035-06-06T10:00:00"));
    let report = run_once(&world.worker());
    assert!(report.troubles[0].contains("2035"), "{:?}", report.troubles);
    assert!(world.signed().is_empty());
}

#[test]
fn a_panic_over_one_request_is_its_own_failure() {
    let world = World::new();
    let first = world.approved(1);
    let clock = world.clock.clone();
    let worker = world.worker_when_signing(move |_| {
        assert!(clock.now() != tokyo("2026-11-25T10:00:01"), "a bug");
    });
    world.clock.set(tokyo("2026-11-25T10:00:01"));
    let report = run_once(&worker);
    assert_eq!(report.batch.failed, std::slice::from_ref(&first.request.id));
    let request = world.request(&first.request.id);
    assert_eq!(
        (request.state, request.attempts),
        (RequestState::Approved, 1)
    );
    world.clock.set(tokyo("2026-11-25T10:00:02"));
    assert_eq!(run_once(&worker).batch.issued.len(), 1);
}
