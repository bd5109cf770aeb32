//! Pictures of every page, at the width of a phone and of a desk, in both languages, for people to look at;
//! and the things about a page that need no eye.

use crate::browser::{Browser, DESK, PHONE};
use crate::repository;
use std::path::PathBuf;
use std::sync::Mutex;

/// What was wrong with the pages of this test so far.
static FOUND: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Ends a series of pictures.
///
/// # Panics
/// When a page sticks out sideways or has one of the faults of `orderly.js`; all are named.
pub fn verdict() {
    let found = FOUND.lock().expect("one test, one thread");
    assert!(found.is_empty(), "faults of pages:\n{}", found.join("\n"));
}

fn note(fault: String) {
    FOUND.lock().expect("one test, one thread").push(fault);
}

/// Where the pictures go.
pub fn folder() -> PathBuf {
    repository::root().join("target/screenshots")
}

/// Photographs a page that can be opened by its address: both languages, both widths. The browser ends on
/// the page in Japanese.
pub async fn photograph(browser: &Browser<'_>, name: &str) {
    let address = browser.client.current_url().await.expect("an address");
    let back = address.path().to_owned()
        + &address
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
    for language in ["en", "ja"] {
        let there = address
            .join(&format!("/language/{language}?back={back}"))
            .expect("an address");
        browser.visit(there.as_str()).await;
        assert_eq!(
            browser.script("return document.documentElement.lang").await,
            language,
            "{name}"
        );
        shoot(browser, name, language).await;
    }
}

/// Photographs what is on the screen now, as it is: an answer to a form cannot be opened again.
pub async fn snapshot(browser: &Browser<'_>, name: &str) {
    let language = browser.script("return document.documentElement.lang").await;
    shoot(browser, name, language.as_str().unwrap_or("ja")).await;
}

async fn shoot(browser: &Browser<'_>, name: &str, language: &str) {
    for fault in browser
        .script(FAULTS)
        .await
        .as_array()
        .into_iter()
        .flatten()
    {
        note(format!("{name}-{language}: {fault}"));
    }
    for width in [PHONE, DESK] {
        let file = folder().join(format!("{name}-{language}-{width}.png"));
        let wide = browser.picture(width, &file).await;
        if wide > u64::from(width) {
            let culprits = browser.script(include_str!("sticking_out.js")).await;
            note(format!(
                "{name}-{language}: {wide} px wide on a screen of {width}: {culprits:#}"
            ));
        }
    }
}

/// Returns one sentence for each fault of the page it is run in.
const FAULTS: &str = include_str!("orderly.js");
