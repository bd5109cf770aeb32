//! Lost passwords, from the public form to the new letter, over HTTPS (J8).

use inkan_tests::applicant::{Applicant, CHOSEN};
use inkan_tests::database::Engine;
use inkan_tests::page::Page;
use inkan_tests::service::Service;
use inkan_tests::site::Visitor;

/// Fills the form in and goes as far as the confirm screen.
fn filled(visitor: &Visitor, user_id: &str) -> Page {
    let top = visitor.open("/");
    let form = visitor.open(&top.link("パスワードの再発行の申請"));
    form.form("入力内容を確認する")
        .fill("ユーザＩＤ", user_id)
        .fill("事業所の名称", "さくら介護")
        .fill("担当者名", "山田 花子")
        .fill("電話番号", "06-1234-5678")
        .set("lost", "both")
        .send(visitor)
}

fn applied(visitor: &Visitor, user_id: &str) -> Page {
    let check = filled(visitor, user_id).shows(&["申請の内容を確認してください", "山田 花子"]);
    check.form("ＯＫ").send(visitor)
}

fn change_to(clerk: &Applicant, page: &Page, word: &str) -> Page {
    page.form("変更する")
        .fill("新しいパスワード", word)
        .fill("新しいパスワード（", word)
        .send(&clerk.visitor)
}

#[test]
fn from_the_form_to_the_new_letter() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let mut office = service.office("KJ2700000001");
    let suzuki = service.operator("suzuki");
    let certificates = office.arrive_first();
    office.apply(&certificates);
    suzuki.approve_all();
    service.work_once().ok();
    office
        .visitor
        .open("/service/certificates")
        .shows(&["ダウンロード"]);

    applied(&service.visitor(), "KJ2700000001").shows(&["発行申請を完了しました。"]);
    office
        .visitor
        .open("/service/certificates")
        .shows(&["ダウンロード"]);

    let desk = suzuki.signed_in();
    let list = desk.open("/console/reissues");
    let one = desk.open(&list.link("2700"));
    let one = one.shows(&["失効する証明書", "まで有効", "ca-cli letter print --due"]);
    one.form("承認して失効させる")
        .fill("確認の方法", "台帳の番号へ電話して確認")
        .send(&desk)
        .shows(&["再発行の申請を承認しました"]);

    let ended = office.visitor.open("/service/certificates");
    assert!(ended.has_button("ログイン"), "{}", ended.text());
    let refused = office.log_in_with("KJ2700000001", CHOSEN);
    assert!(refused.has_button("ログイン"), "{}", refused.text());
    service.work_once().ok();
    let mails = service.mails().join("\n");
    assert!(!mails.is_empty());

    let letter = service.letters().remove(0);
    assert_eq!(letter.user_id, "KJ2700000001");
    let mut again = Applicant {
        visitor: service.visitor(),
        letter,
    };
    // The password that was voided cannot be taken again.
    let change = again.log_in();
    let refused = change_to(&again, &change, CHOSEN).refuses(&[]);
    let gate = change_to(&again, &refused, "Momiji-2026-aki");
    again.letter.login_password = "Momiji-2026-aki".to_owned();
    let page = again.pass_gate(&gate).shows(&["証明書発行サービス"]);
    again.apply(&page);
    desk.open("/console/requests").shows(&["再発行"]);
}

#[test]
fn known_and_unknown_ids_are_answered_alike_and_counted_alike() {
    let mut service = Service::set_up_with(
        Engine::Postgres,
        "[reissue]\nper_id_a_day = 1\nper_source_a_day = 3\n",
    );
    let _site = service.start_site();
    service.office("KJ2700000001");
    let text = |user_id: &str| {
        let visitor = service.visitor();
        let done = applied(&visitor, user_id).text();
        let refused = filled(&visitor, user_id).refuses(&[]).text();
        assert!(refused.contains("から、また申請できます"), "{refused}");
        (done, refused)
    };
    assert_eq!(text("KJ2700000001"), text("KJ9999999999"));
    applied(&service.visitor(), "KJ2700000003").shows(&["発行申請を完了しました。"]);
    // The source has had its three.
    filled(&service.visitor(), "KJ2700000004").refuses(&["いまは申請を受け付けられません"]);
}
