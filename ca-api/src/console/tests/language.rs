//! The other language keeps what was typed.

use ca_core::domain::request::{RequestKind, RequestState};

use super::browser::Browser;
use super::desk::Desk;

#[actix_web::test]
async fn the_other_language_keeps_what_was_typed_and_decides_nothing() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let sakura = desk.account("KJ2700000001", "さくら介護センター", "sato");
    let request = desk.request(&sakura, RequestKind::First, 3);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get("/console").await;
    let pick = desk.pick(&request);
    let fields = [
        ("decision", "reject"),
        ("chosen[]", pick.as_str()),
        ("reason", "Wrong office.\r\nPlease call."),
        ("redraw", "1"),
    ];
    let at = "/language/en?back=/console/requests/decide";
    let sent_on = browser.post(at, &fields).await;
    assert_eq!(sent_on.status, 307);
    let back = sent_on.location.unwrap();
    assert_eq!(back, "/console/requests/decide");
    let page = browser.post(&back, &fields).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("<html lang=\"en\">"), "{}", page.body);
    assert!(page.body.contains("Please call."), "{}", page.body);
    assert!(
        page.body
            .contains("formaction=\"/language/ja?back=/console/requests/decide\"")
    );
    assert_eq!(desk.request_row(&request.id).state, RequestState::Pending);

    let fields = [
        ("title", "Maintenance"),
        ("readers", ""),
        ("user_id", ""),
        ("from", ""),
        ("until", ""),
        ("body_text", "On Sunday."),
        ("rewrite", "1"),
    ];
    let page = browser.post("/console/notices", &fields).await;
    assert!(page.body.contains("On Sunday."), "{}", page.body);
    let fields = [("office", "KJ2700000001"), ("redraw", "1")];
    let page = browser.post("/console/delegations", &fields).await;
    assert_eq!(page.status, 200);
    assert!(
        page.body.contains("value=\"KJ2700000001\""),
        "{}",
        page.body
    );
    let list = browser.get("/console/accounts?q=a%26b&page=1").await;
    let link = "/language/ja?back=/console/accounts?q=a%2526b%26page=1";
    assert!(list.body.contains(link), "{}", list.body);
}
