//! Revocation: status, sessions, PKCS#12, events in their order, notices; and the race with issuing.
use ca_core::domain::certificate::{CertificateStatus, Purpose};
use ca_core::domain::mail::{MailFacts, MailKind};
use ca_core::domain::request::RequestState;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::order_revocation::{
    Notice, Order, Outcome, order_revocation, preview_revocation,
};
use ca_core::flow::publish_crl::{draw_crl_number, publish_crl};
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::record_issued::{Issued, record_issued};
use ca_core::queue::request::claim;
use ca_core::store::certificate::{self as stored, Certificate};
use ca_core::store::crl::{self, Crl};
use ca_core::store::revocation::{self, NewRevocation, Revocation};
use ca_core::store::{outbox, session};
use chrono::{DateTime, TimeDelta};

use crate::signing::issue;
use crate::world::{HOST, World, at, certificate, intent, on_both, staff, worker};

pub(crate) const REVOKE: Order = Order::Revoke(RevocationReason::KeyCompromise);
const HOLD: Order = Order::Revoke(RevocationReason::CertificateHold);

/// An account's certificate, issued.
fn issued(world: &World, digits: &str) -> SerialNumber {
    let operator = match world
        .store
        .read(|db| ca_core::store::operator::find(db, "suzuki"))
        .unwrap()
    {
        Some(operator) => operator,
        None => world.operator("suzuki"),
    };
    let request = world.pending(digits);
    world.approve(&operator, &request, 30);
    issue(world, &request, 40)
}

pub(crate) fn order(world: &World, selection: &Selection, order: Order, seconds: i64) -> Outcome {
    let notice = Notice {
        random: &world.random,
        host: HOST,
    };
    order_revocation(&world.store, &staff(seconds), selection, order, notice).unwrap()
}

fn row(world: &World, serial: SerialNumber) -> Certificate {
    let found = world.store.read(|db| stored::find(db, serial)).unwrap();
    found.unwrap()
}

fn events(world: &World) -> Vec<Revocation> {
    world
        .store
        .read(|db| revocation::since(db, 1, 0, 100_000))
        .unwrap()
}

fn told(world: &World) -> Vec<(MailKind, MailFacts)> {
    let state = ca_core::domain::certificate::MailState::Waiting;
    let mails = world.store.read(|db| outbox::list(db, state)).unwrap();
    let told = mails
        .iter()
        .map(|mail| (mail.kind, mail.facts().unwrap()))
        .filter(|(kind, _)| *kind != MailKind::CertificateReady);
    told.collect()
}

on_both!(revoked_means_status_event_notice_audit_and_no_pkcs12, world => {
    let serial = issued(&world, "2700000001");
    let seen = preview_revocation(&world.store, &Selection::of(&[serial]), REVOKE).unwrap();
    assert_eq!((seen.moved.len(), events(&world).len()), (1, 0), "looking changes nothing");
    let outcome = order(&world, &Selection::of(&[serial]), REVOKE, 100);
    assert_eq!(outcome, seen);
    let after = row(&world, serial);
    assert_eq!((after.status, after.pkcs12, after.revoked_at), (CertificateStatus::Revoked, None, Some(at(100))));
    let event = events(&world).remove(0);
    assert_eq!(
        (event.sequence, event.event, event.reason, event.at, event.ends_at),
        (1, RevocationEvent::Revoked, RevocationReason::KeyCompromise, at(100), Some(after.not_after))
    );
    assert_eq!(world.count("certificate.revoke"), 1);
    let mails = told(&world);
    assert_eq!((mails.len(), mails[0].0), (1, MailKind::CertificateRevoked));
    assert_eq!(mails[0].1.reason.as_deref(), Some("keyCompromise"));
});

on_both!(twice_is_once_and_revoked_never_holds_again, world => {
    let serial = issued(&world, "2700000001");
    let selection = Selection::of(&[serial]);
    order(&world, &selection, REVOKE, 100);
    for (again, seconds) in [(REVOKE, 101), (HOLD, 102), (Order::Release, 103)] {
        let outcome = order(&world, &selection, again, seconds);
        assert!(outcome.moved.is_empty());
        assert_eq!(outcome.left.len(), 1);
    }
    let after = row(&world, serial);
    assert_eq!((after.status, after.revoked_at), (CertificateStatus::Revoked, Some(at(100))));
    assert_eq!((events(&world).len(), told(&world).len()), (1, 1));
});

