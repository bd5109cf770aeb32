//! The public form for new passwords: its screens, its refusals, and that it reveals nothing.

use ca_core::domain::account::AccountStatus;
use ca_core::domain::reissue::ReissueState;
use ca_core::store::reissue;
use chrono::TimeDelta;

use super::*;

const UNKNOWN: &str = "KJ9999999999";

fn fields(user_id: &str) -> Vec<(&str, &str)> {
    vec![
        ("user_id", user_id),
        ("office_name", "さくら介護"),
        ("person", "山田 花子"),
        ("telephone", "０６－１２３４－５６７８"),
        ("mail_address", ""),
        ("lost", "both"),
        ("detail", "引っ越しで\r\nなくしました"),
    ]
}

fn value(body: &str, name: &str) -> String {
    let place = format!("name=\"{name}\" value=\"");
    let rest = body.split(&place).nth(1).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Sends the form of the confirm screen by one of its buttons.
async fn press(browser: &mut Browser<'_>, check: &Reply, button: &str) -> Reply {
    let names = [
        "id",
        "user_id",
        "office_name",
        "person",
        "telephone",
        "mail_address",
        "lost",
        "detail",
    ];
    let values: Vec<String> = names.iter().map(|name| value(&check.body, name)).collect();
    let mut fields: Vec<(&str, &str)> = names
        .iter()
        .copied()
        .zip(values.iter().map(String::as_str))
        .collect();
    fields.push((button, "1"));
    browser.post("/reissue", &fields).await
}

fn waiting(stage: &Stage) -> i64 {
    let count = stage
        .site
        .store
        .read(|db| reissue::count(db, ReissueState::Waiting));
    count.unwrap()
}

#[actix_web::test]
async fn form_check_correction_done() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    let form = browser.get("/reissue").await;
    assert_eq!(form.status, 200);
    let check = browser
        .post("/reissue", &fields("ＫＪ２７００００００01"))
        .await;
    assert_eq!(check.status, 200, "{}", check.body);
    assert!(check.body.contains("申請の内容を確認してください"));
    assert!(check.body.contains("全角文字を半角に直しました"));
    assert!(check.body.contains("06-1234-5678"));
    let lines = "<dd lang=\"ja\" class=\"lines\">引っ越しで\nなくしました</dd>";
    assert!(check.body.contains(lines), "{}", check.body);
    assert_eq!(waiting(&stage), 0, "nothing is stored before ＯＫ");

    let again = press(&mut browser, &check, "edit").await;
    assert_eq!(again.status, 200);
    for kept in [
        "KJ2700000001",
        "さくら介護",
        "山田 花子",
        "06-1234-5678",
        "引っ越しで\nなくしました",
    ] {
        assert!(again.body.contains(kept), "{kept}");
    }
    assert!(again.body.contains("<option value=\"both\" selected>"));

    let sent = press(&mut browser, &check, "send").await;
    assert_eq!(sent.location(), "/reissue/done");
    let twice = press(&mut browser, &check, "send").await;
    assert_eq!(twice.location(), "/reissue/done");
    assert_eq!(waiting(&stage), 1, "sent twice is once");
    let done = browser.get("/reissue/done").await;
    assert!(done.body.contains("発行申請を完了しました。"));
    assert!(!done.body.contains(USER));
}

