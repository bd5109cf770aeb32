//! What an operator's yes and no do, and when there is none.

use inkan_tests::database::Engine;
use inkan_tests::mail::Mail;
use inkan_tests::operator::{Operator, picked};
use inkan_tests::service::Service;

#[test]
fn a_rejection_tells_the_applicant_why() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    office.apply_first();
    let reason = "登録の住所が変わっています。先に住所変更の届出をしてください。";
    service
        .operator("suzuki")
        .reject_all(reason)
        .shows(&["却下しました"]);
    office
        .visitor
        .open("/service/certificates")
        .shows(&["申請は承認されませんでした", reason]);
    service.work_once().ok();
    let mails = service.mails();
    assert_eq!(mails.len(), 1);
    let mail = Mail::of(&mails[0]);
    let plain = inkan_tests::letter::solid(&mail.text);
    assert!(
        plain.contains(&inkan_tests::letter::solid(reason)),
        "{}",
        mail.text
    );
    let mut sql = service.database.connect();
    assert_eq!(
        sql.count("request WHERE state = 'rejected' AND sealed_password IS NULL"),
        1
    );
    assert_eq!(sql.count("certificate WHERE purpose = 'client'"), 0);
}

#[test]
fn nobody_decides_about_an_account_that_is_theirs() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    service.office("KJ2700000001").apply_first();
    let id = service
        .database
        .connect()
        .lines("SELECT id AS line FROM request")
        .remove(0);
    // `sato` registered it, `kato` owns it.
    let barred = [
        service.operator("sato"),
        Operator::add_with(&service, "kato", &["--user-id", "KJ2700000001"]),
    ];
    for operator in barred {
        let visitor = operator.signed_in();
        let queue = visitor.open("/console/requests").shows(&["承認できません"]);
        assert!(
            queue.attributes("input[type=checkbox]", "value").is_empty(),
            "nothing to tick"
        );
        let page = visitor.open(&format!("/console/requests/{id}"));
        assert!(
            !page.has_button("承認する") && !page.has_button("却下する"),
            "{}",
            page.text()
        );
    }
    // What another operator's page would send, sent by the one who may not.
    let suzuki = service.operator("suzuki");
    let fields = picked(&suzuki.signed_in().open("/console/requests"), "承認する").fields;
    let chosen = fields
        .iter()
        .find(|(name, _)| name == "chosen[]")
        .expect("a box")
        .1
        .clone();
    let visitor = service.again("sato").signed_in();
    let form = visitor.open("/console/requests").form("承認する");
    let answer = form.add("chosen[]", &chosen).send(&visitor);
    assert!(
        answer.text().contains("この利用者を登録したのはあなたです"),
        "{}",
        answer.text()
    );
    assert_eq!(service.database.connect().count("approval"), 0);
}

#[test]
fn what_changed_after_it_was_shown_is_not_approved() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    service.office("KJ2700000001").apply_first();
    let suzuki = service.operator("suzuki");
    let visitor = suzuki.signed_in();
    let form = picked(&visitor.open("/console/requests"), "承認する");
    service
        .database
        .connect()
        .run("UPDATE request SET subject = replace(subject, 'KJ2700000001', 'KJ2799999999')");
    let answer = form.send(&visitor);
    assert!(
        answer.text().contains("表示したあとで内容が変わりました"),
        "{}",
        answer.text()
    );
    assert_eq!(service.database.connect().count("approval"), 0);
}

#[test]
fn many_are_approved_at_once_and_twice_is_once() {
    let mut service = Service::set_up(Engine::Postgres);
    let _site = service.start_site();
    for user_id in ["KJ2700000001", "HJ2700000002", "HD2700000003"] {
        service.office(user_id).apply_first();
    }
    let suzuki = service.operator("suzuki");
    let visitor = suzuki.signed_in();
    let form = picked(&visitor.open("/console/requests"), "承認する");
    form.send(&visitor).shows(&["3 件を承認しました"]);
    let again = form.send(&visitor);
    assert!(again.text().contains("すでに"), "{}", again.text());
    let mut sql = service.database.connect();
    assert_eq!(sql.count("approval"), 3);
    assert_eq!(
        sql.count("audit WHERE act = 'request.approve' AND actor = 'operator:suzuki'"),
        3
    );
}

#[test]
fn a_row_that_cannot_be_read_is_named_and_the_others_are_decided() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let mut service = Service::set_up(engine);
        let _site = service.start_site();
        for mut office in service.offices(3) {
            office.apply_first();
        }
        let mut sql = service.database.connect();
        let query = "SELECT id AS line FROM request ORDER BY submitted_at";
        let damaged = sql.lines(query).remove(1);
        sql.run(&format!(
            "UPDATE request SET kind = 'evil' WHERE id = '{damaged}'"
        ));
        let suzuki = service.operator("suzuki");
        let desk = suzuki.signed_in();
        let queue = desk.open("/console/requests");
        let queue = queue.shows(&["読み取れない記録があります", &damaged, "audit verify"]);
        let boxes = queue.attributes("input[type=checkbox]", "value");
        assert_eq!(boxes.len(), 2, "{}", queue.text());
        desk.open("/console").shows(&["概況"]);
        let listed = service.cli(&["queue", "list"]).ok();
        assert!(listed.out.contains("2 of 3 requests"), "{listed:?}");
        assert!(listed.err.contains(&damaged), "{listed:?}");
        picked(&queue, "承認する").send(&desk);
        assert_eq!(sql.count("request WHERE state = 'approved'"), 2);
    }
}
