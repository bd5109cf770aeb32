//! Hours that end while a batch is in hand: the signature that was begun is finished, the rest waits for the next
//! opening, and operators read that it is closed.
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::request::RequestState;
use ca_core::domain::time::Clock;
use ca_core::flow::override_calendar::override_calendar;
use ca_core::store::worker_status;
use chrono::{DateTime, Duration, Utc};

use super::world::World;
use crate::run::run_once;

fn tokyo(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}+09:00"))
        .unwrap()
        .with_timezone(&Utc)
}

/// Three requests are in hand when the office closes; nothing more is signed before `opening`.
fn closes_in_mid_batch(closing: &str, closed: &[&str], opening: &str, order: bool) {
    let world = World::new();
    let closing = tokyo(closing);
    let all: Vec<_> = (1..=3).map(|number| world.approved(number)).collect();
    let waiting = || {
        let requests = all.iter().map(|asked| world.request(&asked.request.id));
        let waits = |state, attempts| state == RequestState::Approved && attempts == 0;
        requests
            .filter(|one| waits(one.state, one.attempts))
            .count()
    };
    world.clock.set(closing - Duration::seconds(1));
    if order {
        let act = Act::new(Actor::Operator("suzuki".into()), world.clock.now());
        override_calendar(&world.store, &act, "a hospital's deadline", closing).unwrap();
    }
    let clock = world.clock.clone();
    let mut worker = world.worker_when_signing(move |message| {
        if !crate::crl::is_list(message) && clock.now() < closing {
            clock.set(closing);
        }
    });
    worker.settings.jobs = 1;
    let report = run_once(&worker);
    assert_eq!((report.batch.issued.len(), report.batch.given_back), (1, 2));
    assert!(report.is_clean(), "nothing failed: {report:?}");
    assert!(
        !report.may_rest(),
        "it looks again at once, and finds it closed"
    );
    let told = || world.store.read(worker_status::list).unwrap().remove(0);
    assert_eq!(
        (told().state.as_str(), told().detail.as_str()),
        ("closed", "")
    );
    for at in closed {
        world.clock.set(tokyo(at));
        assert_eq!(run_once(&worker).batch.claimed, 0, "{at}");
        assert_eq!(told().state, "closed", "{at}");
    }
    assert_eq!((waiting(), world.signed().len()), (2, 1), "I8");
    world.clock.set(tokyo(opening));
    assert_eq!(run_once(&worker).batch.issued.len(), 2);
    assert_eq!(told().state, "working");
    for asked in &all {
        assert_eq!(world.certificates(asked).len(), 1);
    }
}

#[test]
fn closing_time_in_the_middle_of_a_batch_stops_the_next_signature() {
    let closed = ["2026-11-25T17:15:00", "2026-11-26T08:29:59"];
    closes_in_mid_batch("2026-11-25T17:15:00", &closed, "2026-11-26T08:30:00", false);
}

#[test]
fn the_last_working_day_of_the_year_ends_in_the_middle_of_a_batch() {
    let closed = [
        "2026-12-28T17:15:01",
        "2026-12-29T10:00:00",
        "2026-12-31T23:59:59",
        "2027-01-01T00:00:00",
        "2027-01-03T12:00:00",
        "2027-01-04T08:29:59",
    ];
    closes_in_mid_batch("2026-12-28T17:15:00", &closed, "2027-01-04T08:30:00", false);
}

#[test]
fn a_friday_before_a_holiday_ends_in_the_middle_of_a_batch() {
    let closed = [
        "2027-01-08T23:59:59",
        "2027-01-09T12:00:00",
        "2027-01-10T12:00:00",
        "2027-01-11T12:00:00",
    ];
    closes_in_mid_batch("2027-01-08T17:15:00", &closed, "2027-01-12T08:30:00", false);
}

#[test]
fn an_order_that_ends_in_the_middle_of_a_batch_stops_the_next_signature() {
    let closed = ["2026-11-28T12:00:00", "2026-11-29T12:00:00"];
    closes_in_mid_batch("2026-11-28T12:00:00", &closed, "2026-11-30T08:30:00", true);
}
