//! The public form for new passwords in a real browser, at both widths.

use inkan_tests::browser::{Browser, Computer};
use inkan_tests::camera::{photograph, snapshot, verdict};
use inkan_tests::database::Engine;
use inkan_tests::service::Service;

#[tokio::test]
async fn a_clerk_who_lost_the_letter_applies_for_a_new_one() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let computer = Computer::new();
    computer.trust(&service.root_file());
    let browser = Browser::open(&computer, "ja").await;
    browser.visit(&format!("{}/reissue", service.site())).await;
    photograph(&browser, "reissue").await;
    browser.press_button("入力内容を確認する").await;
    browser
        .shows(&["ユーザＩＤを入力してください", "申請の理由を選んでください"])
        .await;
    snapshot(&browser, "reissue-wrong").await;
    for (label, value) in [
        ("ユーザＩＤ", "ＫＪ２７００００００01"),
        ("事業所の名称", "さくら介護"),
        ("担当者名", "山田 花子"),
        ("電話番号", "０６ー１２３４ー５６７８"),
    ] {
        browser.fill(label, value).await;
    }
    browser
        .script("document.getElementById('lost').value = 'letter'")
        .await;
    browser.press_button("入力内容を確認する").await;
    browser
        .shows(&[
            "申請の内容を確認してください",
            "06-1234-5678",
            "お知らせの手紙をなくした",
        ])
        .await;
    snapshot(&browser, "reissue-check").await;
    browser.press_button("修正する").await;
    browser.shows(&["パスワードの再発行の申請"]).await;
    browser.press_button("入力内容を確認する").await;
    browser.press_button("ＯＫ").await;
    browser.shows(&["発行申請を完了しました。"]).await;
    photograph(&browser, "reissue-done").await;
    browser.close().await;
    verdict();
}
