//! What every reply carries, and the pages for what goes wrong.

use super::*;

const EVERYWHERE: [(&str, &str); 5] = [
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("x-frame-options", "DENY"),
    ("strict-transport-security", "max-age=0"),
];

fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    reply
        .headers
        .get(name)
        .map_or("", |value| value.to_str().unwrap())
}

#[actix_web::test]
async fn every_reply_has_the_browsers_safety_belts() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    for path in [
        "/",
        "/service",
        "/service/login",
        "/nowhere",
        "/assets/inkan.css",
        "/healthz",
        "/language/en?back=/",
        "/help",
    ] {
        let reply = browser.get(path).await;
        for (name, value) in EVERYWHERE {
            assert_eq!(header(&reply, name), value, "{path} {name}");
        }
        let policy = header(&reply, "content-security-policy");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'self'",
        ] {
            assert!(policy.contains(part), "{path} {part}");
        }
        assert!(
            !policy.contains("unsafe") && !policy.contains('*'),
            "{path}: {policy}"
        );
        let cached = if path.starts_with("/assets") {
            "public, max-age=31536000, immutable"
        } else {
            "no-store"
        };
        assert_eq!(header(&reply, "cache-control"), cached, "{path}");
    }
}

#[actix_web::test]
async fn what_goes_wrong_has_a_page_in_the_visitors_language_and_a_mark() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    let missing = browser.get("/nowhere").await;
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("ページが見つかりません"));
    let mark = missing
        .body
        .split("class=\"code\">")
        .nth(1)
        .unwrap()
        .split('<')
        .next()
        .unwrap();
    assert_eq!(mark, header(&missing, "x-request-id"));
    browser.get("/language/en?back=/").await;
    assert!(
        browser
            .get("/nowhere")
            .await
            .body
            .contains("This page does not exist")
    );
    let delete = browser
        .send(TestRequest::delete().uri("/service/login"))
        .await;
    assert_eq!(delete.status, 405);
    assert!(delete.body.contains("This page does not accept that"));
}

#[actix_web::test]
async fn too_many_logins_at_once_are_asked_to_come_again() {
    let busy = Stage::new().crowded();
    let mut browser = Browser::new(&busy);
    let reply = browser.log_in(USER, TEMPORARY).await;
    assert_eq!(
        (reply.status.as_u16(), header(&reply, "retry-after")),
        (503, "10")
    );
    assert!(reply.body.contains("ただいま混雑しています"));
}

#[actix_web::test]
async fn the_head_of_a_page_can_be_asked_for_alone() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    for path in ["/", "/service/login", "/healthz"] {
        let reply = browser
            .send(
                TestRequest::default()
                    .method(actix_web::http::Method::HEAD)
                    .uri(path),
            )
            .await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[actix_web::test]
async fn the_language_stays_and_the_link_comes_back() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    assert!(
        browser
            .get("/service/login")
            .await
            .body
            .contains("href=\"/language/en?back=/service/login\"")
    );
    assert_eq!(
        browser
            .get("/language/en?back=/service/login")
            .await
            .location(),
        "/service/login"
    );
    assert!(
        browser
            .get("/service/login")
            .await
            .body
            .contains("<html lang=\"en\">")
    );
    assert_eq!(browser.get("/language/fr?back=/").await.status, 404);
    assert_eq!(
        browser
            .get("/language/ja?back=//evil.example")
            .await
            .location(),
        "/"
    );
}

#[actix_web::test]
async fn sessions_begin_with_a_fresh_cookie_at_every_rise() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    let planted = "cd".repeat(32);
    browser
        .cookies
        .push(("__Host-inkan".to_owned(), planted.clone()));
    let reply = browser.log_in(USER, TEMPORARY).await;
    let flags = header(&reply, "set-cookie").split_once(';').unwrap().1;
    assert_eq!(flags, " HttpOnly; SameSite=Lax; Secure; Path=/");
    let at_login = browser.cookie("__Host-inkan").unwrap().to_owned();
    browser.get("/service/password").await;
    browser
        .post("/service/password", &[("new", OWN), ("again", OWN)])
        .await;
    let after_change = browser.cookie("__Host-inkan").unwrap().to_owned();
    browser.pass_gate().await;
    let inside = browser.cookie("__Host-inkan").unwrap().to_owned();
    let mut all = vec![planted, at_login.clone(), after_change, inside];
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 4, "no value lives through a change of rights");
    let mut thief = Browser::new(&stage);
    thief.cookies.push(("__Host-inkan".to_owned(), at_login));
    assert_eq!(
        thief.get("/service/password").await.location(),
        "/service/login"
    );
}

#[actix_web::test]
async fn the_database_holds_no_cookie() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.log_in_first().await;
    let cookie = browser.cookie("__Host-inkan").unwrap().to_owned();
    let found = stage
        .site
        .store
        .read(|db| ca_core::store::session::find(db, &cookie))
        .unwrap();
    assert!(found.is_none());
}
