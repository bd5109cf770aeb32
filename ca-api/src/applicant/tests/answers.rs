//! Nobody learns from an answer whether a user ID exists, is locked or disabled.

use ca_core::domain::account::AccountStatus;
use chrono::TimeDelta;

use super::*;

const UNKNOWN: &str = "HD9900000009";

/// The page without the typed ID.
fn without(body: &str, user_id: &str) -> String {
    body.replace(&format!("value=\"{user_id}\""), "value=\"THE-ID\"")
}

/// Four wrong tries, each from the same fresh browser: status, headers, body.
async fn answers(stage: &Stage, user_id: &str) -> Vec<(StatusCode, Vec<String>, String)> {
    let mut answers = Vec::new();
    for _ in 0..4 {
        let mut browser = Browser::new(stage);
        browser
            .cookies
            .push(("__Host-inkan-form".to_owned(), "ab".repeat(32)));
        let reply = browser.log_in(user_id, "wrong-Password-1").await;
        let headers = reply
            .headers
            .iter()
            .filter(|(name, _)| *name != "x-request-id");
        let mut headers: Vec<String> = headers.map(|header| format!("{header:?}")).collect();
        headers.sort();
        answers.push((reply.status, headers, without(&reply.body, user_id)));
    }
    answers
}

#[actix_web::test]
async fn known_unknown_and_disabled_ids_get_the_same_bytes() {
    let stage = town();
    let disabled = UserId::try_from(OTHER.to_owned()).unwrap();
    let switched_off: Result<(), StoreError> = stage.site.store.transaction(|db| {
        let id = account::find(db, &disabled)?.unwrap().id;
        account::set_status(db, id, AccountStatus::Disabled, morning())
    });
    switched_off.unwrap();
    let known = answers(&stage, USER).await;
    assert!(known == answers(&stage, UNKNOWN).await, "unknown");
    assert!(known == answers(&stage, OTHER).await, "disabled");
    assert!(known[0].2.contains("あと2回"));
    assert!(known[1].2.contains("あと1回"));
    assert!(
        known[2].2.contains("2026年11月25日（水）10:30まで"),
        "{}",
        known[2].2
    );
    assert_eq!(
        known[2], known[3],
        "the try that locks and the one after it"
    );
}

#[actix_web::test]
async fn the_right_password_of_a_locked_id_gets_the_answer_of_a_wrong_one() {
    let stage = town();
    let locked = answers(&stage, USER).await.pop().unwrap();
    let mut browser = Browser::new(&stage);
    browser
        .cookies
        .push(("__Host-inkan-form".to_owned(), "ab".repeat(32)));
    let reply = browser.log_in(USER, TEMPORARY).await;
    assert_eq!(
        (reply.status, without(&reply.body, USER)),
        (locked.0, locked.2)
    );
    stage.clock.advance(TimeDelta::minutes(30));
    assert_eq!(
        browser.log_in(USER, TEMPORARY).await.location(),
        "/service/password"
    );
}

#[actix_web::test]
async fn what_was_typed_stays_but_no_password() {
    let stage = town();
    let reply = Browser::new(&stage)
        .log_in("ＫＪ２７０００００００１", "wrong-Password-1")
        .await;
    assert!(reply.body.contains("value=\"KJ2700000001\""));
    assert!(reply.body.contains("全角文字を半角に直しました"));
    assert!(!reply.body.contains("wrong-Password-1"));
}

#[actix_web::test]
async fn typing_mistakes_cost_no_try() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    for (user_id, password, text) in [
        ("", "x", "ユーザＩＤを入力してください"),
        ("KJ27", "x", "ユーザＩＤの形が違います"),
        (USER, "", "パスワードを入力してください"),
        (USER, "ｔｍｐａ", "パスワードに全角文字が入っています"),
    ] {
        let reply = browser.log_in(user_id, password).await;
        assert_eq!(reply.status, 422);
        assert!(reply.body.contains(text), "{text}");
        assert!(!reply.body.contains("あと"), "{text}");
    }
    assert!(browser.log_in(USER, "wrong").await.body.contains("あと2回"));
}

#[actix_web::test]
async fn the_gate_has_a_lock_of_its_own() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.log_in_first().await;
    browser.get("/service/gate").await;
    for left in [
        "あと2回",
        "あと1回",
        "10:30まで入力できません",
        "10:30まで入力できません",
    ] {
        let reply = browser
            .post("/service/gate", &[("issuance_password", "wrong")])
            .await;
        assert_eq!(reply.status, 422);
        assert!(reply.body.contains(left), "{left}");
    }
    let right = browser
        .post("/service/gate", &[("issuance_password", ISSUANCE)])
        .await;
    assert_eq!(
        right.status, 422,
        "a right password while locked opens nothing"
    );
    assert_eq!(
        Browser::new(&stage).log_in(USER, OWN).await.location(),
        "/service/gate"
    );
}
