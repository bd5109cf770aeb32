//! A hash follows the configured cost when its password is next typed, at every door, and never keeps anybody out.
use ca_core::domain::password::{PasswordAgeing, PasswordCost, PasswordHash};
use ca_core::domain::session::Stage;
use ca_core::flow::change_login_password::{ChangeLoginPassword, change_login_password};
use ca_core::flow::log_in::{LogIn, LoggedIn, TryError, TryRules, log_in};
use ca_core::flow::log_in_operator::{LogInOperator, ShownCertificate, log_in_operator};
use ca_core::flow::pass_gate::{PassGate, pass_gate};
use ca_core::store::operator::Operator;
use ca_core::store::{StoreError, account, operator};
use chrono::TimeDelta;
use secrecy::{ExposeSecret, SecretString};

use crate::world::{HOST, Office, RULES, World, at, on_both};

/// Rules at a cost of so many KiB; the world's own have eight.
fn at_cost(memory_kib: u32) -> TryRules {
    let cost = PasswordCost::new(memory_kib, 1);
    TryRules { cost, ..RULES }
}

fn log_in_at(world: &World, office: &Office, rules: TryRules) -> Result<LoggedIn, TryError> {
    let input = LogIn {
        user_id: &office.id,
        password: &office.login,
        rules,
        ageing: PasswordAgeing::DEFAULT,
        absolute: TimeDelta::hours(8),
        host: HOST,
        source: None,
    };
    log_in(&world.store, &world.random, at(10), input)
}

fn log_in_at_console(
    world: &World,
    operator: &Operator,
    rules: TryRules,
) -> Result<Operator, TryError> {
    let shown = ShownCertificate {
        serial: operator.certificate_serial.unwrap(),
        spki_sha256: "ab".into(),
    };
    let input = LogInOperator {
        name: &operator.name,
        password: &"Operator-Password".into(),
        shown: &shown,
        rules,
        absolute: TimeDelta::hours(8),
        source: None,
    };
    log_in_operator(&world.store, &world.random, at(10), input).map(|(_, _, operator)| operator)
}

fn operator_named(world: &World, name: &str) -> Operator {
    let found = world.store.read(|db| operator::find(db, name));
    found.unwrap().unwrap()
}

fn is_of_cost(hash: &str, memory_kib: u32, password: &SecretString) -> bool {
    let stored = PasswordHash::try_from(hash.to_owned()).unwrap();
    hash.contains(&format!("m={memory_kib},")) && stored.verify(password).unwrap()
}

on_both!(a_hash_at_another_cost_is_made_anew_at_the_next_login, world => {
    let office = world.office("2700000001");
    let before = world.account(&office.id).login_password_hash.unwrap();
    assert!(is_of_cost(&before, 8, &office.login));
    log_in_at(&world, &office, at_cost(16)).unwrap();
    let after = world.account(&office.id);
    assert!(is_of_cost(&after.login_password_hash.unwrap(), 16, &office.login));
    assert!(after.login_password_temporary, "it is still the letter's password");
    assert!(log_in_at(&world, &office, at_cost(16)).is_ok());
});

on_both!(the_gates_hash_follows_too, world => {
    let office = world.office("2700000001");
    let mut open = world.log_in(&office.id, office.login.expose_secret(), 10).unwrap();
    open.session.stage = Stage::LoggedIn;
    let account = world.account(&office.id);
    let input = PassGate { session: &open.session, account: &account, password: &office.issuance, rules: at_cost(16), absolute: TimeDelta::hours(8), source: None };
    pass_gate(&world.store, &world.random, at(11), input).unwrap();
    let hash = world.account(&office.id).issuance_password_hash.unwrap();
    let plain = SecretString::from(office.issuance.expose_secret().replace([' ', '-'], ""));
    assert!(is_of_cost(&hash, 16, &plain));
});

on_both!(an_operators_hash_follows_too, world => {
    let suzuki = world.operator("suzuki");
    let password = SecretString::from("Operator-Password");
    assert!(is_of_cost(&suzuki.password_hash, 8, &password));
    log_in_at_console(&world, &suzuki, at_cost(16)).unwrap();
    assert!(is_of_cost(&operator_named(&world, "suzuki").password_hash, 16, &password));
    assert!(log_in_at_console(&world, &suzuki, at_cost(16)).is_ok());
});

on_both!(whoever_typed_the_right_password_is_let_in_though_no_hash_can_be_made, world => {
    let office = world.office("2700000001");
    let suzuki = world.operator("suzuki");
    let impossible = at_cost(1);
    let mut open = log_in_at(&world, &office, impossible).unwrap();
    log_in_at_console(&world, &suzuki, impossible).unwrap();
    open.session.stage = Stage::LoggedIn;
    let account = world.account(&office.id);
    let input = PassGate { session: &open.session, account: &account, password: &office.issuance, rules: impossible, absolute: TimeDelta::hours(8), source: None };
    pass_gate(&world.store, &world.random, at(11), input).unwrap();
    let held = world.account(&office.id).login_password_hash.unwrap();
    assert!(is_of_cost(&held, 8, &office.login), "the hash before is kept");
});

on_both!(logins_at_the_same_time_are_all_let_in_and_leave_one_good_hash, world => {
    let office = world.office("2700000001");
    let suzuki = world.operator("suzuki");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| log_in_at(&world, &office, at_cost(16)).unwrap());
            scope.spawn(|| log_in_at_console(&world, &suzuki, at_cost(16)).unwrap());
        }
    });
    assert!(is_of_cost(&world.account(&office.id).login_password_hash.unwrap(), 16, &office.login));
    let hash = operator_named(&world, "suzuki").password_hash;
    assert!(is_of_cost(&hash, 16, &"Operator-Password".into()));
});

on_both!(a_hash_that_comes_late_does_not_bring_back_the_password_before, world => {
    let office = world.office("2700000001");
    let suzuki = world.operator("suzuki");
    let (id, stale) = (world.account(&office.id).id, "$argon2id$stale");
    let written: Result<(), StoreError> = world.store.transaction(|db| {
        account::renew_login_hash(db, id, stale, "late")?;
        account::renew_issuance_hash(db, id, stale, "late")?;
        operator::renew_password_hash(db, suzuki.id, stale, "late")
    });
    written.unwrap();
    let held = world.account(&office.id);
    assert_ne!(held.login_password_hash.as_deref(), Some("late"));
    assert_ne!(held.issuance_password_hash.as_deref(), Some("late"));
    assert_ne!(operator_named(&world, "suzuki").password_hash, "late");
});

on_both!(a_login_meanwhile_does_not_undo_a_change_of_password, world => {
    let office = world.office("2700000001");
    let open = world.log_in(&office.id, office.login.expose_secret(), 10).unwrap();
    let read = world.account(&office.id);
    log_in_at(&world, &office, at_cost(16)).unwrap();
    let new = SecretString::from("Kaigo-2026-Osaka");
    let input = ChangeLoginPassword {
        session: &open.session, account: &read, current: None, new: &new, rules: at_cost(16), absolute: TimeDelta::hours(8),
    };
    change_login_password(&world.store, &world.random, at(20), input).unwrap();
    let held = world.account(&office.id).login_password_hash.unwrap();
    assert!(is_of_cost(&held, 16, &new));
});
