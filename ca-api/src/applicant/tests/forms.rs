//! Forms are taken from our own pages in the same browser, bounded, each field once.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;

const FIELDS: [(&str, &str); 2] = [("user_id", USER), ("password", TEMPORARY)];

#[actix_web::test]
async fn a_form_without_the_pages_token_is_refused() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.get("/service/login").await;
    for token in ["", "0", &"0".repeat(64)] {
        browser.token = token.to_owned();
        let reply = browser.post("/service/login", &FIELDS).await;
        assert_eq!(reply.status, 403);
        assert!(reply.body.contains("もう一度やり直してください"));
        assert_eq!(browser.cookie("__Host-inkan"), None);
    }
}

#[actix_web::test]
async fn the_token_of_another_browser_is_refused() {
    let stage = town();
    let mut own = Browser::new(&stage);
    let mut other = Browser::new(&stage);
    own.get("/service/login").await;
    other.get("/service/login").await;
    assert_ne!(own.token, other.token);
    own.token = other.token;
    assert_eq!(own.post("/service/login", &FIELDS).await.status, 403);
}

#[actix_web::test]
async fn a_form_of_another_site_is_refused_even_with_the_token() {
    let stage = town();
    for header in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ] {
        let mut browser = Browser::new(&stage);
        browser.get("/service/login").await;
        let mut fields = FIELDS.to_vec();
        let token = browser.token.clone();
        fields.push(("token", &token));
        let request = TestRequest::post()
            .uri("/service/login")
            .insert_header(header)
            .set_form(&fields);
        assert_eq!(browser.send(request).await.status, 403, "{header:?}");
    }
}

#[actix_web::test]
async fn the_token_of_before_the_login_is_worth_nothing_after_it() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.get("/service/login").await;
    let before = browser.token.clone();
    browser.log_in_first().await;
    browser.token = before;
    assert_eq!(
        browser
            .post("/service/gate", &[("issuance_password", ISSUANCE)])
            .await
            .status,
        403
    );
}

#[actix_web::test]
async fn a_field_sent_twice_is_refused() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.get("/service/login").await;
    let twice = [FIELDS[0], FIELDS[1], ("user_id", OTHER)];
    assert_eq!(browser.post("/service/login", &twice).await.status, 400);
    assert_eq!(browser.get("/service/login?a=1&a=2").await.status, 400);
}

#[actix_web::test]
async fn oversize_forms_and_fields_are_refused_with_a_page() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    for length in [1_001, 70_000] {
        browser.get("/service/login").await;
        let long = "a".repeat(length);
        let reply = browser
            .post("/service/login", &[("user_id", USER), ("password", &long)])
            .await;
        assert_eq!(reply.status, 413, "{length}");
        assert!(reply.body.contains("送信された内容が大きすぎます"));
    }
    let path = format!("/service/login?{}", "a".repeat(3_000));
    assert_eq!(browser.get(&path).await.status, 413);
}

#[actix_web::test]
async fn a_body_that_is_no_form_is_refused() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    let request = TestRequest::post()
        .uri("/service/login")
        .insert_header(("content-type", "application/json"));
    assert_eq!(browser.send(request.set_payload("{}")).await.status, 400);
}

/// Whatever is posted, the answer is a page, and never a fault of ours.
#[actix_web::test]
async fn no_bytes_in_a_form_are_a_fault_of_ours() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.get("/service/login").await;
    let token = format!("&token={}", browser.token);
    let form = "[a-z_\\[\\]]{0,12}(=(%[0-9a-fA-F]{2}|[ -~]){0,40}(&[a-z_\\[\\]]{0,12}=(%[0-9a-fA-F]{2}|[ -~]){0,40}){0,4})?";
    let body = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        form.prop_map(String::into_bytes),
        form.prop_map(move |text| format!("{text}{token}").into_bytes()),
    ];
    let cases = std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok());
    let mut runner = TestRunner::default();
    for _ in 0..cases.unwrap_or(48) {
        let body = body.new_tree(&mut runner).unwrap().current();
        for path in ["/service/login", "/reissue", "/service/gate"] {
            let request = TestRequest::post()
                .uri(path)
                .insert_header(("content-type", "application/x-www-form-urlencoded"))
                .set_payload(body.clone());
            let status = browser.send(request).await.status;
            assert!(!status.is_server_error(), "{path}: {status} for {body:?}");
        }
    }
}
