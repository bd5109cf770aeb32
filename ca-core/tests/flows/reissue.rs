//! Reissue: what an application stores, what an acceptance ends, who may accept.
use ca_core::config::ReissueConfig;
use ca_core::domain::certificate::{CertificateStatus, IntentState, MailState};
use ca_core::domain::mail::MailKind;
use ca_core::domain::reissue::{
    ReissueApplication, ReissueField, ReissueForm, ReissueId, ReissueState,
};
use ca_core::domain::request::{RequestKind, RequestState};
use ca_core::domain::revocation::RevocationEvent;
use ca_core::domain::session::TryScope;
use ca_core::domain::user_id::{Classes, UserId};
use ca_core::flow::accept_reissue::{Acceptance, ReissueDecision, accept_reissue};
use ca_core::flow::apply_reissue::{
    ApplyReissue, ApplyReissueError, apply_reissue, throttled_until,
};
use ca_core::flow::approve_requests::Decision;
use ca_core::flow::log_in::TryError;
use ca_core::flow::reject_reissue::reject_reissue;
use ca_core::flow::set_account_status::set_account_status;
use ca_core::store::operator::Operator;
use ca_core::store::{certificate, intent, outbox, reissue, revocation, session, try_counter};
use chrono::{TimeZone, Utc};
use secrecy::ExposeSecret;

use crate::world::{HOST, World, at, on_both, staff};

pub const RULES: ReissueConfig = ReissueConfig {
    per_source_a_day: 4,
    per_id_a_day: 2,
    most_waiting: 5,
};

pub fn application(user_id: &str) -> ReissueApplication {
    application_for(user_id, "both")
}

/// An application that says what was lost.
fn application_for(user_id: &str, lost: &str) -> ReissueApplication {
    let mut form = ReissueForm::default();
    for (field, typed) in [
        (ReissueField::UserId, user_id),
        (ReissueField::OfficeName, "ひまわり介護センター"),
        (ReissueField::Person, "山田 花子"),
        (ReissueField::Telephone, "06-1234-5678"),
        (ReissueField::Lost, lost),
        (ReissueField::Detail, "くわしい事情"),
    ] {
        form.set(field, typed);
    }
    form.check(&Classes::default()).unwrap()
}

pub fn apply_from(
    world: &World,
    user_id: &str,
    source: &str,
    seconds: i64,
) -> Result<ReissueId, ApplyReissueError> {
    send(world, &application(user_id), source, seconds)
}

fn send(
    world: &World,
    application: &ReissueApplication,
    source: &str,
    seconds: i64,
) -> Result<ReissueId, ApplyReissueError> {
    let id = ReissueId::draw(at(seconds), &world.random);
    let input = ApplyReissue {
        id: &id,
        application,
        source,
        rules: &RULES,
    };
    apply_reissue(&world.store, at(seconds), input).map(|()| id)
}

pub fn accept(world: &World, operator: &Operator, id: &ReissueId, seconds: i64) -> ReissueDecision {
    let acceptance = Acceptance {
        note: Some("登録の電話番号へ折り返し、山田様に確認"),
        host: HOST,
    };
    accept_reissue(
        &world.store,
        &world.random,
        at(seconds),
        operator,
        id,
        acceptance,
    )
    .unwrap()
}

fn state(world: &World, id: &ReissueId) -> ReissueState {
    world
        .store
        .read(|db| reissue::find(db, id))
        .unwrap()
        .unwrap()
        .state
}

on_both!(an_application_changes_nothing_and_is_stored_for_unknown_ids_too, world => {
    let office = world.office("2700000001");
    let session = world.enter(&office, 10);
    let before = world.account(&office.id);
    for id in ["KJ2700000001", "KJ9999999999"] {
        let id = apply_from(&world, id, "192.0.2.1", 20).unwrap();
        assert_eq!(state(&world, &id), ReissueState::Waiting);
    }
    let after = world.account(&office.id);
    assert_eq!(before.login_password_hash, after.login_password_hash);
    assert!(!after.letter_due);
    assert!(world.store.read(|db| session::find(db, &session.id_hash)).unwrap().is_some());
    assert!(world.store.read(|db| outbox::list(db, MailState::Waiting)).unwrap().is_empty());
    assert_eq!(world.count("reissue.apply"), 2);
});

