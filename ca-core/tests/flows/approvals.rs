//! Approvals as somebody with the database's password meets them: what is written around the console never holds.
use ca_core::domain::request::{RequestId, RequestState};
use ca_core::flow::approve_requests::Decision;
use ca_core::flow::judge_approval::{Doubt, judge_approval};
use ca_core::flow::reject_requests::{Rejection, reject_requests};
use ca_core::flow::retry_request::retry_request;
use ca_core::queue::request::claim;
use ca_core::store::approval;
use ca_core::store::request::Request;

use crate::reissue::{accept, apply_from};
use crate::signing::issue;
use crate::world::{HOST, World, at, on_both};

/// Takes everything that says it is approved, and judges it as the worker does.
fn judged(world: &World, seconds: i64) -> Vec<(RequestId, Option<Doubt>)> {
    let claimed = claim(&world.store, "w1", at(seconds + 60), 100, at(seconds)).unwrap();
    let judge = |one: &ca_core::queue::request::Claimed| {
        let (request, account) = (&one.request, &one.account);
        judge_approval(
            &world.approval_key,
            request,
            account,
            &one.evidence,
            at(seconds),
        )
        .err()
    };
    claimed
        .iter()
        .map(|one| (one.request.id.clone(), judge(one)))
        .collect()
}

fn doubt(judged: &[(RequestId, Option<Doubt>)], request: &Request) -> Option<Doubt> {
    let own = judged.iter().find(|(id, _)| *id == request.id);
    own.expect("it was claimed").1.clone()
}

fn has_approval(world: &World, request: &Request) -> bool {
    let found = world.store.read(|db| approval::find(db, &request.id));
    found.unwrap().is_some()
}

on_both!(only_what_the_console_wrote_about_this_very_request_holds, world => {
    let operator = world.operator("suzuki");
    world.operator("tanaka");
    let honest = world.pending("2700000001");
    world.approve(&operator, &honest, 30);
    let of = format!("approval WHERE request_id = '{}'", honest.id);
    let cases: [(&str, String, Doubt); 13] = [
        ("no code", "UPDATE approval SET mac = '' WHERE request_id = '{id}'".into(), Doubt::NoCode),
        ("a made-up code", format!("UPDATE approval SET mac = '{}' WHERE request_id = '{{id}}'", "0".repeat(64)), Doubt::Forged),
        ("a code that is no hex", "UPDATE approval SET mac = 'yes' WHERE request_id = '{id}'".into(), Doubt::Forged),
        ("another's code", format!("UPDATE approval SET mac = (SELECT mac FROM {of}) WHERE request_id = '{{id}}'"), Doubt::Forged),
        ("another's approval", format!("UPDATE approval SET digest = (SELECT digest FROM {of}), mac = (SELECT mac FROM {of}) WHERE request_id = '{{id}}'"), Doubt::Changed),
        ("another time", "UPDATE approval SET approved_at = approved_at + 1 WHERE request_id = '{id}'".into(), Doubt::Forged),
        ("another operator", "UPDATE approval SET operator_id = (SELECT id FROM operator WHERE name = 'tanaka') WHERE request_id = '{id}'".into(), Doubt::Forged),
        ("no approval", "DELETE FROM approval WHERE request_id = '{id}'".into(), Doubt::NoApproval),
        ("another subject", "UPDATE request SET subject = 'CN=KJ2700000099' WHERE id = '{id}'".into(), Doubt::Changed),
        ("another kind", "UPDATE request SET kind = 'renewal' WHERE id = '{id}'".into(), Doubt::Changed),
        ("another profile", "UPDATE request SET profile = 'operator' WHERE id = '{id}'".into(), Doubt::Changed),
        ("another password", format!("UPDATE request SET sealed_password = (SELECT r.sealed_password FROM request r WHERE r.id = '{}') WHERE id = '{{id}}'", honest.id), Doubt::Changed),
        ("another account", "UPDATE account SET user_id = 'KJ2799999999' WHERE id = {account}".into(), Doubt::Changed),
    ];
    let mut hostile = Vec::new();
    for (number, (what, sql, expected)) in cases.into_iter().enumerate() {
        let request = world.pending(&format!("27000001{number:02}"));
        world.approve(&operator, &request, 31);
        world.sql(&sql.replace("{id}", request.id.as_str()).replace("{account}", &request.account_id.to_string()));
        hostile.push((what, request, expected));
    }
    let forced = world.pending("2700000300");
    world.sql(&format!("UPDATE request SET state = 'approved' WHERE id = '{}'", forced.id));
    hostile.push(("a state alone", forced, Doubt::NoApproval));
    let judged = judged(&world, 40);
    for (what, request, expected) in hostile {
        assert_eq!(doubt(&judged, &request), Some(expected), "{what}");
    }
    assert_eq!(doubt(&judged, &honest), None);
});

/// The doubt about an operator of that name.
type OfOperator = fn(String) -> Doubt;

