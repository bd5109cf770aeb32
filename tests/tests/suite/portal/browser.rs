//! The portal in a real browser with a certificate store.

use inkan_tests::browser::{Browser, Computer};
use inkan_tests::camera::{photograph, snapshot, verdict};
use inkan_tests::database::Engine;
use inkan_tests::member::Member;
use inkan_tests::service::Service;

async fn log_in(browser: &Browser<'_>, user_id: &str, password: &str) {
    browser.fill("ユーザＩＤ", user_id).await;
    browser.fill("パスワード", password).await;
    browser.press_button("ログイン").await;
}

fn computer_of(service: &Service, member: &Member) -> Computer {
    let computer = Computer::new();
    computer.trust(&service.root_file());
    computer.import(&member.file, &member.applicant.letter.issuance_password);
    computer
}

#[tokio::test]
async fn a_clerk_logs_in_and_a_revocation_ends_it_while_the_browser_keeps_its_connection() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let members = service.members(2);
    let [sakura, ume] = &members[..] else {
        panic!("two offices")
    };
    let word = &sakura.applicant.letter.login_password;
    let computer = computer_of(&service, sakura);
    let browser = Browser::open_with_certificate(&computer, "ja").await;
    browser.visit(&service.site()).await;
    let door = format!("{}/portal", service.portal());
    let top = browser
        .script("return [...document.links].map(link => link.href)")
        .await;
    assert!(
        top.to_string().contains(&door),
        "the top page leads there: {top}"
    );

    browser.visit(&door).await;
    browser
        .shows(&["選ばれている証明書", sakura.user_id()])
        .await;
    photograph(&browser, "portal-login").await;
    log_in(&browser, ume.user_id(), word).await;
    browser
        .shows(&[
            "証明書とユーザＩＤが一致しません",
            "ブラウザの画面をすべて閉じます",
        ])
        .await;
    snapshot(&browser, "portal-refused-other").await;
    browser.press("ログインのページに戻る").await;
    log_in(&browser, sakura.user_id(), word).await;
    browser
        .shows(&["ポータル", "ログアウト", "パスワード変更"])
        .await;
    photograph(&browser, "portal-top").await;

    let aged = (chrono::Utc::now() - chrono::Duration::days(350)).timestamp_millis();
    let mut sql = service.database.connect();
    sql.run(&format!(
        "UPDATE account SET login_password_changed_at = {aged}"
    ));
    browser.visit(&format!("{door}/password/ageing")).await;
    browser.shows(&["今のパスワードのまま続けますか？"]).await;
    photograph(&browser, "portal-ageing").await;
    browser.press("はい").await;
    browser
        .shows(&["パスワードの有効期限が近づいています"])
        .await;
    photograph(&browser, "portal-top-warned").await;

    service
        .cli(&[
            "certificate",
            "revoke",
            "--serial",
            &sakura.serial(),
            "--reason",
            "keyCompromise",
        ])
        .ok();
    browser.visit(&door).await;
    browser
        .shows(&["このクライアント証明書は失効しています"])
        .await;
    photograph(&browser, "portal-refused-revoked").await;
    browser.close().await;
    verdict();
}

#[tokio::test]
async fn an_old_password_is_changed_in_the_browser_before_anything_else() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let member = service.member();
    let aged = (chrono::Utc::now() - chrono::Duration::days(370)).timestamp_millis();
    let mut sql = service.database.connect();
    sql.run(&format!(
        "UPDATE account SET login_password_changed_at = {aged}"
    ));
    let computer = computer_of(&service, &member);
    let browser = Browser::open_with_certificate(&computer, "ja").await;
    let door = format!("{}/portal", service.portal());
    browser.visit(&door).await;
    log_in(
        &browser,
        member.user_id(),
        &member.applicant.letter.login_password,
    )
    .await;
    browser.shows(&["有効期間（1年）が過ぎました"]).await;
    photograph(&browser, "portal-password-expired").await;
    browser.visit(&door).await;
    browser.shows(&["有効期間（1年）が過ぎました"]).await;
    browser.fill("新しいパスワード", "Haru-2027-sakura").await;
    browser.fill("新しいパスワード（", "Haru-2027-sakura").await;
    browser.press_button("変更する").await;
    browser.shows(&["ポータル", "証明書の有効期限"]).await;
    browser.press_button("ログアウト").await;
    browser.shows(&["ログアウトしました", "すべて閉じて"]).await;
    photograph(&browser, "portal-signed-out").await;
    browser.close().await;
    verdict();
}
