//! The guides as a browser gets them.

use std::sync::Arc;

use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service, read_body};
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::store::authority::{self, Authority};
use sha2::{Digest, Sha256};

use super::guide::{CLIENT, ROOT, Step};
use super::picture::Picture;
use crate::locale::{Language, Locale, Texts};
use crate::server;
use crate::site::Area;
use crate::stage::{Stage, morning};

async fn read(path: &str, language: &str) -> String {
    let stage = Stage::new();
    let app = init_service(server::app(stage.site.clone(), Area::Applicant)).await;
    let request = TestRequest::get()
        .uri(path)
        .insert_header(("cookie", format!("inkan-language={language}")));
    let body = call_and_read_body(&app, request.to_request()).await;
    String::from_utf8(body.to_vec()).unwrap()
}

const PAGES: [&str; 6] = [
    "/help",
    "/help/root",
    "/help/client",
    "/help/error",
    "/help/thumbprint",
    "/help/letter",
];

#[actix_web::test]
async fn every_page_is_there_on_every_listener() {
    let stage = Stage::new();
    for area in [Area::Plain, Area::Applicant, Area::Console] {
        let app = init_service(server::app(stage.site.clone(), area)).await;
        for path in PAGES {
            let request = TestRequest::get().uri(path).to_request();
            let status = call_service(&app, request).await.status();
            assert_eq!(status, 200, "{area:?} {path}");
        }
    }
}

#[actix_web::test]
async fn no_page_shows_the_key_of_a_text() {
    for language in ["ja", "en"] {
        for path in PAGES {
            let body = read(path, language).await;
            assert!(!body.contains(">help-"), "{language} {path}: {body}");
            keep(
                &format!("{}.{language}.html", path.replace('/', "_")),
                &body,
            );
        }
        for picture in Picture::ALL.map(|(_, name, _)| name) {
            let body = read(&format!("/help/picture/{language}/{picture}.svg"), language).await;
            assert!(!body.contains("picture-"), "{language} {picture}: {body}");
            keep(&format!("{picture}.{language}.svg"), &body);
        }
    }
}

/// With `INKAN_GALLERY=folder`, leaves what was drawn there, to be looked at.
fn keep(name: &str, body: &str) {
    if let Some(folder) = std::env::var_os("INKAN_GALLERY") {
        std::fs::write(std::path::Path::new(&folder).join(name), body).unwrap();
    }
}

#[test]
fn every_step_has_its_words_in_both_languages() {
    let locale = Arc::new(Locale::load().unwrap());
    for language in [Language::Japanese, Language::English] {
        let texts = Texts::new(Arc::clone(&locale), language);
        for step in ROOT.iter().chain(&CLIENT) {
            for key in keys(step) {
                assert_ne!(texts.text(key), key);
            }
        }
    }
}

fn keys(step: &Step) -> Vec<&'static str> {
    let mut keys = vec![step.title, step.text, step.alt];
    keys.extend(step.more);
    keys.extend(step.caution);
    keys
}

#[actix_web::test]
async fn a_typed_thumbprint_needs_a_root_to_compare_with() {
    let body = read("/help/thumbprint?thumbprint=00", "ja").await;
    assert!(
        body.contains("まだ認証局証明書が用意されていない"),
        "{body}"
    );
}

#[actix_web::test]
async fn an_unknown_picture_is_not_found() {
    let stage = Stage::new();
    let app = init_service(server::app(stage.site.clone(), Area::Applicant)).await;
    for path in ["/help/picture/ja/none.svg", "/help/picture/fr/letter.svg"] {
        let request = TestRequest::get().uri(path).to_request();
        assert_eq!(call_service(&app, request).await.status(), 404, "{path}");
    }
}

/// A site whose root is `der`, and what `/help/thumbprint?thumbprint=…` says there.
async fn checked(typed: &str) -> (u16, String) {
    let stage = Stage::new();
    let root = Authority {
        generation: 1,
        certificate_der: ROOT_DER.to_vec(),
        subject: "CN=Inkan 認証局 G1".to_owned(),
        not_before: morning(),
        not_after: morning(),
        crl_number: 1,
        status: "active".to_owned(),
        created_at: morning(),
    };
    let insert = |db: &mut _| authority::insert(db, &root);
    stage.site.store.transaction(insert).unwrap();
    let app = init_service(server::app(stage.site.clone(), Area::Plain)).await;
    let request = TestRequest::get().uri(&format!("/help/thumbprint?thumbprint={typed}"));
    let response = call_service(&app, request.to_request()).await;
    let status = response.status().as_u16();
    let body = read_body(response).await.to_vec();
    (status, String::from_utf8(body).unwrap())
}

const ROOT_DER: &[u8] = b"abc";

#[actix_web::test]
async fn a_typed_thumbprint_is_compared_and_the_letter_stays_the_proof() {
    let own = Thumbprint::of_der(ROOT_DER)
        .sha1_windows()
        .replace(' ', "+");
    let (status, same) = checked(&own).await;
    assert_eq!(status, 200);
    assert!(same.contains("一致しました"), "{same}");
    let (_, different) = checked(&own.replace("4706816A", "4706876A")).await;
    assert!(different.contains("一致しません"), "{different}");
    assert_eq!(
        different.matches("ここが違います").count(),
        1,
        "{different}"
    );
    let (status, misread) = checked("47O6").await;
    assert_eq!(status, 422);
    assert!(misread.contains("数字の「0」ではありませんか"), "{misread}");
    let (_, short) = checked("4706").await;
    assert!(short.contains("入力されたのは 4 文字です"), "{short}");
    for page in [same, different, misread, short] {
        assert!(page.contains("証拠になるのは、郵送の手紙だけです"));
    }
    let (_, hostile) = checked("%22%3E%3Cscript%3E").await;
    assert!(!hostile.contains("<script>"), "{hostile}");
}

#[actix_web::test]
async fn a_drawing_that_is_opened_by_itself_keeps_its_style() {
    let stage = Stage::new();
    let app = init_service(server::app(stage.site.clone(), Area::Plain)).await;
    let request = TestRequest::get().uri("/help/picture/ja/letter.svg");
    let response = call_service(&app, request.to_request()).await;
    let policy = response.headers().get("content-security-policy").unwrap();
    let policy = policy.to_str().unwrap().to_owned();
    let body = read_body(response).await.to_vec();
    let body = String::from_utf8(body).unwrap();
    let style = body.split("<style>").nth(1).unwrap();
    let style = style.split("</style>").next().unwrap();
    let hash = openssl::base64::encode_block(&Sha256::digest(style));
    assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy}");
    assert!(!policy.contains("unsafe-inline"), "{policy}");
}