on_both!(an_approval_falls_with_its_operator, world => {
    let certificate = "UPDATE certificate SET {} WHERE serial = (SELECT certificate_serial FROM operator WHERE name = '{name}')";
    let ended = certificate.replace("{}", &format!("not_after = {}", at(35).timestamp_millis()));
    let cases: [(&str, String, OfOperator); 11] = [
        ("disabled", "UPDATE operator SET status = 'disabled' WHERE name = '{name}'".into(), Doubt::Disabled),
        ("unreadable", "UPDATE operator SET status = 'root' WHERE name = '{name}'".into(), |_| Doubt::NoOperator),
        ("renamed", "UPDATE operator SET name = 'other' WHERE name = '{name}'".into(), |_| Doubt::Forged),
        ("owner", "UPDATE operator SET own_user_id = (SELECT user_id FROM account WHERE id = {account}) WHERE name = '{name}'".into(), Doubt::Partial),
        ("registrar", "UPDATE account SET registered_by = '{name}' WHERE id = {account}".into(), Doubt::Partial),
        ("revoked", certificate.replace("{}", "status = 'revoked'"), Doubt::Certificate),
        ("held", certificate.replace("{}", "status = 'held'"), Doubt::Certificate),
        ("damaged", certificate.replace("{}", "status = 'fine'"), Doubt::Certificate),
        ("for something else", certificate.replace("{}", "purpose = 'client'"), Doubt::Certificate),
        ("over", ended, Doubt::Certificate),
        ("another key", "UPDATE operator SET certificate_spki_sha256 = 'ff' WHERE name = '{name}'".into(), Doubt::Certificate),
    ];
    let mut hostile = Vec::new();
    for (number, (what, sql, expected)) in cases.into_iter().enumerate() {
        let name = format!("operator-{number}");
        let operator = world.operator(&name);
        let request = world.pending(&format!("27000001{number:02}"));
        world.approve(&operator, &request, 30);
        world.sql(&sql.replace("{name}", &name).replace("{account}", &request.account_id.to_string()));
        hostile.push((what, request, expected(name)));
    }
    let judged = judged(&world, 40);
    for (what, request, expected) in hostile {
        assert_eq!(doubt(&judged, &request), Some(expected), "{what}");
    }
});

/// Puts requests and approvals back as they were when they were kept.
const PUT_BACK: &str = "DELETE FROM approval; INSERT INTO approval SELECT * FROM kept_approval;
    UPDATE request SET state = 'approved', attempts = 0, sealed_password = (SELECT k.sealed_password FROM kept_request k WHERE k.id = request.id)";
const KEEP: &str = "CREATE TABLE kept_request AS SELECT * FROM request; CREATE TABLE kept_approval AS SELECT * FROM approval";

on_both!(an_old_approval_is_not_good_for_a_second_certificate, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    world.sql(KEEP);
    issue(&world, &request, 40);
    world.sql(PUT_BACK);
    assert_eq!(judged(&world, 50), [(request.id.clone(), Some(Doubt::Ended))]);
    // Even with the certificate and its intent out of the way: the audit remembers.
    world.sql("DELETE FROM ocsp_answer; DELETE FROM certificate WHERE purpose = 'client'; DELETE FROM intent WHERE purpose = 'client'");
    world.sql(PUT_BACK);
    assert_eq!(judged(&world, 60), [(request.id.clone(), Some(Doubt::Ended))]);
});

on_both!(an_accepted_reissue_takes_the_approval_away_and_it_cannot_be_put_back, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    world.sql(KEEP);
    let applied = apply_from(&world, "KJ2700000001", "192.0.2.1", 40).unwrap();
    accept(&world, &operator, &applied, 50);
    assert_eq!(world.request(&request.id).state, RequestState::Withdrawn);
    assert!(!has_approval(&world, &request));
    world.sql(PUT_BACK);
    assert_eq!(judged(&world, 60), [(request.id.clone(), Some(Doubt::Ended))]);
});

on_both!(a_failed_request_goes_back_to_whom_its_approval_says, world => {
    let operator = world.operator("suzuki");
    let (sound, forged) = (world.pending("2700000001"), world.pending("2700000002"));
    for request in [&sound, &forged] {
        world.approve(&operator, request, 30);
    }
    world.sql(&format!("UPDATE approval SET mac = '' WHERE request_id = '{}'", forged.id));
    world.sql("UPDATE request SET state = 'failed', attempts = 3");
    let retry = |request: &Request, seconds| {
        retry_request(&world.store, &world.approval_key, at(seconds), &operator, &request.id).unwrap()
    };
    assert_eq!(retry(&sound, 40), Decision::Done);
    assert_eq!(retry(&forged, 41), Decision::AskedAgain);
    assert_eq!(world.request(&sound.id).state, RequestState::Approved);
    let again = world.request(&forged.id);
    assert_eq!((again.state, again.attempts), (RequestState::Pending, 0));
    assert!(has_approval(&world, &sound) && !has_approval(&world, &forged));
    assert_eq!((world.count("request.retry"), world.count("request.ask-again")), (1, 1));
    world.approve(&operator, &again, 50);
    assert!(judged(&world, 60).iter().all(|(_, doubt)| doubt.is_none()));
});

on_both!(a_rejection_takes_the_approval_away, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.approve(&operator, &request, 30);
    world.sql("UPDATE request SET state = 'failed'");
    let rejection = Rejection { reason: "取り違え", host: HOST };
    let ids = std::slice::from_ref(&request.id);
    reject_requests(&world.store, &world.random, at(40), &operator, ids, rejection).unwrap();
    assert!(!has_approval(&world, &request));
});

on_both!(an_approval_that_lies_there_already_does_not_hinder_the_operator, world => {
    let operator = world.operator("suzuki");
    let request = world.pending("2700000001");
    world.sql(&format!(
        "INSERT INTO approval (request_id, operator_id, approved_at, digest) VALUES ('{}', {}, 0, 'x')",
        request.id, operator.id
    ));
    world.approve(&operator, &request, 30);
    assert_eq!(judged(&world, 40), [(request.id.clone(), None)]);
});
