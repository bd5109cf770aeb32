//! The portal's functions in a browser, with the certificate and without.

use inkan_tests::browser::{Browser, Computer};
use inkan_tests::camera::{photograph, verdict};
use inkan_tests::database::Engine;
use inkan_tests::service::Service;

#[tokio::test]
async fn the_check_page_tells_a_pc_with_and_without_a_certificate() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let text = service
        .folder()
        .write("notice.txt", "受付は12月28日までです。\n\n良いお年を。");
    let text = text.display().to_string();
    service
        .cli(&[
            "notice",
            "publish",
            "--everybody",
            "--title",
            "年末年始の受付",
            "--text",
            &text,
        ])
        .ok();
    let setup = format!("{}/portal/setup", service.portal());

    let fresh = Computer::new();
    fresh.trust(&service.root_file());
    let without = Browser::open(&fresh, "ja").await;
    without.visit(&setup).await;
    without
        .shows(&["設定の確認", "クライアント証明書が選ばれていません"])
        .await;
    photograph(&without, "portal-setup-missing").await;
    without.close().await;

    let ready = Computer::new();
    ready.trust(&service.root_file());
    ready.import(&member.file, &member.applicant.letter.issuance_password);
    let with = Browser::open_with_certificate(&ready, "ja").await;
    with.visit(&setup).await;
    with.shows(&["設定の確認", "ログインできます"]).await;
    photograph(&with, "portal-setup-ready").await;
    with.visit(&format!("{}/portal/login", service.portal()))
        .await;
    with.fill("ユーザＩＤ", member.user_id()).await;
    with.fill("パスワード", &member.applicant.letter.login_password)
        .await;
    with.press_button("ログイン").await;
    with.shows(&["ポータル"]).await;
    for (path, name) in [
        ("notices", "portal-notices"),
        ("notices/1", "portal-notice"),
        ("mail", "portal-mail"),
        ("certificates", "portal-certificates"),
    ] {
        with.visit(&format!("{}/portal/{path}", service.portal()))
            .await;
        photograph(&with, name).await;
    }
    with.close().await;
    verdict();
}
