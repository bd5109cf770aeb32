//! Applications for new passwords in the console: what is shown, who may decide, what comes of it.

use ca_core::domain::account::AccountStatus;
use ca_core::domain::reissue::{ReissueField, ReissueForm, ReissueId, ReissueState};
use ca_core::domain::request::{RequestKind, RequestState};
use ca_core::domain::user_id::Classes;
use ca_core::store::{account, reissue};

use super::browser::Browser;
use super::desk::Desk;
use super::gallery::{self, check};
use crate::stage::morning;

fn applied(desk: &Desk, user_id: &str, office: &str, millis: i64) -> ReissueId {
    let mut form = ReissueForm::default();
    for (field, typed) in [
        (ReissueField::UserId, user_id),
        (ReissueField::OfficeName, office),
        (ReissueField::Person, "山田 花子"),
        (ReissueField::Telephone, "06-1234-5678"),
        (ReissueField::MailAddress, "yamada@example.com"),
        (ReissueField::Lost, "exposed"),
        (
            ReissueField::Detail,
            "事務所に空き巣が入り、パソコンとお知らせがなくなりました。",
        ),
    ] {
        form.set(field, typed);
    }
    let application = form.check(&Classes::default()).unwrap();
    let at = morning() - chrono::TimeDelta::hours(3) + chrono::TimeDelta::milliseconds(millis);
    let id = ReissueId::draw(at, desk.stage.site.random.as_ref());
    let stored = desk
        .store()
        .transaction(|db| reissue::insert(db, &id, &application, "192.0.2.7", at));
    assert!(stored.unwrap());
    id
}

fn state(desk: &Desk, id: &ReissueId) -> ReissueState {
    let found = desk.store().read(|db| reissue::find(db, id));
    found.unwrap().unwrap().state
}

fn decide(id: &ReissueId) -> String {
    format!("/console/reissues/{id}/decide")
}

#[actix_web::test]
async fn the_other_language_keeps_the_note_and_decides_nothing() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら介護センター", "sato");
    let id = applied(&desk, "KJ2700000001", "さくら介護センター", 0);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let page = browser.get(&format!("/console/reissues/{id}")).await;
    let decide = format!("/console/reissues/{id}/decide");
    let button = format!("formaction=\"/language/en?back={decide}\"");
    assert!(page.body.contains(&button), "{}", page.body);
    let fields = [("note", "Called back.\r\nIt is she."), ("redraw", "1")];
    let at = format!("/language/en?back={decide}");
    let sent_on = browser.post(&at, &fields).await;
    assert_eq!(
        (sent_on.status, sent_on.location),
        (307, Some(decide.clone()))
    );
    let page = browser.post(&decide, &fields).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<html lang=\"en\">"), "{}", page.body);
    assert!(page.body.contains("It is she."), "{}", page.body);
    assert_eq!(state(&desk, &id), ReissueState::Waiting);
}

#[actix_web::test]
async fn what_an_acceptance_would_do_is_told_and_then_done() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let office = desk.account("KJ2700000001", "さくら介護センター", "sato");
    desk.issued(&office, None, 10, false);
    let request = desk.request(&office, RequestKind::Renewal, 1);
    let id = applied(&desk, "KJ2700000001", "サクラ介護", 0);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let overview = browser.get("/console").await.body;
    assert!(overview.contains("本人を確認して"), "{overview}");
    let list = browser.get("/console/reissues").await.body;
    assert!(list.contains(&format!("/console/reissues/{id}")), "{list}");
    let shown = browser.get(&format!("/console/reissues/{id}")).await.body;
    for said in [
        "サクラ介護",
        "さくら介護センター",
        "≠ 違います",
        "yamada@example.com",
        "大阪府大阪市北区梅田1-2-3",
        "失効する証明書",
        "秘密鍵が他人に知られた",
        "まで有効",
        "更新（承認待ち）",
        "ca-cli letter print --due",
        "192.0.2.7",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let fields = [
        ("decision", "accept"),
        ("note", "台帳の番号へ電話し、\r\n管理者に確認"),
    ];
    let reply = browser.post(&decide(&id), &fields).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(state(&desk, &id), ReissueState::Accepted);
    assert_eq!(desk.request_row(&request.id).state, RequestState::Withdrawn);
    assert!(desk.account_row(&office).letter_due);
    let again = browser.post(&decide(&id), &fields).await;
    assert_eq!(again.status, 409);
    let after = browser.get(&format!("/console/reissues/{id}")).await.body;
    assert!(
        after.contains("台帳の番号へ電話し、\n管理者に確認"),
        "{after}"
    );
    assert!(!after.contains("承認して失効させる"));
    let history = browser
        .get(&format!("/console/requests/{}", request.id))
        .await
        .body;
    assert!(history.contains("再発行により取り下げ"), "{history}");
}

