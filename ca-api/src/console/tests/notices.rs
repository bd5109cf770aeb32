//! Notices and changes of mail addresses in the console: written, checked, published, taken back; agreed to, refused.

use ca_core::domain::random::OsRandom;
use ca_core::flow::Postmark;
use ca_core::flow::ask_address_change::ask_address_change;
use ca_core::store::{address_change, notice};

use super::browser::Browser;
use super::desk::Desk;
use super::gallery::{browser, check};
use crate::stage::morning;

const FORM: [(&str, &str); 6] = [
    ("title", "年末年始の受付について"),
    ("readers", "everybody"),
    ("user_id", ""),
    ("from", ""),
    ("until", "2026-12-31"),
    (
        "body_text",
        "受付は12月28日までです。\r\n\r\nhttps://localhost:8443/help をご覧ください。\r\n<b>https://evil.example/</b>",
    ),
];

/// The form with some fields typed otherwise.
fn typed<'a>(other: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let of = |name: &str| other.iter().find(|(own, _)| *own == name);
    let field =
        |(name, value): &(&'static str, &'static str)| *of(name).unwrap_or(&(*name, *value));
    FORM.iter().map(field).collect()
}

/// The key that a look at the notice carries.
fn form_key(page: &str) -> &str {
    let (_, rest) = page.split_once("name=\"form_key\" value=\"").unwrap();
    rest.split_once('"').unwrap().0
}

fn published(desk: &Desk) -> i64 {
    desk.store()
        .read(|db| notice::list(db, 0, 9))
        .unwrap()
        .total
}

fn ask(desk: &Desk, user_id: &str, by: &str) -> String {
    let account = desk.account_row(&desk.account(user_id, "さくら介護センター", by));
    let postmark = Postmark {
        random: &OsRandom,
        host: "localhost",
    };
    let asked = ask_address_change(
        desk.store(),
        postmark,
        morning(),
        account.id,
        "new@example.jp",
    );
    asked.unwrap().id
}

#[actix_web::test]
async fn a_notice_is_written_checked_published_and_taken_back() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let mut browser = browser(&desk, &suzuki, tag).await;
        check("notices-none", tag, &browser.get("/console/notices").await);
        check(
            "notice-form",
            tag,
            &browser.get("/console/notices/new").await,
        );
        let preview = browser.post("/console/notices/check", &FORM).await;
        check("notice-check", tag, &preview);
        let link = "<a href=\"https://localhost:8443/help\">";
        assert!(
            preview.body.contains(link) && !preview.body.contains("<b>"),
            "{}",
            preview.body
        );
        assert!(
            !preview.body.contains("href=\"https://evil"),
            "{}",
            preview.body
        );
        assert_eq!(published(&desk), 0, "a look publishes nothing");
        let rewrite = typed(&[])
            .into_iter()
            .chain([("rewrite", "1")])
            .collect::<Vec<_>>();
        let again = browser.post("/console/notices", &rewrite).await;
        assert!(again.status == 200 && again.body.contains("年末年始の受付について"));
        let unseen = browser.post("/console/notices", &FORM).await;
        assert_eq!(
            (unseen.status, published(&desk)),
            (200, 0),
            "looked at first"
        );
        let key = form_key(&preview.body);
        let sent = typed(&[]).into_iter().chain([("form_key", key)]);
        let sent: Vec<_> = sent.collect();
        let done = browser.post("/console/notices", &sent).await;
        let place = done.location.expect("the notice's page");
        let twice = browser.post("/console/notices", &sent).await;
        assert_eq!(twice.location.as_ref(), Some(&place), "a double click");
        assert_eq!(published(&desk), 1);
        let shown = browser.get(&place).await;
        check("notice-shown", tag, &shown);
        check("notices-one", tag, &browser.get("/console/notices").await);
        let gone = browser.post(&format!("{place}/withdraw"), &[]).await;
        assert_eq!(gone.location.as_deref(), Some(place.as_str()));
        let withdrawn = browser.get(&place).await;
        check("notice-withdrawn", tag, &withdrawn);
        assert!(
            !withdrawn.body.contains("/withdraw\""),
            "{}",
            withdrawn.body
        );
    }
}