on_both!(a_held_one_is_released_whole_or_revoked_in_the_end, world => {
    let serial = issued(&world, "2700000001");
    let selection = Selection::of(&[serial]);
    assert_eq!(order(&world, &selection, Order::Release, 99).left.len(), 1, "not held");
    order(&world, &selection, HOLD, 100);
    assert_eq!(row(&world, serial).status, CertificateStatus::Held);
    assert_eq!(order(&world, &selection, HOLD, 101).left.len(), 1, "held already");
    order(&world, &selection, Order::Release, 102);
    let after = row(&world, serial);
    assert_eq!((after.status, after.revoked_at, after.revocation_reason), (CertificateStatus::Valid, None, None));
    assert!(after.pkcs12.is_some(), "it can still be downloaded");
    order(&world, &selection, HOLD, 103);
    order(&world, &selection, REVOKE, 104);
    use RevocationEvent::{Held, Released, Revoked};
    let kinds: Vec<_> = events(&world).iter().map(|event| (event.sequence, event.event)).collect();
    assert_eq!(kinds, [(1, Held), (2, Released), (3, Held), (4, Revoked)]);
    let mails: Vec<_> = told(&world).into_iter().map(|(kind, _)| kind).collect();
    use MailKind::{CertificateHeld, CertificateReleased, CertificateRevoked};
    assert_eq!(mails, [CertificateHeld, CertificateReleased, CertificateHeld, CertificateRevoked]);
});

on_both!(portal_sessions_of_the_certificate_end_and_others_stay, world => {
    let serial = issued(&world, "2700000001");
    let office = world.office("2700000002");
    let mut open = world.enter(&office, 50);
    let other = open.clone();
    open.id_hash = "p".repeat(64);
    open.certificate_serial = Some(serial);
    world.store.transaction(|db| session::insert(db, &open)).unwrap();
    order(&world, &Selection::of(&[serial]), HOLD, 100);
    let found = |hash: &str| world.store.read(|db| session::find(db, hash)).unwrap().is_some();
    assert!(!found(&open.id_hash) && found(&other.id_hash));
});

on_both!(a_selection_is_all_of_its_conditions_and_nothing_selects_nothing, world => {
    let first = issued(&world, "2700000001");
    let second = issued(&world, "2700000002");
    let account = row(&world, first).account_id;
    let select = |selection: Selection| {
        let outcome = preview_revocation(&world.store, &selection, REVOKE).unwrap();
        outcome.moved.iter().map(|one| one.serial).collect::<Vec<_>>()
    };
    let mut both = vec![first, second];
    both.sort_unstable();
    assert!(select(Selection::default()).is_empty());
    assert_eq!(select(Selection { account_id: account, ..Selection::default() }), [first]);
    let client = Selection { purpose: Some(Purpose::Client), ..Selection::default() };
    assert_eq!(select(client.clone()), both);
    assert!(select(Selection { purpose: Some(Purpose::Server), ..Selection::default() }).is_empty());
    let at_forty = row(&world, first).issued_at;
    assert_eq!(select(Selection { issued: Some((at_forty, at_forty)), ..client.clone() }), both);
    let later = at_forty + TimeDelta::milliseconds(1);
    assert!(select(Selection { issued: Some((later, later)), ..client }).is_empty());
    let stranger = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let outcome = preview_revocation(&world.store, &Selection::of(&[first, stranger]), REVOKE).unwrap();
    assert_eq!((outcome.moved.len(), outcome.unknown), (1, vec![stranger]));
});

/// Certificates of one account under these serials.
fn with_serials(world: &World, serials: &[SerialNumber]) {
    let request = world.pending("2700000001");
    let rows: Vec<Certificate> = serials
        .iter()
        .map(|serial| Certificate {
            request_id: None,
            ..certificate(*serial, &request, 40)
        })
        .collect();
    let intents = rows.iter().map(|one| {
        let mut intent = intent(one.serial, &request, 40);
        intent.request_id = None;
        intent
    });
    let intents: Vec<_> = intents.collect();
    record_intents(&world.store, "w1", intents).unwrap();
    for some in rows.chunks(500) {
        world
            .store
            .transaction(|db| stored::insert(db, some))
            .unwrap();
    }
}

// By their text, as a database sorts them, these longer ones come first; by their numbers last.
on_both!(serials_as_earlier_versions_drew_them_are_known_beside_others, world => {
    let drawn = [0; 2].map(|_| SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random));
    let [former, stranger] = ["7f", "7e"].map(|octet| SerialNumber::from_hex(&octet.repeat(16)).unwrap());
    let known = [former, drawn[0], drawn[1]];
    with_serials(&world, &known);
    let selection = Selection::of(&[&known[..], &[stranger]].concat());
    let outcome = order(&world, &selection, REVOKE, 100);
    assert_eq!((outcome.moved.len(), outcome.unknown), (3, vec![stranger]));
    assert_eq!(row(&world, former).status, CertificateStatus::Revoked);
});

