//! What was changed of an account is shown before a decision, and whoever changed it is told why the buttons are missing.

use ca_core::domain::account::{AccountField, AccountForm};
use ca_core::domain::request::{RequestKind, RequestState};
use ca_core::flow::import_accounts::import_accounts;

use super::browser::Browser;
use super::desk::{Desk, staff};

fn turn_mail_away(desk: &Desk, user_id: &str, by: &str) {
    let mut form = AccountForm::default();
    form.set(AccountField::UserId, user_id);
    form.set(AccountField::Name, "さくら");
    form.set(AccountField::PostalCode, "530-0001");
    form.set(AccountField::Address1, "大阪府大阪市北区梅田1-2-3");
    form.set(AccountField::MailAddress, "evil@example.jp");
    let details = form.check(&desk.stage.site.classes).unwrap();
    import_accounts(desk.store(), &staff(by), by, &[details], false).unwrap();
}

#[actix_web::test]
async fn a_changed_address_is_shown_with_its_author_who_does_not_decide() {
    let desk = Desk::new();
    let [suzuki, tanaka] = ["suzuki", "tanaka"].map(|name| desk.operator(name));
    let office = desk.account("KJ2700000001", "さくら", "sato");
    let request = desk.request(&office, RequestKind::First, -1);
    turn_mail_away(&desk, "KJ2700000001", "suzuki");
    let page = format!("/console/requests/{}", request.id);
    let fields = [
        ("chosen[]", desk.pick(&request)),
        ("decision", "approve".into()),
    ];
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();

    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let queue = browser.get("/console/requests").await.body;
    assert!(queue.contains("自分が名称・宛先を変更"), "{queue}");
    let shown = browser.get(&page).await.body;
    for said in [
        "変更：メール",
        "office@example.jp → evil@example.jp",
        "suzuki",
        "最後に変更したのはあなたです",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    assert!(!shown.contains("value=\"approve\""), "{shown}");
    let reply = browser.post("/console/requests/decide", &fields).await.body;
    assert!(reply.contains("最後に変更したのはあなたです"), "{reply}");
    assert_eq!(desk.request_row(&request.id).state, RequestState::Pending);

    let mut browser = Browser::at_work(&desk, &tanaka).await;
    let queue = browser.get("/console/requests").await.body;
    assert!(queue.contains("名称・宛先の変更あり"), "{queue}");
    let shown = browser.get(&page).await.body;
    assert!(shown.contains("office@example.jp → evil@example.jp"));
    assert!(shown.contains("value=\"approve\""), "{shown}");
    browser.post("/console/requests/decide", &fields).await;
    assert_eq!(desk.request_row(&request.id).state, RequestState::Approved);
    // The request was sent after the change, so its page had shown it: that is settled.
    assert!(desk.account_row(&office).contact_changes.is_empty());
}
