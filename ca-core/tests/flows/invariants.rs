//! The invariants: a history without faults breaks none, and each kind of damage is found and named.
use ca_core::domain::certificate::Purpose;
use ca_core::domain::revocation::{RevocationReason, Selection};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::check_invariants::check_invariants;
use ca_core::flow::order_revocation::Order;
use ca_core::flow::record_certificate::record_certificate;
use ca_core::flow::record_intents::record_intents;
use ca_core::flow::recover::recover;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::request::Request;
use chrono::DateTime;

use crate::revocation::order;
use crate::signing::{intend, issue};
use crate::world::{World, certificate, intent, on_both, worker};

/// What three requests came to: a certificate, a revoked one, a serial that was given up.
struct History {
    whole: (Request, SerialNumber),
    revoked: (Request, SerialNumber),
    lapsed: Request,
}

fn history(world: &World) -> History {
    let operator = world.operator("suzuki");
    let next = |digits: &str| {
        let request = world.pending(digits);
        world.approve(&operator, &request, 30);
        request
    };
    let whole = next("2700000001");
    let first = issue(world, &whole, 40);
    let revoked = next("2700000002");
    let second = issue(world, &revoked, 50);
    let revoke = Order::Revoke(RevocationReason::KeyCompromise);
    order(world, &Selection::of(&[second]), revoke, 60);
    let lapsed = next("2700000003");
    intend(world, &lapsed, 70);
    let recovered = recover(&world.store, &worker(1_000), 3).unwrap();
    assert_eq!(recovered.abandoned.len(), 1);
    History {
        whole: (whole, first),
        revoked: (revoked, second),
        lapsed,
    }
}

fn findings(world: &World) -> Vec<&'static str> {
    let breaches = check_invariants(&world.store).unwrap();
    breaches.iter().map(|breach| breach.finding).collect()
}

on_both!(a_history_without_faults_breaks_none, world => {
    history(&world);
    assert_eq!(check_invariants(&world.store).unwrap(), []);
});

on_both!(a_serial_that_was_drawn_for_no_request_is_given_up_after_an_hour, world => {
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &world.random);
    let drawn = Intent {
        purpose: Purpose::Ocsp,
        request_id: None,
        ..intent(serial, &world.pending("2700000001"), 100)
    };
    record_intents(&world.store, "w1", vec![drawn]).unwrap();
    let recovered = |seconds| recover(&world.store, &worker(seconds), 3).unwrap().abandoned;
    assert_eq!(recovered(3_600), [], "it may still be made");
    assert_eq!(recovered(3_701), [serial]);
    assert_eq!(recovered(3_702), []);
    assert_eq!(world.count("certificate.abandon"), 1);
    let late = Certificate {
        purpose: Purpose::Ocsp,
        request_id: None,
        account_id: None,
        ..certificate(serial, &world.pending("2700000002"), 3_703)
    };
    let refused = record_certificate(&world.store, &worker(3_703), &late).unwrap_err();
    assert!(refused.to_string().contains("an open intent"), "{refused}");
    assert_eq!(check_invariants(&world.store).unwrap(), []);
});

/// Damage as SQL, and words of what must be found then. It stays: what comes later is damaged further.
fn damages(history: &History) -> Vec<(String, &'static str)> {
    let (whole, first) = (&history.whole.0.id, history.whole.1);
    let (revoked, second) = (&history.revoked.0.id, history.revoked.1);
    let lapsed = &history.lapsed.id;
    vec![
        (format!("UPDATE outbox SET message_id = 'none' WHERE message_id LIKE '{first}%'"), "is not in the outbox"),
        (format!("UPDATE request SET sealed_password = (SELECT certificate_der FROM certificate WHERE serial = '{first}') WHERE id = '{whole}'"), "sealed password is still there"),
        (format!("UPDATE request SET lease_owner = 'w9' WHERE id = '{whole}'"), "lease do not fit"),
        (format!("UPDATE request SET fence = fence + 1 WHERE id = '{whole}'"), "a claim that was lost"),
        ("UPDATE authority SET revocation_sequence = revocation_sequence + 1".into(), "have gaps"),
        ("INSERT INTO crl (generation, number, this_update, next_update, covered, regular_at, regular_covered, entries, sha256) \
          VALUES (1, 999, 0, 0, 0, 0, 0, 0, 'ab')".into(), "never drawn"),
        (format!("UPDATE certificate SET pkcs12 = NULL WHERE serial = '{first}'"), "has no PKCS#12"),
        (format!("UPDATE certificate SET pkcs12 = certificate_der WHERE serial = '{second}'"), "and the file is there"),
        (format!("UPDATE certificate SET status = 'valid' WHERE serial = '{second}'"), "does not say so"),
        (format!("UPDATE certificate SET status = 'revoked' WHERE serial = '{first}'"), "is revoked or suspended"),
        ("UPDATE revocation SET serial = '00' WHERE event = 'abandoned'".into(), "the serial was abandoned"),
        (format!("UPDATE revocation SET serial = '{first}' WHERE event = 'abandoned'"), "abandoned and has a certificate"),
        (format!("UPDATE intent SET state = 'intended' WHERE serial = '{second}'"), "no intent that was recorded before"),
        ("UPDATE intent SET state = 'issued' WHERE state = 'abandoned'".into(), "the intent says issued"),
        (format!("UPDATE request SET state = 'issued' WHERE id = '{lapsed}'"), "is issued and has no certificate"),
        (format!("UPDATE request SET state = 'withdrawn' WHERE id = '{revoked}'"), "a request that is not issued"),
        (format!("UPDATE certificate SET subject = 'CN=nobody' WHERE serial = '{first}'"), "another subject or thumbprint"),
        (format!("UPDATE revocation SET at = at + 1 WHERE serial = '{second}'"), "that no list learns of"),
        ("UPDATE audit SET act = 'nothing' WHERE act = 'certificate.revoke'".into(), "tells of the revocation"),
        (format!("DELETE FROM approval WHERE request_id = '{whole}'"), "has no approval"),
        ("UPDATE audit SET act = 'request.reject' WHERE act = 'request.approve'".into(), "tells of the approval"),
        (format!("DELETE FROM certificate WHERE serial = '{second}'"), "a certificate that is not in the database"),
        ("UPDATE audit SET act = 'nothing' WHERE act = 'certificate.issue'".into(), "tells of the certificate"),
        ("UPDATE audit SET act = 'crl.publish', object = 'crl:1/999', detail = '{\"sha256\":\"cd\"}' WHERE act = 'request.reject'".into(), "another hash of the revocation list"),
        ("UPDATE audit SET detail = '{\"sha256' WHERE act = 'crl.publish'".into(), "detail cannot be read"),
        ("DELETE FROM crl".into(), "a revocation list that is not in the database"),
    ]
}

on_both!(each_kind_of_damage_is_found, world => {
    let history = history(&world);
    for (damage, words) in damages(&history) {
        let found = |findings: Vec<&str>| findings.iter().any(|finding| finding.contains(words));
        assert!(!found(findings(&world)), "{words} before it was damaged");
        world.sql(&damage);
        assert!(found(findings(&world)), "{damage}: {words} is not among {:?}", findings(&world));
    }
    assert!(findings(&world).contains(&"it was changed"), "the audit chain");
});
