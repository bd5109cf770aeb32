//! The portal's door: the certificate of this connection, its own ID, the password.

use inkan_tests::database::Engine;
use inkan_tests::letter::solid;
use inkan_tests::service::Service;
use inkan_tests::site::arriving;

const COOKIE: &str = "__Host-inkan-portal";

fn a_member_logs_in_and_out(engine: Engine) {
    let mut service = Service::set_up(engine);
    let _site = service.start_site();
    let member = service.member();
    let visitor = member.visitor();
    visitor
        .open("/portal")
        .shows(&["選ばれている証明書", member.user_id()]);
    let top = member.log_in(&visitor).shows(&[
        "ポータル",
        "さくら訪問介護ステーション",
        "パスワード変更",
    ]);
    assert!(visitor.cookie(COOKIE).is_some());
    top.form("ログアウト")
        .send(&visitor)
        .shows(&["ログアウトしました", "すべて閉じて"]);
    assert_eq!(visitor.cookie(COOKIE), None);
    visitor.open("/portal").shows(&["ユーザＩＤ"]);
}

#[test]
fn a_member_logs_in_and_out_on_sqlite() {
    a_member_logs_in_and_out(Engine::Sqlite);
}

#[test]
fn a_member_logs_in_and_out_on_postgres() {
    a_member_logs_in_and_out(Engine::Postgres);
}

#[test]
fn each_refusal_says_what_is_wrong_and_what_to_do() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let members = service.members(2);
    let [sakura, ume] = &members[..] else {
        panic!("two offices")
    };

    let bare = arriving(&service.portal(), &service.root_pem()).visitor();
    bare.open("/portal").refuses(&[
        "クライアント証明書が選ばれていません",
        "ブラウザの画面をすべて閉じます",
    ]);

    let visitor = sakura.visitor();
    let word = &sakura.applicant.letter.login_password;
    let other = sakura.log_in_with(&visitor, ume.user_id(), word);
    let other = other.refuses(&[
        "証明書とユーザＩＤが一致しません",
        sakura.user_id(),
        "複数のユーザＩＤ",
    ]);
    let nobody = sakura.log_in_with(&visitor, "KJ2799999999", word);
    let plain = |text: String| {
        text.replace("KJ2799999999", "?")
            .replace(ume.user_id(), "?")
    };
    let mark = |page: &inkan_tests::page::Page| {
        let text = page.text();
        let (before, _) = text.split_once("受付番号：").expect("a mark");
        plain(solid(before))
    };
    assert_eq!(
        mark(&other),
        mark(&nobody),
        "an unknown ID answers as a known one"
    );

    let suzuki = service.operator("suzuki");
    let operator = suzuki.arriving_at(&service.portal()).visitor();
    operator
        .open("/portal")
        .refuses(&["この証明書ではログインできません"]);
    assert_eq!(visitor.cookie(COOKIE), None);

    for wrong in ["wrong-one-1", "wrong-two-2"] {
        let page = sakura.log_in_with(&visitor, sakura.user_id(), wrong);
        page.refuses(&["ユーザＩＤかパスワードのどちらかが違います"]);
    }
    let page = sakura.log_in_with(&visitor, sakura.user_id(), "wrong-three-3");
    page.refuses(&["しばらくの間、ログインできません"]);
    sakura
        .log_in(&visitor)
        .refuses(&["しばらくの間、ログインできません"]);
    let service_login = sakura.applicant.log_in();
    service_login.refuses(&["しばらくの間、ログインできません"]);
    assert_eq!(visitor.cookie(COOKIE), None);
}
