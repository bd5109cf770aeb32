//! The console in a browser that holds the operator's certificate.

use inkan_tests::browser::{Browser, Computer};
use inkan_tests::camera::{photograph, snapshot, verdict};
use inkan_tests::database::Engine;
use inkan_tests::operator::PASSWORD;
use inkan_tests::service::Service;

#[tokio::test]
async fn an_operator_decides_in_a_browser() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    for mut office in service.offices(3) {
        office.apply_first();
    }
    let suzuki = service.operator("suzuki");
    let computer = Computer::new();
    computer.trust(&service.root_file());
    computer.import(&suzuki.file, PASSWORD);
    let browser = Browser::open_with_certificate(&computer, "ja").await;
    let console = service.console();
    browser.visit(&format!("{console}/console/login")).await;
    browser.shows(&["審査担当者ログイン", "suzuki"]).await;
    photograph(&browser, "console-login").await;
    browser.fill("担当者名", "suzuki").await;
    browser.fill("パスワード", PASSWORD).await;
    browser.press_button("ログイン").await;
    browser.shows(&["概況", "承認待ち"]).await;
    photograph(&browser, "console-overview").await;

    browser.visit(&format!("{console}/console/requests")).await;
    photograph(&browser, "console-queue").await;
    browser.press("KJ").await;
    browser.shows(&["発行される証明書", "CN=KJ27"]).await;
    photograph(&browser, "console-request").await;
    browser.press_button("却下する").await;
    snapshot(&browser, "console-reject").await;
    browser
        .fill("却下の理由", "住所が違います。届出をしてください。")
        .await;
    browser.press_button("却下する").await;
    browser.shows(&["却下しました"]).await;
    snapshot(&browser, "console-rejected").await;

    browser.visit(&format!("{console}/console/requests")).await;
    browser.press("このページのすべてに印を付ける").await;
    browser.press_button("承認する").await;
    browser.shows(&["2 件を承認しました"]).await;
    snapshot(&browser, "console-approved").await;
    service.work_once().ok();
    for (path, name) in [
        ("requests?state=issued", "console-issued"),
        ("accounts", "console-accounts"),
    ] {
        browser.visit(&format!("{console}/console/{path}")).await;
        photograph(&browser, name).await;
    }
    browser.close().await;
    verdict();
    assert_eq!(
        service
            .database
            .connect()
            .count("request WHERE state = 'issued'"),
        2
    );
}
