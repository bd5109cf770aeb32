//! Delegations in the console: entered, refused beside the field, found, ended.

use ca_core::store::delegation;

use super::browser::Browser;
use super::desk::Desk;
use super::gallery::{self, check};

const LIST: &str = "/console/delegations";

fn fields<'a>(
    office: &'a str,
    agent: &'a str,
    from: &'a str,
    to: &'a str,
) -> [(&'a str, &'a str); 4] {
    [
        ("office", office),
        ("agent", agent),
        ("from", from),
        ("to", to),
    ]
}

#[actix_web::test]
async fn a_delegation_is_entered_found_and_ended() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら介護センター", "sato");
    desk.account("HD2700000009", "代理人協会", "sato");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    assert_eq!(browser.get(LIST).await.status, 200);
    let form = fields("ＫＪ2700000001", "HD2700000009", "2026-01-01", "");
    assert_eq!(browser.post(LIST, &form).await.status, 303);
    let list = browser.get(LIST).await.body;
    assert!(
        list.contains("さくら介護センター") && list.contains("有効"),
        "{list}"
    );
    for (sought, seen) in [
        ("HD2700000009", true),
        ("KJ2700000002", false),
        ("x'--", false),
    ] {
        let found = browser.get(&format!("{LIST}?user_id={sought}")).await;
        assert_eq!(found.status, 200);
        assert_eq!(found.body.contains("さくら介護センター"), seen, "{sought}");
    }
    let held = desk.store().read(delegation::list).unwrap();
    let end = format!("{LIST}/{}/end", held.first().unwrap().id);
    let asked = browser.get(&end).await;
    assert_eq!(asked.status, 200);
    assert!(asked.body.contains("この代理を終了しますか？"));
    assert!(browser.get(LIST).await.body.contains("有効"), "asked only");
    for _ in 0..2 {
        assert_eq!(browser.post(&end, &[]).await.status, 303);
    }
    assert!(browser.get(LIST).await.body.contains("終了"));
    assert_eq!(browser.get(&end).await.status, 303, "nothing left to end");
    assert_eq!(browser.get(&format!("{LIST}/99/end")).await.status, 404);
    let held = desk.store().read(delegation::list).unwrap();
    assert_eq!(
        held.first().unwrap().ended_by.as_deref(),
        Some("operator:suzuki")
    );
    assert_eq!(
        browser.post(&format!("{LIST}/99/end"), &[]).await.status,
        404
    );
}

#[actix_web::test]
async fn what_is_wrong_stands_beside_its_field_and_nothing_is_entered() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら介護センター", "sato");
    desk.account("KJ2700000003", "自分で登録した事業所", "suzuki");
    desk.account("HD2700000009", "代理人協会", "sato");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get(LIST).await;
    for (form, field) in [
        (
            fields("KJ2700000001", "HD2700000009", "2026-02-31", ""),
            "from",
        ),
        (
            fields("KJ2700000001", "HD2700000009", "2026-03-01", "2026-02-01"),
            "to",
        ),
        (
            fields("KJ2700000001", "KJ2700000001", "2026-03-01", ""),
            "agent",
        ),
        (
            fields("KJ2700000002", "HD2700000009", "2026-03-01", ""),
            "office",
        ),
        (
            fields("KJ2700000003", "HD2700000009", "2026-03-01", ""),
            "office",
        ),
        (fields("", "HD2700000009", "2026-03-01", ""), "office"),
    ] {
        let refused = browser.post(LIST, &form).await;
        assert_eq!(refused.status, 422, "{form:?}");
        assert!(
            refused.body.contains(&format!("id=\"{field}-wrong\"")),
            "{form:?}"
        );
    }
    assert!(desk.store().read(delegation::list).unwrap().is_empty());
}

#[actix_web::test]
async fn gallery_of_delegations() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        desk.account("KJ2700000001", "さくら介護センター", "sato");
        desk.account("HD2700000009", "代理人協会", "sato");
        let mut browser = gallery::browser(&desk, &suzuki, tag).await;
        check("delegations-none", tag, &browser.get(LIST).await);
        let wrong = fields("KJ2700000001", "HD2700000009", "2026-02-31", "");
        check("delegations-wrong", tag, &browser.post(LIST, &wrong).await);
        let right = fields("KJ2700000001", "HD2700000009", "2026-01-01", "2027-03-31");
        browser.post(LIST, &right).await;
        check("delegations", tag, &browser.get(LIST).await);
        let held = desk.store().read(delegation::list).unwrap();
        let end = format!("{LIST}/{}/end", held.first().unwrap().id);
        check("delegation-end", tag, &browser.get(&end).await);
    }
}
