//! Certificates near and past their end, in a real browser. The product made them on an earlier day of its clock: no
//! date is written by hand.

use inkan_tests::applicant::CHOSEN;
use inkan_tests::browser::{Browser, Computer};
use inkan_tests::camera::{photograph, verdict};
use inkan_tests::database::Engine;
use inkan_tests::member::Member;
use inkan_tests::service::Service;

/// 36 months are 1,095 or 1,096 days.
const LIFE: i64 = 1_096;

/// An office that got its certificate so many days ago.
fn member_of(service: &mut Service) -> Member {
    let mut site = service.start_site();
    let member = service.member();
    site.stop();
    service.set_clock(0);
    member
}

fn computer_of(service: &Service, member: &Member) -> Computer {
    let computer = Computer::new();
    computer.trust(&service.root_file());
    computer.import(&member.file, &member.applicant.letter.issuance_password);
    computer
}

#[tokio::test]
async fn a_browser_keeps_an_expired_certificate_to_itself_and_the_page_says_so() {
    let mut service = Service::set_up_at(-(LIFE + 3), Engine::Sqlite);
    let member = member_of(&mut service);
    let _site = service.start_site();
    let computer = computer_of(&service, &member);
    let browser = Browser::open_with_certificate(&computer, "ja").await;
    browser.visit(&format!("{}/portal", service.portal())).await;
    browser
        .shows(&[
            "クライアント証明書が選ばれていません",
            "有効期限の切れた証明書",
        ])
        .await;
    photograph(&browser, "portal-refused-none").await;
    leads_to_the_application(&browser, &service).await;
    browser.close().await;
    verdict();
}

/// The clock of an office's PC is behind the site's, or its browser chose the certificate before it ended.
#[tokio::test]
async fn an_expired_certificate_that_is_sent_gets_a_page_that_says_so() {
    let mut service = Service::set_up_at(-(LIFE - 2), Engine::Sqlite);
    let member = member_of(&mut service);
    service.set_clock(4);
    let _site = service.start_site();
    let computer = computer_of(&service, &member);
    let browser = Browser::open_with_certificate(&computer, "ja").await;
    browser.visit(&format!("{}/portal", service.portal())).await;
    browser
        .shows(&[
            "クライアント証明書の有効期限が切れています",
            member.user_id(),
            &member.serial(),
        ])
        .await;
    photograph(&browser, "portal-refused-expired").await;
    leads_to_the_application(&browser, &service).await;
    browser.close().await;
    verdict();
}

async fn leads_to_the_application(browser: &Browser<'_>, service: &Service) {
    browser.press("証明書発行サービスへ").await;
    browser.shows(&["ログイン", "ユーザＩＤ"]).await;
    let address = browser.client.current_url().await.expect("an address");
    assert!(
        address.as_str().starts_with(&service.site()),
        "the application needs no certificate: {address}"
    );
}

#[tokio::test]
async fn a_certificate_in_its_last_month_is_warned_of_with_a_button_into_the_application() {
    let mut service = Service::set_up_at(-(LIFE - 20), Engine::Sqlite);
    let member = member_of(&mut service);
    let _site = service.start_site();
    let computer = computer_of(&service, &member);
    let browser = Browser::open_with_certificate(&computer, "ja").await;
    browser.visit(&format!("{}/portal", service.portal())).await;
    browser.fill("ユーザＩＤ", member.user_id()).await;
    browser.fill("パスワード", CHOSEN).await;
    browser.press_button("ログイン").await;
    // The password is as old as the certificate.
    browser.shows(&["有効期間（1年）が過ぎました"]).await;
    browser.fill("新しいパスワード", "Haru-2027-sakura").await;
    browser.fill("新しいパスワード（", "Haru-2027-sakura").await;
    browser.press_button("変更する").await;
    browser
        .shows(&["有効期限が近づいています", "新しい証明書を申請する"])
        .await;
    photograph(&browser, "portal-top-renewal").await;
    browser.press("新しい証明書を申請する").await;
    browser.shows(&["ログイン", "ユーザＩＤ"]).await;
    browser.fill("ユーザＩＤ", member.user_id()).await;
    browser.fill("パスワード", "Haru-2027-sakura").await;
    browser.press_button("ログイン").await;
    let word = &member.applicant.letter.issuance_password;
    browser
        .fill("クライアント証明書発行用パスワード", word)
        .await;
    browser.press_button("次へ").await;
    browser.press("証明書の発行申請を行う").await;
    browser.press_button("はい").await;
    browser.shows(&["証明書の発行申請中です"]).await;
    browser.visit(&format!("{}/portal", service.portal())).await;
    browser.shows(&["新しい証明書は申請中です"]).await;
    browser.close().await;
    verdict();
}