/// Every answer on the way for one ID, with the ID and what is drawn at random taken out.
async fn answers(stage: &Stage, user_id: &str) -> Vec<(StatusCode, Vec<String>, String)> {
    let mut answers = Vec::new();
    for _ in 0..4 {
        let mut browser = Browser::new(stage);
        let form = ("__Host-inkan-form".to_owned(), "ab".repeat(32));
        browser.cookies.push(form);
        browser.get("/reissue").await;
        let check = browser.post("/reissue", &fields(user_id)).await;
        let mut replies = vec![];
        if check.status == 200 {
            replies.push(press(&mut browser, &check, "edit").await);
            replies.push(press(&mut browser, &check, "send").await);
            let id = value(&check.body, "id");
            replies.push(Reply {
                body: check.body.replace(&id, "NAME"),
                ..check
            });
        } else {
            replies.push(check);
        }
        replies.push(browser.get("/reissue/done").await);
        for reply in replies {
            let headers = reply
                .headers
                .iter()
                .filter(|(name, _)| *name != "x-request-id");
            let mut headers: Vec<String> = headers.map(|header| format!("{header:?}")).collect();
            headers.sort();
            let grouped = format!("<span>{}</span>", &user_id[..2]);
            let typed = format!("value=\"{user_id}\"");
            let body = reply.body.replace(&typed, "value=\"THE-ID\"");
            let body = match body.split_once(&grouped) {
                Some((before, after)) => {
                    let after = after
                        .split_once("</span></span>")
                        .map_or("", |(_, after)| after);
                    format!("{before}{after}")
                }
                None => body,
            };
            answers.push((reply.status, headers, body));
        }
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
    for (what, id) in [("unknown", UNKNOWN), ("disabled", OTHER)] {
        let other = answers(&stage, id).await;
        assert_eq!(known.len(), other.len(), "{what}");
        for (one, other) in known.iter().zip(&other) {
            assert_eq!(one, other, "{what}");
        }
    }
    assert_eq!(
        known.iter().filter(|(status, _, _)| *status == 429).count(),
        1,
        "the fourth is one too many"
    );
    assert_eq!(waiting(&stage), 9);
}

#[actix_web::test]
async fn too_many_are_sent_away_until_midnight() {
    let stage = Stage::with(|config| config.reissue.per_source_a_day = 2);
    let mut browser = Browser::new(&stage);
    for user_id in ["KJ2700000001", "KJ2700000002"] {
        browser.get("/reissue").await;
        let check = browser.post("/reissue", &fields(user_id)).await;
        press(&mut browser, &check, "send").await;
    }
    browser.get("/reissue").await;
    let refused = browser.post("/reissue", &fields("KJ2700000003")).await;
    assert_eq!(refused.status, 429);
    assert!(
        refused
            .body
            .contains("2026年11月26日（木）00:00 から、また申請できます"),
        "{}",
        refused.body
    );
    assert_eq!(refused.headers.get("retry-after").unwrap(), "50400");
    stage.clock.advance(TimeDelta::hours(14));
    browser.get("/reissue").await;
    let check = browser.post("/reissue", &fields("KJ2700000003")).await;
    assert_eq!(
        press(&mut browser, &check, "send").await.location(),
        "/reissue/done"
    );
}

#[actix_web::test]
async fn a_full_desk_says_so_and_keeps_nothing() {
    let stage = Stage::with(|config| config.reissue.most_waiting = 1);
    let mut browser = Browser::new(&stage);
    let mut replies = Vec::new();
    for user_id in ["KJ2700000001", "KJ2700000002"] {
        browser.get("/reissue").await;
        let check = browser.post("/reissue", &fields(user_id)).await;
        replies.push(press(&mut browser, &check, "send").await.status);
    }
    assert_eq!(
        replies,
        [StatusCode::SEE_OTHER, StatusCode::TOO_MANY_REQUESTS]
    );
    assert_eq!(waiting(&stage), 1);
}

#[actix_web::test]
async fn each_wrong_field_is_named_beside_it_and_the_rest_stays() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    for (name, typed, text) in [
        ("user_id", "", "ユーザＩＤを入力してください"),
        ("user_id", "KJ27", "ユーザＩＤの形が違います"),
        ("office_name", "", "事業所の名称を入力してください"),
        (
            "office_name",
            "さくら\u{202E}介護",
            "使えない文字があります",
        ),
        ("person", "山田\u{7}", "使えない文字があります"),
        ("telephone", "12", "10桁または11桁"),
        ("mail_address", "jimu＠example.jp", "半角"),
        ("lost", "gold", "申請の理由を選んでください"),
        ("lost", "other", ""),
    ] {
        browser.get("/reissue").await;
        let mut sent = fields(USER);
        for field in &mut sent {
            if field.0 == name {
                field.1 = typed;
            }
        }
        let reply = browser.post("/reissue", &sent).await;
        if text.is_empty() {
            assert_eq!(reply.status, 200, "the reason was given");
            continue;
        }
        assert_eq!(reply.status, 422, "{name} {typed:?}");
        let beside = format!("id=\"{name}-wrong\"");
        assert!(
            reply.body.contains(&beside) && reply.body.contains(text),
            "{name} {typed:?}:\n{}",
            reply.body
        );
        assert!(reply.body.contains(&format!("href=\"#{name}\"")), "{name}");
        assert!(
            reply.body.contains("引っ越しで"),
            "{name}: what was typed stays"
        );
    }
}

#[actix_web::test]
async fn hostile_forms_are_refused_with_a_clear_answer() {
    let stage = Stage::new();
    let mut browser = Browser::new(&stage);
    browser.get("/reissue").await;
    let long = "あ".repeat(1_001);
    let mut huge = fields(USER);
    huge[1].1 = &long;
    assert_eq!(browser.post("/reissue", &huge).await.status, 413);
    let mut doubled = fields(USER);
    doubled.push(("user_id", UNKNOWN));
    assert_eq!(browser.post("/reissue", &doubled).await.status, 400);
    let mut forged = fields(USER);
    forged.extend([("send", "1"), ("id", "1; DROP TABLE reissue")]);
    assert_eq!(browser.post("/reissue", &forged).await.status, 400);
    let foreign = TestRequest::post().uri("/reissue").set_form(fields(USER));
    assert_eq!(browser.send(foreign).await.status, 403, "no token");
    assert_eq!(waiting(&stage), 0);
}