#[actix_web::test]
async fn what_is_wrong_with_a_notice_is_said_beside_its_field() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let (long, huge) = ("あ".repeat(61), "あ".repeat(4_001));
    browser.get("/console/notices/new").await;
    for (field, value) in [
        ("title", ""),
        ("title", long.as_str()),
        ("title", "a\u{202E}b"),
        ("title", "a\r\nBcc: x@example.jp"),
        ("readers", ""),
        ("readers", "XX"),
        ("from", "2026-02-30"),
        ("from", "2020-01-01"),
        ("until", "2026-11-24"),
        ("until", "99999-99-99"),
        ("body_text", ""),
        ("body_text", "a\u{0}b"),
        ("body_text", huge.as_str()),
    ] {
        for path in ["/console/notices/check", "/console/notices"] {
            let wrong = typed(&[(field, value)]).into_iter();
            let wrong: Vec<_> = wrong.chain([("form_key", "k")]).collect();
            let reply = browser.post(path, &wrong).await;
            assert_eq!(reply.status, 422, "{field} {value:?}");
            let beside = format!("id=\"{field}-wrong\"");
            assert!(
                reply.body.contains(&beside),
                "{field} {value:?}: {}",
                reply.body
            );
        }
    }
    for user_id in ["", "KJ2799999999", "nonsense", "'; DROP TABLE notice; --"] {
        let one = typed(&[("readers", "account"), ("user_id", user_id)]);
        let reply = browser.post("/console/notices/check", &one).await;
        assert!(
            reply.status == 422 && reply.body.contains("id=\"user_id-wrong\""),
            "{user_id}"
        );
    }
    check(
        "notice-wrong",
        "ja",
        &browser.post("/console/notices/check", &[]).await,
    );
    assert_eq!(published(&desk), 0);
}

#[actix_web::test]
async fn huge_doubled_and_unknown_things_are_refused() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get("/console/notices/new").await;
    let huge = "a".repeat(5_001);
    let reply = browser
        .post("/console/notices/check", &typed(&[("body_text", &huge)]))
        .await;
    assert_eq!(reply.status, 413);
    browser.get("/console/notices/new").await;
    let doubled = [("title", "a"), ("title", "b")];
    assert_eq!(
        browser
            .post("/console/notices/check", &doubled)
            .await
            .status,
        400
    );
    for id in ["0", "-1", "99", "9223372036854775808", "x", "1%27"] {
        let path = format!("/console/notices/{id}");
        assert_eq!(browser.get(&path).await.status, 404, "{id}");
        browser.get("/console/notices/new").await;
        let gone = browser.post(&format!("{path}/withdraw"), &[]).await;
        assert_eq!(gone.status, 404, "{id}");
    }
    assert_eq!(
        browser.get("/console/notices?page=1&page=2").await.status,
        400
    );
    assert_eq!(browser.get("/console/notices?page=-7").await.status, 200);
}

#[actix_web::test]
async fn a_notice_for_one_class_or_one_office_names_them() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら介護センター", "sato");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    for (readers, user_id, named) in [
        ("KJ", "", "介護事業所"),
        ("account", "ＫＪ 2700000001", "KJ2700000001"),
    ] {
        browser.get("/console/notices/new").await;
        let form = typed(&[("readers", readers), ("user_id", user_id)]);
        let form: Vec<_> = form.into_iter().chain([("form_key", readers)]).collect();
        let sent = browser.post("/console/notices", &form).await;
        let place = sent.location.unwrap();
        let shown = browser.get(&place).await;
        assert!(shown.body.contains(named), "{}", shown.body);
    }
    assert_eq!(published(&desk), 2);
}

#[actix_web::test]
async fn changes_of_addresses_are_agreed_to_or_refused_by_somebody_else() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let mut browser = browser(&desk, &suzuki, tag).await;
        check(
            "addresses-none",
            tag,
            &browser.get("/console/addresses").await,
        );
        let own = ask(&desk, "KJ2700000002", "suzuki");
        let (one, other) = (
            ask(&desk, "KJ2700000001", "sato"),
            ask(&desk, "KJ2700000003", "sato"),
        );
        let list = browser.get("/console/addresses").await;
        check("addresses-some", tag, &list);
        assert!(
            !list.body.contains(&own),
            "no buttons for an account registered by oneself"
        );
        for (id, decision, status) in [
            (one.as_str(), "confirm", 200),
            (other.as_str(), "reject", 200),
            (other.as_str(), "confirm", 409),
            (own.as_str(), "confirm", 409),
            ("nonsense", "reject", 409),
            (one.as_str(), "sideways", 400),
        ] {
            browser.get("/console/addresses").await;
            let path = format!("/console/addresses/{id}");
            let reply = browser.post(&path, &[("decision", decision)]).await;
            assert_eq!(reply.status, status, "{decision} {id}: {}", reply.body);
            if status == 409 && id == own {
                check("addresses-refused", tag, &reply);
            }
        }
        let left = desk
            .store()
            .read(|db| address_change::list_waiting(db, morning(), 0, 9));
        assert_eq!(
            left.unwrap().total,
            2,
            "the agreed one waits for its code, the own one for somebody else"
        );
    }
}