#[actix_web::test]
async fn who_may_not_decide_is_told_and_refused() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら", "suzuki");
    let off = desk.account("KJ2700000002", "もみじ", "sato");
    let row = desk.account_row(&off).id;
    let disable = |db: &mut _| account::set_status(db, row, AccountStatus::Disabled, morning());
    desk.store().transaction(disable).unwrap();
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    for (user_id, said, may_reject) in [
        ("KJ2700000001", "登録したのはあなたです", false),
        ("KJ2700000002", "利用を停止されています", true),
        ("KJ9999999999", "このユーザＩＤは登録されていません", true),
    ] {
        let id = applied(&desk, user_id, "さくら", 1);
        let shown = browser.get(&format!("/console/reissues/{id}")).await.body;
        assert!(shown.contains(said), "{user_id}: {shown}");
        assert!(!shown.contains("value=\"accept\""), "{user_id}");
        assert_eq!(shown.contains("value=\"reject\""), may_reject, "{user_id}");
        let accepted = browser
            .post(&decide(&id), &[("decision", "accept"), ("note", "")])
            .await;
        assert_eq!(accepted.status, 409, "{user_id}");
        assert_eq!(state(&desk, &id), ReissueState::Waiting, "{user_id}");
    }
}

#[actix_web::test]
async fn a_rejection_needs_a_reason_and_bad_input_a_clear_answer() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let id = applied(&desk, "KJ9999999999", "さくら", 0);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get(&format!("/console/reissues/{id}")).await;
    let empty = browser
        .post(&decide(&id), &[("decision", "reject"), ("note", " ")])
        .await;
    assert_eq!(empty.status, 422);
    assert!(empty.body.contains("id=\"note-wrong\""), "{}", empty.body);
    let hostile = browser
        .post(
            &decide(&id),
            &[("decision", "reject"), ("note", "a\u{202E}b")],
        )
        .await;
    assert_eq!(hostile.status, 422);
    let unknown = browser.post(&decide(&id), &[("decision", "burn")]).await;
    assert_eq!(unknown.status, 400);
    let nothing = "0192f5a0-0000-7000-8000-000000000001";
    assert_eq!(
        browser
            .get(&format!("/console/reissues/{nothing}"))
            .await
            .status,
        404
    );
    assert_eq!(browser.get("/console/reissues/x").await.status, 404);
    browser.get(&format!("/console/reissues/{id}")).await;
    let rejected = browser
        .post(
            &decide(&id),
            &[("decision", "reject"), ("note", "該当する利用者なし")],
        )
        .await;
    assert_eq!(rejected.status, 200);
    assert_eq!(state(&desk, &id), ReissueState::Rejected);
    let decided = browser
        .get("/console/reissues?state=decided&page=-1")
        .await
        .body;
    assert!(
        decided.contains("却下") && decided.contains("suzuki"),
        "{decided}"
    );
}

#[actix_web::test]
async fn gallery_of_applications() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let mut browser = gallery::browser(&desk, &suzuki, tag).await;
        check(
            "reissues-empty",
            tag,
            &browser.get("/console/reissues").await,
        );
        let office = desk.account("KJ2700000001", "さくら介護センター", "sato");
        desk.issued(&office, None, 10, false);
        desk.request(&office, RequestKind::Renewal, 1);
        desk.account("KJ2700000002", "もみじ", "suzuki");
        let id = applied(&desk, "KJ2700000001", "さくら介護", 0);
        let barred = applied(&desk, "KJ2700000002", "もみじ", 1);
        let unknown = applied(&desk, "KJ9999999999", "すみれ", 2);
        applied(&desk, "KJ2700000001", "さくら介護", 3);
        check(
            "reissues-many",
            tag,
            &browser.get("/console/reissues").await,
        );
        for (name, id) in [("waiting", &id), ("barred", &barred), ("unknown", &unknown)] {
            let reply = browser.get(&format!("/console/reissues/{id}")).await;
            check(&format!("reissue-{name}"), tag, &reply);
        }
        for (name, note) in [
            ("wrong", ""),
            ("rejected", "該当なし"),
            ("refused", "該当なし"),
        ] {
            let fields = [("decision", "reject"), ("note", note)];
            let reply = browser.post(&decide(&unknown), &fields).await;
            check(&format!("reissue-{name}"), tag, &reply);
        }
        let reply = browser
            .post(&decide(&id), &[("decision", "accept"), ("note", "")])
            .await;
        check("reissue-accepted", tag, &reply);
        let decided = browser.get("/console/reissues?state=decided").await;
        check("reissues-decided", tag, &decided);
    }
}
