//! From the letter to the request, and what happens off the way.

use chrono::TimeDelta;

use super::*;

fn requests(stage: &Stage) -> Vec<ca_core::store::request::Request> {
    let account = account(stage);
    stage
        .site
        .store
        .read(|db| ca_core::store::request::of_account(db, account))
        .unwrap()
}

fn account(stage: &Stage) -> i64 {
    let user_id = UserId::try_from(USER.to_owned()).unwrap();
    stage
        .site
        .store
        .read(|db| account::find(db, &user_id))
        .unwrap()
        .unwrap()
        .id
}

#[actix_web::test]
async fn an_office_applies_with_its_letter_in_hand() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.log_in_first().await;
    assert!(
        browser
            .get("/service/gate")
            .await
            .body
            .contains("パスワードを変更しました")
    );
    browser.pass_gate().await;
    let mine = browser.get("/service/certificates").await;
    for text in ["さくら介護", "登録されていません", "証明書の発行申請を行う"]
    {
        assert!(mine.body.contains(text), "{text}");
    }
    let confirm = browser.get("/service/request").await;
    assert!(confirm.body.contains("証明書の発行申請を行いますか？"));
    assert!(
        confirm.body.contains("2026年11月26日（木）17:15まで"),
        "{}",
        confirm.body
    );
    assert_eq!(
        browser.post("/service/request", &[]).await.location(),
        "/service/request/done"
    );
    assert_eq!(
        browser.post("/service/request", &[]).await.location(),
        "/service/request/done"
    );
    assert_eq!(requests(&stage).len(), 1, "sent twice, it is one request");
    let done = browser.get("/service/request/done").await;
    assert!(
        done.body
            .contains("証明書の発行申請中です。しばらくお待ち下さい。")
    );
    assert!(
        done.body
            .contains("2026年11月26日（木）17:15までに発行されます")
    );
    assert_eq!(
        browser.post("/service/logout", &[]).await.location(),
        "/service/signed-out"
    );
    assert_eq!(browser.cookie("__Host-inkan"), None);
    assert_eq!(
        browser.get("/service/certificates").await.location(),
        "/service/login"
    );
}

#[actix_web::test]
async fn the_letters_password_opens_nothing_after_the_change() {
    let stage = town();
    Browser::new(&stage).log_in_first().await;
    let mut browser = Browser::new(&stage);
    assert_eq!(browser.log_in(USER, TEMPORARY).await.status, 422);
    assert_eq!(browser.log_in(USER, OWN).await.location(), "/service/gate");
}

#[actix_web::test]
async fn a_request_can_be_taken_back_and_made_anew_through_the_gate() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.log_in_first().await;
    browser.pass_gate().await;
    browser.get("/service/request").await;
    browser.post("/service/request", &[]).await;
    browser.get("/service/request/withdraw").await;
    assert_eq!(
        browser
            .post("/service/request/withdraw", &[])
            .await
            .location(),
        "/service/certificates"
    );
    assert!(
        browser
            .get("/service/certificates")
            .await
            .body
            .contains("申請を取り下げました")
    );
    assert_eq!(
        browser.post("/service/request/withdraw", &[]).await.status,
        409
    );
    assert_eq!(
        browser.get("/service/request").await.location(),
        "/service/gate"
    );
    browser.pass_gate().await;
    browser.get("/service/request").await;
    browser.post("/service/request", &[]).await;
    assert_eq!(requests(&stage).len(), 2);
}

#[actix_web::test]
async fn whoever_does_nothing_for_long_is_logged_out_and_told_so() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.log_in_first().await;
    stage.clock.advance(TimeDelta::minutes(19));
    assert_eq!(browser.get("/service/gate").await.status, 200);
    stage.clock.advance(TimeDelta::minutes(20));
    assert_eq!(
        browser.get("/service/gate").await.location(),
        "/service/login"
    );
    let login = browser.get("/service/login").await;
    assert!(login.body.contains("しばらく操作がなかったため"));
    assert_eq!(browser.log_in(USER, OWN).await.location(), "/service/gate");
}

#[actix_web::test]
async fn nobody_stays_longer_than_the_absolute_end() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.log_in_first().await;
    for _ in 0..47 {
        stage.clock.advance(TimeDelta::minutes(10));
        assert_eq!(browser.get("/service/gate").await.status, 200);
    }
    stage.clock.advance(TimeDelta::minutes(10));
    assert_eq!(
        browser.get("/service/gate").await.location(),
        "/service/login"
    );
}
