//! Logging in, the locks, the gate, the change of password.
use ca_core::domain::account::AccountStatus;
use ca_core::domain::certificate::MailState;
use ca_core::domain::session::{Audience, Stage};
use ca_core::domain::user_id::UserId;
use ca_core::flow::change_login_password::{
    ChangeError, ChangeLoginPassword, change_login_password,
};
use ca_core::flow::log_in::TryError;
use ca_core::flow::resume_session::resume_session;
use ca_core::flow::set_account_status::set_account_status;
use ca_core::flow::unlock_account::unlock_account;
use ca_core::store::outbox;
use chrono::TimeDelta;
use secrecy::ExposeSecret;

use crate::world::{Office, RULES, at, on_both, staff};

on_both!(a_temporary_password_opens_nothing_but_its_change, world => {
    let office = world.office("2700000001");
    let open = world.log_in(&office.id, office.login.expose_secret(), 10).unwrap();
    assert_eq!(open.session.stage, Stage::ChangePassword);
    let account = world.account(&office.id);
    let change = |new: &str| {
        change_login_password(&world.store, &world.random, at(20), ChangeLoginPassword {
            session: &open.session, account: &account, current: None, new: &new.into(),
            rules: RULES, absolute: TimeDelta::hours(8),
        })
    };
    assert!(matches!(change("short"), Err(ChangeError::Choice(_))));
    assert!(matches!(change(office.login.expose_secret()), Err(ChangeError::Same)));
    let (token, session) = change("Kaigo-2026-Osaka").unwrap();
    assert_eq!(session.stage, Stage::LoggedIn);
    assert_ne!(token.expose(), open.token.expose());
    let resumed = |token| resume_session(&world.store, token, Audience::Applicant, TimeDelta::minutes(20), at(30)).unwrap();
    assert!(resumed(&open.token).is_none(), "the old session has ended");
    assert!(resumed(&token).is_some());
    assert!(matches!(world.log_in(&office.id, office.login.expose_secret(), 40), Err(TryError::Wrong { .. })));
    assert_eq!(world.log_in(&office.id, "Kaigo-2026-Osaka", 50).unwrap().session.stage, Stage::LoggedIn);
});

on_both!(the_third_wrong_try_locks_and_a_right_password_does_not_help, world => {
    let office = world.office("2700000001");
    for left in [2, 1, 0] {
        match world.log_in(&office.id, "wrong-password", 10) {
            Err(TryError::Wrong { left: told, .. }) => assert_eq!(told, left),
            other => panic!("{other:?}"),
        }
    }
    let right = office.login.expose_secret();
    assert!(matches!(world.log_in(&office.id, right, 11), Err(TryError::Locked { .. })));
    assert!(matches!(world.log_in(&office.id, right, 10 + 1799), Err(TryError::Locked { .. })));
    assert!(world.log_in(&office.id, right, 10 + 1800).is_ok(), "the lock ends by itself");
    assert_eq!(world.count("login.lock"), 1);
    let mails = world.store.read(|db| outbox::list(db, MailState::Waiting)).unwrap();
    assert_eq!(mails.len(), 1, "the office is told of the lock");
});

on_both!(a_right_password_forgets_the_wrong_ones, world => {
    let office = world.office("2700000001");
    for _ in 0..2 {
        for _ in 0..2 {
            assert!(matches!(world.log_in(&office.id, "wrong-password", 10), Err(TryError::Wrong { .. })));
        }
        assert!(world.log_in(&office.id, office.login.expose_secret(), 11).is_ok());
    }
});

on_both!(staff_can_lift_the_lock, world => {
    let office = world.office("2700000001");
    for _ in 0..3 {
        let _ = world.log_in(&office.id, "wrong-password", 10);
    }
    unlock_account(&world.store, &staff(20), &office.id).unwrap();
    assert!(world.log_in(&office.id, office.login.expose_secret(), 21).is_ok());
});

on_both!(an_unknown_id_answers_and_locks_as_a_known_one_does, world => {
    let known = world.office("2700000001").id;
    let unknown = UserId::try_from("KJ2799999999".to_owned()).unwrap();
    for second in 0..5 {
        let answer = |id: &UserId| match world.log_in(id, "wrong-password", second) {
            Err(TryError::Wrong { left, locked_until }) => (Some(left), locked_until),
            Err(TryError::Locked { until }) => (None, Some(until)),
            other => panic!("{other:?}"),
        };
        assert_eq!(answer(&known), answer(&unknown));
    }
});

on_both!(twenty_wrong_tries_at_once_are_looked_at_three_times, world => {
    let office = world.office("2700000001");
    let outcomes: Vec<bool> = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..20)
            .map(|_| scope.spawn(|| matches!(world.log_in(&office.id, "wrong-password", 10), Err(TryError::Wrong { .. }))))
            .collect();
        tries.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|looked_at| **looked_at).count(), 3);
});

on_both!(a_disabled_account_is_refused_like_a_wrong_password_and_loses_its_sessions, world => {
    let office = world.office("2700000001");
    let open = world.log_in(&office.id, office.login.expose_secret(), 10).unwrap();
    set_account_status(&world.store, &staff(11), &office.id, AccountStatus::Disabled).unwrap();
    let resumed = resume_session(&world.store, &open.token, Audience::Applicant, TimeDelta::minutes(20), at(12));
    assert!(resumed.unwrap().is_none());
    assert!(matches!(world.log_in(&office.id, office.login.expose_secret(), 13), Err(TryError::Wrong { left: 2, .. })));
});

on_both!(a_session_ends_when_idle_and_in_any_case, world => {
    let office = world.office("2700000001");
    let open = world.log_in(&office.id, office.login.expose_secret(), 0).unwrap();
    let resumed = |seconds| {
        let idle = TimeDelta::minutes(20);
        resume_session(&world.store, &open.token, Audience::Applicant, idle, at(seconds)).unwrap().is_some()
    };
    for minute in (0..480).step_by(19) {
        assert!(resumed(minute * 60), "used every 19 minutes, it lives at minute {minute}");
    }
    assert!(!resumed(480 * 60), "eight hours end it");
    let other = world.log_in(&office.id, office.login.expose_secret(), 0).unwrap();
    let idle = TimeDelta::minutes(20);
    let late = resume_session(&world.store, &other.token, Audience::Applicant, idle, at(1200)).unwrap();
    assert!(late.is_none(), "twenty idle minutes end it");
    let console = resume_session(&world.store, &other.token, Audience::Operator, idle, at(1)).unwrap();
    assert!(console.is_none(), "it opens no page of the operators");
});

on_both!(the_gate_has_a_lock_of_its_own_and_rotates_the_session, world => {
    let office = world.office("2700000001");
    let before = world.enter(&office, 10);
    assert_eq!(before.stage, Stage::GatePassed);
    let wrong = Office { issuance: "WRONGWRONGWRONG2".into(), ..office };
    let gate = |seconds| {
        let mut open = world.log_in(&wrong.id, wrong.login.expose_secret(), seconds).unwrap();
        open.session.stage = Stage::LoggedIn;
        let account = world.account(&wrong.id);
        ca_core::flow::pass_gate::pass_gate(&world.store, &world.random, at(seconds), ca_core::flow::pass_gate::PassGate {
            session: &open.session, account: &account, password: &wrong.issuance, rules: RULES, absolute: TimeDelta::hours(8), source: None,
        })
    };
    for _ in 0..3 {
        assert!(gate(20).is_err());
    }
    assert!(world.log_in(&wrong.id, wrong.login.expose_secret(), 21).is_ok(), "the login is not locked by it");
    assert_eq!(world.count("gate.lock"), 1);
});