on_both!(a_thousand_and_more_go_in_one_order, world => {
    let serials: Vec<SerialNumber> = (0..1_200).map(|_| SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random)).collect();
    with_serials(&world, &serials);
    let all = Selection { purpose: Some(Purpose::Client), ..Selection::default() };
    assert_eq!(order(&world, &all, REVOKE, 100).moved.len(), 1_200);
    let sequences: Vec<i64> = events(&world).iter().map(|event| event.sequence).collect();
    assert_eq!(sequences, (1..=1_200).collect::<Vec<_>>());
    assert_eq!((world.count("certificate.revoke"), world.count("revocation.order")), (1_200, 1));
    assert_eq!(told(&world).len(), 1_200);
});

on_both!(an_account_that_is_revoked_gets_nothing_from_a_request_that_is_being_signed, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    let held = claim(&world.store, "w1", at(600), 10, at(40)).unwrap().remove(0).request;
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    record_intents(&world.store, "w1", vec![intent(serial, &held, 41)]).unwrap();
    let whole = Selection { account_id: Some(request.account_id), ..Selection::default() };
    let outcome = order(&world, &whole, REVOKE, 50);
    assert_eq!((outcome.moved.len(), outcome.parked), (0, vec![request.id.clone()]));
    assert_eq!(events(&world)[0].event, RevocationEvent::Abandoned, "it may be signed already");
    let one = Issued { request_id: held.id.clone(), fence: held.fence, certificate: certificate(serial, &held, 60), mail: None };
    let recorded = record_issued(&world.store, &worker(60), "w1", vec![one]).unwrap();
    assert_eq!(recorded.lost, std::slice::from_ref(&request.id));
    assert!(world.store.read(|db| stored::find(db, serial)).unwrap().is_none());
    assert_eq!(events(&world).len(), 1, "abandoned once");
    assert_eq!(world.request(&request.id).state, RequestState::Failed);
});

on_both!(an_approved_request_of_a_revoked_account_waits_for_an_operator, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    let whole = Selection { account_id: Some(request.account_id), ..Selection::default() };
    assert_eq!(order(&world, &whole, REVOKE, 50).parked, std::slice::from_ref(&request.id));
    assert!(claim(&world.store, "w1", at(600), 10, at(60)).unwrap().is_empty());
    ca_core::flow::retry_request::retry_request(&world.store, &world.approval_key, at(70), &operator, &request.id).unwrap();
    issue(&world, &request, 80);
});

on_both!(events_of_many_writers_become_visible_in_their_order, world => {
    let new = |serial| NewRevocation {
        generation: 1,
        serial,
        event: RevocationEvent::Revoked,
        reason: RevocationReason::Unspecified,
        ends_at: None,
    };
    std::thread::scope(|scope| {
        for writer in 0..6 {
            let world = &world;
            scope.spawn(move || {
                for round in 0..10 {
                    let pair = [0, 1].map(|_| new(SerialNumber::draw(DateTime::UNIX_EPOCH, &ca_core::domain::random::OsRandom)));
                    let at = at(writer * 100 + round);
                    world.store.transaction(|db| revocation::append(db, &pair, at)).unwrap();
                }
            });
        }
        // A reader that follows never misses one: what it has seen is always the beginning of the whole.
        let mut seen = 0;
        while seen < 120 {
            for event in world.store.read(|db| revocation::since(db, 1, seen, 7)).unwrap() {
                assert_eq!(event.sequence, seen + 1);
                seen = event.sequence;
            }
        }
    });
    assert_eq!(world.store.read(|db| revocation::last_sequence(db, 1)).unwrap(), 120);
});

on_both!(crl_numbers_only_rise_and_the_newest_alone_has_its_bytes, world => {
    let list = |number, covered| Crl {
        generation: 1,
        number,
        this_update: at(number),
        next_update: at(number) + TimeDelta::days(14),
        covered,
        regular_at: at(number),
        regular_covered: covered,
        entries: 0,
        sha256: "ab".repeat(32),
    };
    let publish = |list: &Crl| publish_crl(&world.store, &worker(list.number), list, &[0x30, 0]).unwrap();
    let drawn: Vec<i64> = (0..3).map(|_| draw_crl_number(&world.store, 1).unwrap()).collect();
    assert_eq!(drawn, [2, 3, 4], "the world's root stands at 1");
    assert!(publish(&list(3, 5)));
    assert!(!publish(&list(2, 9)), "a slower worker with a lower number");
    assert!(!publish(&list(3, 5)), "the same number twice");
    assert!(!publish(&list(4, 4)), "a higher number that knows less");
    assert!(publish(&list(4, 5)));
    let (newest, der) = world.store.read(|db| crl::newest_with_bytes(db, 1)).unwrap().unwrap();
    assert_eq!((newest, der), (list(4, 5), vec![0x30, 0]));
    assert_eq!(world.store.read(|db| crl::list(db, 1, 10)).unwrap().len(), 2);
    assert_eq!(world.count("crl.publish"), 2);
    assert!(world.store.read(|db| crl::newest(db, 2)).unwrap().is_none());
});