on_both!(sent_twice_it_is_one_application_and_counted_once, world => {
    let id = ReissueId::draw(at(10), &world.random);
    let application = application("KJ2700000001");
    for seconds in 10..20 {
        let input = ApplyReissue { id: &id, application: &application, source: "192.0.2.1", rules: &RULES };
        apply_reissue(&world.store, at(seconds), input).unwrap();
    }
    assert_eq!(world.count("reissue.apply"), 1);
    let count = world.store.read(|db| reissue::count(db, ReissueState::Waiting)).unwrap();
    assert_eq!(count, 1);
});

on_both!(a_source_and_an_id_have_their_number_a_day, world => {
    let throttled = |outcome: Result<ReissueId, ApplyReissueError>| matches!(outcome, Err(ApplyReissueError::Throttled { .. }));
    for (source, seconds) in [("192.0.2.1", 10), ("192.0.2.2", 20)] {
        apply_from(&world, "KJ2700000001", source, seconds).unwrap();
    }
    // The ID is full, from wherever; a refused use is not kept.
    assert!(throttled(apply_from(&world, "KJ2700000001", "192.0.2.3", 30)));
    let id = UserId::try_from("KJ2700000001".to_owned()).unwrap();
    let until = throttled_until(&world.store, at(30), "192.0.2.3", Some(&id), &RULES).unwrap();
    let midnight = Utc.with_ymd_and_hms(2026, 11, 25, 15, 0, 0).unwrap();
    assert_eq!(until, Some(midnight));
    assert_eq!(throttled_until(&world.store, at(30), "192.0.2.3", None, &RULES).unwrap(), None);
    let to_midnight = (midnight - at(0)).num_seconds();
    assert!(throttled(apply_from(&world, "KJ2700000001", "192.0.2.3", to_midnight - 1)));
    apply_from(&world, "KJ2700000001", "192.0.2.3", to_midnight).unwrap();
    // A source that goes through IDs is stopped as well.
    let tomorrow = to_midnight + 10;
    for digit in 2..=3 {
        apply_from(&world, &format!("KJ270000000{digit}"), "192.0.2.9", tomorrow).unwrap();
    }
    assert!(matches!(apply_from(&world, "KJ2700000004", "192.0.2.9", tomorrow), Err(ApplyReissueError::Full)));
});

on_both!(ten_at_once_from_one_source_are_counted_exactly, world => {
    let taken = std::thread::scope(|scope| {
        let world = &world;
        let sent: Vec<_> = (0..10)
            .map(|n| scope.spawn(move || apply_from(world, &format!("KJ270000000{n}"), "192.0.2.1", 10).is_ok()))
            .collect();
        sent.into_iter().map(|one| one.join().unwrap()).filter(|taken| *taken).count()
    });
    assert_eq!(taken, 4);
});

on_both!(an_acceptance_ends_all_that_the_old_letter_opens, world => {
    let operator = world.operator("suzuki");
    let office = world.office("2700000001");
    let request = world.submit(&world.enter(&office, 10), 20);
    world.approve(&operator, &request, 30);
    let serial = crate::signing::issue(&world, &request, 40);
    let session = world.enter(&office, 50);
    let _ = world.log_in(&office.id, "wrong", 55).unwrap_err();
    let id = apply_from(&world, "KJ2700000001", "192.0.2.1", 60).unwrap();
    let other = apply_from(&world, "KJ2700000001", "192.0.2.2", 61).unwrap();

    assert_eq!(accept(&world, &operator, &id, 70), ReissueDecision::Done);

    let account = world.account(&office.id);
    assert_eq!((account.login_password_hash, account.issuance_password_hash), (None, None));
    assert!(account.letter_due);
    let stored = world.store.read(|db| certificate::find(db, serial)).unwrap().unwrap();
    assert_eq!((stored.status, stored.pkcs12.is_some()), (CertificateStatus::Revoked, false));
    assert_eq!(stored.revocation_reason.as_deref(), Some("superseded"));
    assert!(world.store.read(|db| session::find(db, &session.id_hash)).unwrap().is_none());
    let counter = world.store.read(|db| try_counter::find(db, TryScope::Login, "KJ2700000001")).unwrap();
    assert!(counter.is_none());
    let mails = world.store.read(|db| outbox::list(db, MailState::Waiting)).unwrap();
    assert_eq!(mails.last().map(|mail| (mail.kind, mail.to_address.as_str())), Some((MailKind::ReissueAccepted, "office@example.jp")));
    assert_eq!((state(&world, &id), state(&world, &other)), (ReissueState::Accepted, ReissueState::Settled));
    let refused = world.log_in(&office.id, office.login.expose_secret(), 80);
    assert!(matches!(refused, Err(TryError::Wrong { .. })));
    assert_eq!(accept(&world, &operator, &id, 90), ReissueDecision::NotWaiting(ReissueState::Accepted));

    // The new letter, and the way on.
    let again = world.print(&office.id, 100).unwrap();
    let next = world.submit(&world.enter(&again, 110), 120);
    assert_eq!(next.kind, RequestKind::Reissue);
    assert_eq!(world.count("reissue.accept"), 1);
});

