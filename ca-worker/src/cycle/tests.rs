//! The cycle on SQLite: what ends issued, what is never signed, and what survives a dead worker.
mod approval;
mod crash;
mod hours;
mod journal;
mod notice;
mod refusal;
mod renewal;
mod world;

use ca_core::domain::certificate::{IntentState, MailState};
use ca_core::domain::mail::MailKind;
use ca_core::domain::request::RequestState;
use ca_core::flow::verify_audit::AuditVerdict;
use ca_core::store::{intent, outbox};
use openssl::pkcs12::Pkcs12;

use crate::run::run_once;
use world::{PASSWORD, World};

#[test]
fn an_approved_request_ends_issued_with_everything_that_belongs_to_it() {
    let world = World::new();
    let asked = world.approved(2_700_000_001);
    let report = run_once(&world.worker());
    assert!(report.is_clean(), "{report:?}");
    assert_eq!(report.batch.issued, std::slice::from_ref(&asked.request.id));

    let request = world.request(&asked.request.id);
    assert_eq!(request.state, RequestState::Issued);
    assert!(
        request.sealed_password.is_none(),
        "the sealed password goes (I5)"
    );
    let [certificate] = world.certificates(&asked).try_into().unwrap();
    let opened = Pkcs12::from_der(certificate.pkcs12.as_ref().unwrap())
        .unwrap()
        .parse2(PASSWORD)
        .unwrap();
    let leaf = opened.cert.unwrap();
    assert_eq!(leaf.to_der().unwrap(), certificate.certificate_der);
    assert!(opened.pkey.unwrap().public_eq(&leaf.public_key().unwrap()));
    assert_eq!(opened.ca.unwrap()[0].to_der().unwrap(), world.root());

    let intent = world
        .store
        .read(|db| intent::find(db, certificate.serial))
        .unwrap()
        .unwrap();
    assert_eq!(intent.state, IntentState::Issued);
    assert_eq!(
        world.signed(),
        [intent.tbs_sha256],
        "every signature has its intent (I2)"
    );
    let mails = world
        .store
        .read(|db| outbox::list(db, MailState::Sent))
        .unwrap();
    assert_eq!((mails.len(), world.letters().len()), (1, 1));
    assert_eq!(
        (mails[0].kind, mails[0].to_address.as_str()),
        (MailKind::CertificateReady, "office@example.jp")
    );
    assert_eq!(mails[0].facts().unwrap().until, Some(certificate.not_after));
    assert_eq!(
        world.acts().last().map(String::as_str),
        Some("certificate.issue")
    );
}

#[test]
fn nothing_to_do_is_nothing_done() {
    let world = World::new();
    let pending = world.pending(2_700_000_001, PASSWORD);
    let report = run_once(&world.worker());
    assert!(report.is_clean() && report.may_rest());
    assert_eq!(
        world.request(&pending.request.id).state,
        RequestState::Pending
    );
    assert!(world.signed().is_empty());
}

#[test]
fn an_office_without_a_mail_address_gets_no_mail_and_everything_else() {
    use ca_core::domain::random::OsRandom;
    use ca_core::domain::request::RequestId;
    use ca_core::domain::time::Clock;
    let world = World::new();
    let other = world.pending(1, PASSWORD);
    let account = world.account(2_700_000_002, None);
    let id = RequestId::draw(world.clock.now(), &OsRandom);
    let key = world
        .store
        .read(ca_core::store::authority::current_sealing_key)
        .unwrap()
        .unwrap();
    let sealed =
        ca_core::domain::seal::seal(&PASSWORD.into(), &key, &id, &account.user_id).unwrap();
    let subject = world.subject(&account);
    let asked = world.ask(account, &id, &subject, &sealed);
    world.approve(&asked);
    assert_eq!(
        run_once(&world.worker()).batch.issued,
        std::slice::from_ref(&asked.request.id)
    );
    assert!(
        world
            .store
            .read(|db| outbox::list(db, MailState::Sent))
            .unwrap()
            .is_empty()
    );
    assert_eq!(world.certificates(&asked).len(), 1);
    assert!(world.certificates(&other).is_empty());
}

#[test]
fn batches_follow_each_other_and_two_workers_share_without_doubles() {
    let world = World::new();
    let all: Vec<_> = (1..=25).map(|number| world.approved(number)).collect();
    let mut workers = [world.worker(), world.worker()];
    for worker in &mut workers {
        worker.settings.batch = 4;
    }
    std::thread::scope(|scope| {
        for worker in &workers {
            scope.spawn(|| while !run_once(worker).may_rest() {});
        }
    });
    assert_eq!(world.signed().len(), 25);
    for asked in &all {
        assert_eq!(
            world.certificates(asked).len(),
            1,
            "exactly one certificate per request (I1)"
        );
        assert_eq!(world.request(&asked.request.id).state, RequestState::Issued);
    }
    let verdict = ca_core::flow::verify_audit::verify_audit(&world.store).unwrap();
    assert!(matches!(verdict, AuditVerdict::Whole { .. }), "{verdict:?}");
}

#[test]
fn a_round_goes_on_while_the_queue_fills_a_batch() {
    let world = World::new();
    let all: Vec<_> = (1..=11).map(|number| world.approved(number)).collect();
    let mut worker = world.worker();
    (worker.settings.batch, worker.settings.jobs) = (2, 2);
    let report = run_once(&worker);
    assert_eq!(
        (report.batch.claimed, report.batch.issued.len()),
        (11, 11),
        "4 for both, and then 2, 2, 2 and 1"
    );
    for asked in &all {
        assert_eq!(world.certificates(asked).len(), 1);
    }
    assert_eq!(world.signed().len(), 11);
}

#[test]
fn the_document_and_the_code_count_the_same_steps() {
    let document = include_str!("../../../docs/issuance-cycle.md");
    for (step, title, source) in [
        ("3, claim", "3. **Claim**", include_str!("claim.rs")),
        ("4, prepare", "4. **Prepare**", include_str!("prepare.rs")),
        (
            "5, record intent",
            "5. **Record intent**",
            include_str!("intend.rs"),
        ),
        ("6, sign", "6. **Sign**", include_str!("finish.rs")),
        ("7, pack", "7. **Pack**", include_str!("finish.rs")),
        (
            "8, record issued",
            "8. **Record issued**",
            include_str!("record.rs"),
        ),
        ("9, notify", "9. **Notify**", include_str!("../mail.rs")),
        ("10, recover", "10. **Recover**", include_str!("recover.rs")),
    ] {
        assert!(document.contains(title), "the document lacks {title}");
        assert!(
            source.contains(&format!("Step {step}")),
            "the code lacks step {step}"
        );
    }
}
