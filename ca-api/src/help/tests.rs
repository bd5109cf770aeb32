//! The guides as a browser gets them.

use std::sync::Arc;

use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};

use super::guide::{CLIENT, ROOT, Step};
use super::picture::Picture;
use crate::locale::{Language, Locale, Texts};
use crate::server;
use crate::site::Area;
use crate::stage::Stage;

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

/// With `INKAN_PAGES=folder`, leaves what was drawn there, to be looked at.
fn keep(name: &str, body: &str) {
    if let Some(folder) = std::env::var_os("INKAN_PAGES") {
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