on_both!(an_open_request_is_withdrawn_wherever_it_stands, world => {
    let operator = world.operator("suzuki");
    for (number, wanted) in [(1, "pending"), (2, "approved"), (3, "signing"), (4, "failed")] {
        let office = world.office(&format!("270000000{number}"));
        let request = world.submit(&world.enter(&office, 10), 20);
        if wanted != "pending" {
            world.approve(&operator, &request, 30);
        }
        if matches!(wanted, "signing" | "failed") {
            world.sql(&format!("UPDATE request SET state = '{wanted}', fence = 1 WHERE id = '{}'", request.id));
        }
        let source = format!("192.0.2.{number}");
        let id = apply_from(&world, office.id.as_str(), &source, 40).unwrap();
        assert!(world.print(&office.id, 45).is_err(), "a letter waits for the request");
        assert_eq!(accept(&world, &operator, &id, 50), ReissueDecision::Done);
        let stored = world.request(&request.id);
        assert_eq!((stored.state, stored.sealed_password), (RequestState::Withdrawn, None), "{wanted}");
        assert!(world.print(&office.id, 60).is_ok(), "{wanted}");
    }
});

on_both!(a_serial_that_was_drawn_is_abandoned_and_listed, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    let serial = crate::signing::intend(&world, &request, 40);
    let id = apply_from(&world, "KJ2700000001", "192.0.2.1", 50).unwrap();
    assert_eq!(accept(&world, &operator, &id, 60), ReissueDecision::Done);
    let stored = world.store.read(|db| intent::find(db, serial)).unwrap().unwrap();
    assert_eq!(stored.state, IntentState::Abandoned);
    let events = world.store.read(|db| revocation::since(db, 1, 0, 10)).unwrap();
    assert_eq!(events.iter().map(|one| (one.serial, one.event)).collect::<Vec<_>>(), [(serial, RevocationEvent::Abandoned)]);
});

on_both!(nobody_accepts_for_their_own_or_a_missing_or_a_disabled_account, world => {
    let registrar = world.operator("sato");
    let operator = world.operator("suzuki");
    let mut owner = world.operator("tanaka");
    let office = world.office("2700000001");
    owner.own_user_id = Some(office.id.clone());
    let id = apply_from(&world, "KJ2700000001", "192.0.2.1", 10).unwrap();
    for (who, why) in [(&registrar, Decision::RegisteredBySelf), (&owner, Decision::OwnAccount)] {
        assert_eq!(accept(&world, who, &id, 20), ReissueDecision::Refused(why.clone()));
        let rejected = reject_reissue(&world.store, at(20), who, &id, "本人でない").unwrap();
        assert_eq!(rejected, ReissueDecision::Refused(why));
    }
    let unknown = apply_from(&world, "KJ9999999999", "192.0.2.1", 30).unwrap();
    assert_eq!(accept(&world, &operator, &unknown, 40), ReissueDecision::NoSuchAccount);
    let rejected = reject_reissue(&world.store, at(41), &operator, &unknown, "該当なし").unwrap();
    assert_eq!((rejected, state(&world, &unknown)), (ReissueDecision::Done, ReissueState::Rejected));
    set_account_status(&world.store, &staff(50), &office.id, ca_core::domain::account::AccountStatus::Disabled).unwrap();
    assert_eq!(accept(&world, &operator, &id, 60), ReissueDecision::Refused(Decision::AccountDisabled));
    let nothing = ReissueId::draw(at(70), &world.random);
    assert_eq!(accept(&world, &operator, &nothing, 70), ReissueDecision::NoSuchApplication);
    assert!(world.account(&office.id).login_password_hash.is_some());
});

