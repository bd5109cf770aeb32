//! The worker's side of the queue: leases, fences, intents, failures, recovery.
use std::collections::HashSet;

use ca_core::domain::certificate::{IntentState, MailState};
use ca_core::domain::mail::{MailFacts, MailKind};
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::drop_mail::drop_mail;
use ca_core::flow::fail_request::{Failure, fail_request};
use ca_core::flow::give_back::give_back;
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::record_issued::{Issued, record_issued};
use ca_core::flow::recover::recover;
use ca_core::flow::retry_mail::{StuckMail, retry_mail};
use ca_core::flow::retry_request::retry_request;
use ca_core::queue::outbox::{MailOutcome, settle, take};
use ca_core::queue::request::{Held, claim};
use ca_core::store::mail_trouble;
use ca_core::store::outbox::NewMail;
use ca_core::store::request::Request;
use ca_core::store::{certificate as stored, intent as intents, outbox};
use chrono::DateTime;

use crate::world::{World, at, certificate, intent, on_both, staff, worker};

/// Takes what is due for `w1`, for a minute.
fn claim_one(world: &World, seconds: i64) -> Request {
    let mut claimed = claim(&world.store, "w1", at(seconds + 60), 10, at(seconds)).unwrap();
    assert_eq!(claimed.len(), 1);
    let one = claimed.remove(0);
    assert_eq!(
        one.evidence.approval.map(|approval| approval.request_id),
        Some(one.request.id.clone())
    );
    one.request
}

fn approved(world: &World) -> Request {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    request
}

fn record_one(world: &World, held: &Request, serial: SerialNumber, seconds: i64) -> Vec<RequestId> {
    let mail = NewMail {
        kind: MailKind::CertificateReady,
        to_address: "office@example.jp".into(),
        facts: MailFacts {
            user_id: "KJ2700000001".into(),
            name: "ひまわり".into(),
            ..MailFacts::default()
        },
        message_id: format!("{serial}@example.jp"),
    };
    let one = Issued {
        request_id: held.id.clone(),
        fence: held.fence,
        certificate: certificate(serial, held, seconds),
        mail: Some(mail),
    };
    record_issued(&world.store, &worker(seconds), "w1", vec![one])
        .unwrap()
        .issued
}

/// Claims, intends and records the one approved request.
pub fn issue(world: &World, request: &Request, seconds: i64) -> SerialNumber {
    let held = claim_one(world, seconds);
    assert_eq!(held.id, request.id);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let allowed = record_intents(&world.store, "w1", vec![intent(serial, &held, seconds)]).unwrap();
    assert_eq!(allowed, [serial]);
    assert_eq!(record_one(world, &held, serial, seconds), [held.id]);
    serial
}

/// Claims the one approved request and records an intent for it, as a worker that is about to sign.
pub fn intend(world: &World, request: &Request, seconds: i64) -> SerialNumber {
    let held = claim_one(world, seconds);
    assert_eq!(held.id, request.id);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    record_intents(&world.store, "w1", vec![intent(serial, &held, seconds)]).unwrap();
    serial
}

fn intent_state(world: &World, serial: SerialNumber) -> IntentState {
    world
        .store
        .read(|db| intents::find(db, serial))
        .unwrap()
        .unwrap()
        .state
}

on_both!(issued_means_certificate_notice_audit_and_no_password, world => {
    let request = approved(&world);
    let serial = issue(&world, &request, 40);
    let after = world.request(&request.id);
    assert_eq!((after.state, after.sealed_password, after.lease_owner), (RequestState::Issued, None, None));
    assert!(world.store.read(|db| stored::find(db, serial)).unwrap().unwrap().pkcs12.is_some());
    assert_eq!(intent_state(&world, serial), IntentState::Issued);
    assert_eq!(world.store.read(|db| outbox::list(db, MailState::Waiting)).unwrap().len(), 1);
    assert_eq!(world.count("certificate.issue"), 1);
    assert!(claim(&world.store, "w1", at(200), 10, at(100)).unwrap().is_empty());
});

