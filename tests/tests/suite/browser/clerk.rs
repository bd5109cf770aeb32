//! From the certificate error to the downloaded file, on a computer that knows nothing of us yet.

use inkan_tests::applicant::CHOSEN;
use inkan_tests::browser::{Browser, Computer};
use inkan_tests::camera::{photograph, snapshot, verdict};
use inkan_tests::database::Engine;
use inkan_tests::letter::Letter;
use inkan_tests::pkcs12::{Reader, open};
use inkan_tests::process::until;
use inkan_tests::service::Service;
use std::path::PathBuf;

#[tokio::test]
async fn a_clerk_applies_and_downloads() {
    let mut service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let letter = service.office("KJ2700000001").letter;
    let suzuki = service.operator("suzuki");
    let computer = Computer::new();
    meet_the_certificate_error(&service, &computer).await;

    computer.trust(&service.root_file());
    let browser = Browser::open(&computer, "ja").await;
    enter(&browser, &service, &letter).await;
    apply(&browser, &service).await;
    suzuki.approve_all();
    service.work_once().ok();
    download(&browser, &service, &letter).await;

    browser.press("ログアウト").await;
    browser.shows(&["ログアウトしました"]).await;
    snapshot(&browser, "signed-out").await;
    browser.close().await;
    verdict();
}

async fn meet_the_certificate_error(service: &Service, computer: &Computer) {
    let before = Browser::open(computer, "ja").await;
    before.visit(&service.site()).await;
    before.shows(&["NET::ERR_CERT_AUTHORITY_INVALID"]).await;
    before.close().await;
}

/// From the top page through login, password change and gate.
async fn enter(browser: &Browser<'_>, service: &Service, letter: &Letter) {
    browser.visit(&service.site()).await;
    browser
        .shows(&[
            "認証局証明書のダウンロード",
            "証明書発行サービス",
            "ログイン",
        ])
        .await;
    photograph(browser, "top").await;

    browser.press("証明書発行サービス").await;
    photograph(browser, "login").await;
    log_in(browser, &letter.user_id, "wrong-one-1").await;
    browser
        .shows(&["ユーザＩＤかパスワードのどちらかが違います"])
        .await;
    snapshot(browser, "login-wrong").await;
    log_in(browser, &letter.user_id, &letter.login_password).await;

    browser.shows(&["パスワード変更", "8文字以上"]).await;
    photograph(browser, "password").await;
    browser.fill("新しいパスワード", CHOSEN).await;
    browser.fill("新しいパスワード（", CHOSEN).await;
    browser.press("変更する").await;

    browser.shows(&["クライアント証明書発行用パスワード"]).await;
    photograph(browser, "gate").await;
    browser
        .fill(
            "クライアント証明書発行用パスワード",
            &letter.issuance_password,
        )
        .await;
    browser.press("次へ").await;
}

async fn apply(browser: &Browser<'_>, service: &Service) {
    browser
        .shows(&["クライアント証明書は、まだありません", "sakura@example.jp"])
        .await;
    photograph(browser, "certificates-none").await;
    browser.press("証明書の発行申請を行う").await;
    browser
        .shows(&["証明書の発行申請を行いますか？", "はい", "いいえ"])
        .await;
    photograph(browser, "apply").await;
    browser.press("はい").await;
    let done = [
        "証明書の発行申請中です。しばらくお待ち下さい。",
        "までに発行されます",
        "ログアウト",
    ];
    browser.shows(&done).await;
    snapshot(browser, "done").await;
    browser
        .visit(&format!("{}/service/certificates", service.site()))
        .await;
    browser.shows(&["申請中"]).await;
    photograph(browser, "certificates-pending").await;
}

async fn download(browser: &Browser<'_>, service: &Service, letter: &Letter) {
    browser
        .visit(&format!("{}/service/certificates", service.site()))
        .await;
    browser.shows(&["ダウンロード", "有効"]).await;
    photograph(browser, "certificates-ready").await;
    browser.press("ダウンロード").await;
    let file = downloaded(browser.computer, "CertKJ2700000001.p12");
    let found = open(Reader::Nss, &file, &letter.issuance_password).expect("it opens");
    assert_eq!(found.len(), 2, "one import brings the root along");
}

#[tokio::test]
async fn the_root_is_a_file_to_keep() {
    let service = Service::set_up(Engine::Sqlite);
    let _site = service.start_site();
    let computer = Computer::new();
    computer.trust(&service.root_file());
    let browser = Browser::open(&computer, "ja").await;
    browser.visit(&service.site()).await;
    browser.press("認証局証明書のダウンロード").await;
    let file = downloaded(&computer, "ca.crt");
    let root = openssl::x509::X509::from_der(&std::fs::read(file).expect("the root")).expect("DER");
    let pem = openssl::x509::X509::from_pem(service.root_pem().as_bytes()).expect("PEM");
    assert_eq!(root.to_der().expect("DER"), pem.to_der().expect("DER"));
    browser.close().await;
}

async fn log_in(browser: &Browser<'_>, user_id: &str, password: &str) {
    browser.fill("ユーザＩＤ", user_id).await;
    browser.fill("パスワード", password).await;
    browser.press_button("ログイン").await;
}

/// A file in the downloads folder, once it is whole.
fn downloaded(computer: &Computer, name: &str) -> PathBuf {
    until(&format!("the download of {name}"), || {
        let entries = std::fs::read_dir(computer.downloads()).ok()?;
        let names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        let is_busy = names
            .iter()
            .any(|name| name.ends_with(".crdownload") || name.starts_with('.'));
        let wanted = names
            .iter()
            .find(|found| found.as_str() == name)
            .filter(|_| !is_busy)?;
        Some(computer.downloads().join(wanted))
    })
}