on_both!(an_acceptance_that_fails_midway_leaves_everything_as_it_was, world => {
    let operator = world.operator("suzuki");
    let office = world.office("2700000001");
    let request = world.submit(&world.enter(&office, 10), 20);
    world.approve(&operator, &request, 30);
    let serial = crate::signing::issue(&world, &request, 40);
    let session = world.enter(&office, 50);
    let id = apply_from(&world, "KJ2700000001", "192.0.2.1", 60).unwrap();
    // The audit entry is the last write: with its table away, all before it must go back.
    world.sql("ALTER TABLE audit RENAME TO audit_away");
    let acceptance = Acceptance { note: None, host: HOST };
    accept_reissue(&world.store, &world.random, at(70), &operator, &id, acceptance).unwrap_err();
    world.sql("ALTER TABLE audit_away RENAME TO audit");
    assert_eq!(state(&world, &id), ReissueState::Waiting);
    let account = world.account(&office.id);
    assert!(account.login_password_hash.is_some() && !account.letter_due);
    let stored = world.store.read(|db| certificate::find(db, serial)).unwrap().unwrap();
    assert_eq!((stored.status, stored.pkcs12.is_some()), (CertificateStatus::Valid, true));
    assert!(world.store.read(|db| session::find(db, &session.id_hash)).unwrap().is_some());
    assert_eq!(accept(&world, &operator, &id, 80), ReissueDecision::Done);
});

on_both!(what_was_lost_says_why_certificates_are_revoked, world => {
    let operator = world.operator("suzuki");
    let cases: [(&[&str], &str, u8); 8] = [
        (&["letter"], "superseded", 4),
        (&["login-password"], "superseded", 4),
        (&["issuance-password"], "superseded", 4),
        (&["both"], "superseded", 4),
        (&["other"], "superseded", 4),
        (&["exposed"], "keyCompromise", 1),
        // Another application of the same ID, which is settled with the one that is accepted.
        (&["letter", "exposed"], "keyCompromise", 1),
        (&["exposed", "both"], "keyCompromise", 1),
    ];
    for (number, (lost, reason, code)) in cases.into_iter().enumerate() {
        let office = world.office(&format!("270000000{number}"));
        let request = world.submit(&world.enter(&office, 10), 20);
        world.approve(&operator, &request, 30);
        let serial = crate::signing::issue(&world, &request, 40);
        let source = format!("192.0.2.{number}");
        let sent = lost.iter().map(|lost| send(&world, &application_for(office.id.as_str(), lost), &source, 60).unwrap());
        let sent: Vec<_> = sent.collect();
        assert_eq!(accept(&world, &operator, &sent[0], 70), ReissueDecision::Done);
        let stored = world.store.read(|db| certificate::find(db, serial)).unwrap().unwrap();
        assert_eq!(stored.revocation_reason.as_deref(), Some(reason), "{lost:?}");
        let events = world.store.read(|db| revocation::since(db, 1, 0, 100)).unwrap();
        let event = events.iter().find(|one| one.serial == serial).unwrap();
        assert_eq!(event.reason.code(), code, "{lost:?}: as the list says it");
        let told = world.store.read(|db| ca_core::store::audit::about(db, &format!("account:{}", office.id))).unwrap();
        let accepted = told.rows.iter().find(|one| one.act == "reissue.accept").unwrap();
        assert!(accepted.detail.contains(&format!("\"reason\":\"{reason}\"")), "{}", accepted.detail);
    }
});