on_both!(four_workers_share_a_queue_and_take_nothing_twice, world => {
    let operator = world.operator("suzuki");
    for n in 0..24 {
        let request = world.pending(&format!("27000000{n:02}"));
        world.approve(&operator, &request, 30);
    }
    let taken: Vec<RequestId> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|n| {
                let world = &world;
                scope.spawn(move || {
                    let mut mine = Vec::new();
                    loop {
                        let batch = claim(&world.store, &format!("w{n}"), at(600), 3, at(40)).unwrap();
                        if batch.is_empty() {
                            return mine;
                        }
                        mine.extend(batch.into_iter().map(|one| one.request.id));
                    }
                })
            })
            .collect();
        workers.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    let unique: HashSet<_> = taken.iter().collect();
    assert_eq!((taken.len(), unique.len()), (24, 24));
});

on_both!(a_worker_that_slept_beyond_its_lease_changes_nothing, world => {
    let request = approved(&world);
    let slept = claim_one(&world, 40);
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    record_intents(&world.store, "w1", vec![intent(serial, &slept, 41)]).unwrap();
    let recovered = recover(&world.store, &worker(200), 3).unwrap();
    assert_eq!((recovered.returned, recovered.abandoned), (vec![request.id.clone()], vec![serial]));
    let again = claim_one(&world, 210);
    assert_eq!((again.fence, again.attempts), (slept.fence + 1, slept.attempts + 1));
    assert!(record_one(&world, &slept, serial, 220).is_empty(), "the old fence is refused");
    assert!(world.store.read(|db| stored::find(db, serial)).unwrap().is_none());
    assert_eq!(intent_state(&world, serial), IntentState::Abandoned);
    let late = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    assert!(record_intents(&world.store, "w1", vec![intent(late, &slept, 221)]).unwrap().is_empty());
    let failure = Failure { reason: "late".into(), attempts: 1, hopeless: true };
    let held = Held { request_id: slept.id.clone(), fence: slept.fence, serial: None };
    assert_eq!(fail_request(&world.store, &worker(222), &held, &failure).unwrap(), None);
    assert_eq!(world.request(&request.id).state, RequestState::Signing);
    let fresh = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    record_intents(&world.store, "w1", vec![intent(fresh, &again, 230)]).unwrap();
    assert_eq!(record_one(&world, &again, fresh, 231), [request.id]);
});

on_both!(a_request_that_kills_its_worker_is_parked_after_three_times, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    for attempt in 1..=3 {
        let start = attempt * 1_000;
        assert_eq!(claim_one(&world, start).attempts, attempt);
        let recovered = recover(&world.store, &worker(start + 500), 3).unwrap();
        assert_eq!(recovered.parked.is_empty(), attempt < 3);
    }
    let parked = world.request(&request.id);
    assert_eq!(parked.state, RequestState::Failed);
    assert!(parked.failure.is_some() && parked.sealed_password.is_some());
    retry_request(&world.store, &world.approval_key, at(5_000), &operator, &request.id).unwrap();
    assert_eq!(claim_one(&world, 5_001).attempts, 1);
});

on_both!(what_fails_around_the_worker_burns_no_attempt, world => {
    approved(&world);
    for round in 0..5 {
        let held = claim_one(&world, 100 + round * 10);
        assert_eq!(held.attempts, 1);
        let back = Held { request_id: held.id, fence: held.fence, serial: None };
        assert_eq!(give_back(&world.store, &worker(105 + round * 10), &[back], "the signer is away").unwrap(), 1);
    }
});

on_both!(a_lease_in_force_is_left_alone, world => {
    approved(&world);
    claim_one(&world, 40);
    assert_eq!(recover(&world.store, &worker(99), 3).unwrap(), ca_core::flow::recover::Recovered::default());
});

on_both!(a_serial_is_never_intended_twice, world => {
    let request = approved(&world);
    let serial = issue(&world, &request, 40);
    let mut again = intent(serial, &request, 50);
    again.request_id = None;
    assert!(record_intents(&world.store, "w1", vec![again]).unwrap_err().is_duplicate());
});

