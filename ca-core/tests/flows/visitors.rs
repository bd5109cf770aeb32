//! The address that a refused visitor came from stands in the audit, under its hash chain; nobody else's does.
use std::net::IpAddr;

use ca_core::domain::password::PasswordAgeing;
use ca_core::domain::portal_admission::Refusal;
use ca_core::flow::judge_certificate::Presented;
use ca_core::flow::log_in::{LogIn, log_in};
use ca_core::flow::log_in_operator::{LogInOperator, ShownCertificate, log_in_operator};
use ca_core::flow::pass_gate::{PassGate, pass_gate};
use ca_core::flow::refuse_portal::refuse_portal;
use ca_core::flow::verify_audit::{AuditVerdict, verify_audit};
use ca_core::store::StoreError;
use chrono::TimeDelta;
use secrecy::SecretString;

use crate::world::{HOST, RULES, World, at, on_both};

/// Verb and address of each entry that has one.
fn sources(world: &World) -> Vec<(String, String)> {
    let mut found = Vec::new();
    ca_core::flow::export_audit::export_audit(&world.store, 0, |entry| {
        let detail: serde_json::Value = serde_json::from_str(&entry.detail).unwrap();
        if let Some(source) = detail.get("source").and_then(|source| source.as_str()) {
            found.push((entry.act.clone(), source.to_owned()));
        }
        Ok::<_, StoreError>(())
    })
    .unwrap();
    found
}

on_both!(a_refusal_and_a_lock_name_the_address_and_a_login_does_not, world => {
    let office = world.office("2700000001");
    let wrong = SecretString::from("wrong-password");
    let log_in_from = |password: &SecretString, address: &str| {
        let source = Some(address.parse::<IpAddr>().unwrap());
        let input = LogIn { user_id: &office.id, password, rules: RULES, ageing: PasswordAgeing::DEFAULT, absolute: TimeDelta::hours(8), host: HOST, source };
        log_in(&world.store, &world.random, at(10), input)
    };
    let mut open = log_in_from(&office.login, "198.51.100.1").unwrap();
    for address in ["192.0.2.7", "2001:db8:1:2:3::4", "::ffff:192.0.2.9"] {
        log_in_from(&wrong, address).unwrap_err();
    }
    open.session.stage = ca_core::domain::session::Stage::LoggedIn;
    let account = world.account(&office.id);
    let gate = PassGate { session: &open.session, account: &account, password: &wrong, rules: RULES, absolute: TimeDelta::hours(8), source: Some([192, 0, 2, 10].into()) };
    assert!(pass_gate(&world.store, &world.random, at(11), gate).is_err());
    let operator = world.operator("suzuki");
    let shown = ShownCertificate { serial: operator.certificate_serial.unwrap(), spki_sha256: "ab".into() };
    let at_console = LogInOperator { name: "suzuki", password: &wrong, shown: &shown, rules: RULES, absolute: TimeDelta::hours(8), source: Some([192, 0, 2, 11].into()) };
    log_in_operator(&world.store, &world.random, at(12), at_console).unwrap_err();
    refuse_portal(&world.store, at(13), Refusal::Unknown, &Presented::Nothing, Some([192, 0, 2, 12].into())).unwrap();
    let expected = [
        ("login.refuse", "192.0.2.7"),
        ("login.refuse", "2001:db8:1:2:3::4"),
        ("login.lock", "192.0.2.9"),
        ("gate.refuse", "192.0.2.10"),
        ("operator-login.refuse", "192.0.2.11"),
        ("portal-login.refuse", "192.0.2.12"),
    ];
    assert_eq!(sources(&world), expected.map(|(act, source)| (act.to_owned(), source.to_owned())));
    assert!(matches!(verify_audit(&world.store).unwrap(), AuditVerdict::Whole { .. }));
    world.sql("UPDATE audit SET detail = REPLACE(detail, '192.0.2.7', '192.0.2.8')");
    assert!(!matches!(verify_audit(&world.store).unwrap(), AuditVerdict::Whole { .. }), "the chain covers it");
});