on_both!(a_mail_is_tried_again_with_one_message_id_and_parked_for_good_reason, world => {
    let request = approved(&world);
    issue(&world, &request, 40);
    let first = take(&world.store, "w1", at(100), 10, at(50)).unwrap().remove(0);
    assert!(take(&world.store, "w2", at(100), 10, at(51)).unwrap().is_empty(), "w1 holds it");
    settle(&world.store, "w1", &first, &MailOutcome::Later("451 busy".into()), at(52)).unwrap();
    assert!(take(&world.store, "w1", at(100), 10, at(53)).unwrap().is_empty(), "not before its time");
    let second = take(&world.store, "w1", at(300), 10, at(200)).unwrap().remove(0);
    assert_eq!((second.message_id.clone(), second.attempts), (first.message_id, 2));
    settle(&world.store, "w1", &second, &MailOutcome::Never("550 no such user".into()), at(201)).unwrap();
    let parked = world.store.read(|db| outbox::list(db, MailState::Parked)).unwrap();
    assert_eq!(parked[0].last_error.as_deref(), Some("550 no such user"));
});

/// The one mail, leased by `w1`.
fn leased(world: &World, seconds: i64) -> ca_core::store::outbox::Mail {
    take(&world.store, "w1", at(seconds + 10), 10, at(seconds))
        .unwrap()
        .remove(0)
}

on_both!(a_server_that_is_away_counts_no_try, world => {
    let request = approved(&world);
    issue(&world, &request, 40);
    for round in 1..=60 {
        let when = 100_000 * round;
        let mail = leased(&world, when);
        assert_eq!(mail.attempts, 1, "round {round}");
        let outcome = match round % 2 {
            0 => MailOutcome::ServerAway("554 no".into()),
            _ => MailOutcome::Refused("5.7.1 policy".into()),
        };
        settle(&world.store, "w1", &mail, &outcome, at(when)).unwrap();
        let late = world.store.read(|db| mail_trouble::count_delayed(db, at(when))).unwrap();
        assert_eq!(late, 1, "it is late all the same");
    }
});

on_both!(a_parked_mail_is_sent_again_or_dropped, world => {
    let request = approved(&world);
    issue(&world, &request, 40);
    let parked = || world.store.read(mail_trouble::parked).unwrap().total;
    let mail = leased(&world, 50);
    assert_eq!(retry_mail(&world.store, &staff(51), mail.id).unwrap(), StuckMail::NotStuck, "w1 holds it");
    settle(&world.store, "w1", &mail, &MailOutcome::Never("550 no".into()), at(52)).unwrap();
    assert_eq!(parked(), 1);
    world.sql("UPDATE account SET mail_address = 'right@example.jp'");
    assert_eq!(retry_mail(&world.store, &staff(60), mail.id).unwrap(), StuckMail::Done);
    assert_eq!((parked(), world.count("mail.retry")), (0, 1));
    let again = leased(&world, 60);
    assert_eq!((again.to_address.as_str(), again.attempts), ("right@example.jp", 1));
    settle(&world.store, "w1", &again, &MailOutcome::Never("550 no".into()), at(61)).unwrap();
    assert!(world.store.read(mail_trouble::bounced).unwrap().contains("right@example.jp"));
    world.sql("UPDATE account SET mail_address = NULL");
    assert_eq!(retry_mail(&world.store, &staff(62), mail.id).unwrap(), StuckMail::NoAddress);
    world.sql("UPDATE outbox SET kind = 'address-proof'");
    assert_eq!(retry_mail(&world.store, &staff(62), mail.id).unwrap(), StuckMail::NeedsCode);
    world.sql("UPDATE outbox SET facts = '{'");
    assert_eq!(retry_mail(&world.store, &staff(62), mail.id).unwrap(), StuckMail::Unreadable);
    assert_eq!(drop_mail(&world.store, &staff(63), mail.id).unwrap(), StuckMail::Done);
    assert_eq!((parked(), world.count("mail.drop")), (0, 1));
    for done in [drop_mail(&world.store, &staff(64), mail.id), retry_mail(&world.store, &staff(64), mail.id)] {
        assert_eq!(done.unwrap(), StuckMail::NotStuck);
    }
    assert!(take(&world.store, "w1", at(9_000_000), 10, at(8_000_000)).unwrap().is_empty());
});
