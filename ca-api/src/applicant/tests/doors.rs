//! Which page opens at which stage, written out: a new page without a guard shows here.

use super::*;

/// Path, and what a GET answers: to a stranger, with a temporary password, logged in, past the gate.
const DOORS: [(&str, [&str; 4]); 10] = [
    ("/", ["200", "200", "200", "200"]),
    (
        "/service",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "/service/certificates",
        ],
    ),
    (
        "/service/login",
        [
            "200",
            "/service/password",
            "/service/gate",
            "/service/certificates",
        ],
    ),
    ("/service/password", ["/service/login", "200", "200", "200"]),
    (
        "/service/gate",
        ["/service/login", "/service/password", "200", "200"],
    ),
    (
        "/service/certificates",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "200",
        ],
    ),
    (
        "/service/request",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "200",
        ],
    ),
    (
        "/service/request/done",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "/service/certificates",
        ],
    ),
    (
        "/service/request/withdraw",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "200",
        ],
    ),
    ("/service/signed-out", ["200", "200", "200", "200"]),
];

/// Path, and what a POST with a good token and no fields answers at the same stages.
const ACTS: [(&str, [&str; 4]); 6] = [
    ("/service/password", ["/service/login", "422", "422", "422"]),
    (
        "/service/gate",
        ["/service/login", "/service/password", "422", "422"],
    ),
    (
        "/service/certificates/download",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "400",
        ],
    ),
    (
        "/service/request/withdraw",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "409",
        ],
    ),
    (
        "/service/request",
        [
            "/service/login",
            "/service/password",
            "/service/gate",
            "/service/request/done",
        ],
    ),
    (
        "/service/logout",
        [
            "/service/signed-out",
            "/service/signed-out",
            "/service/signed-out",
            "/service/signed-out",
        ],
    ),
];

fn said(reply: &Reply) -> String {
    if reply.status == 303 {
        reply.location().to_owned()
    } else {
        reply.status.as_u16().to_string()
    }
}

/// A browser of each stage.
async fn browsers(stage: &Stage) -> [Browser<'_>; 4] {
    let mut browsers = [(); 4].map(|()| Browser::new(stage));
    browsers[0].get("/service/login").await;
    // The last one first: a change of the password ends the account's other sessions.
    browsers[3].log_in_first().await;
    browsers[3].pass_gate().await;
    browsers[2].log_in(USER, OWN).await;
    browsers[2].get("/service/gate").await;
    browsers[1].log_in(OTHER, TEMPORARY).await;
    browsers[1].get("/service/password").await;
    browsers
}

#[actix_web::test]
async fn every_page_opens_at_its_stage_alone() {
    let stage = town();
    let mut browsers = browsers(&stage).await;
    for (path, expected) in DOORS {
        for (browser, expected) in browsers.iter_mut().zip(expected) {
            assert_eq!(said(&browser.get(path).await), expected, "GET {path}");
        }
    }
}

#[actix_web::test]
async fn every_form_is_taken_at_its_stage_alone() {
    let stage = town();
    let mut browsers = browsers(&stage).await;
    for (path, expected) in ACTS {
        for (browser, expected) in browsers.iter_mut().zip(expected) {
            assert_eq!(
                said(&browser.post(path, &[]).await),
                expected,
                "POST {path}"
            );
        }
    }
}

#[actix_web::test]
async fn a_login_page_outlives_the_session_that_ends_behind_it() {
    let stage = town();
    let mut browser = Browser::new(&stage);
    browser.log_in_first().await;
    stage.clock.advance(stage.site.idle());
    let page = browser.get("/service/gate").await;
    assert_eq!(page.location(), "/service/login");
    browser.get("/service/login").await;
    let fields = [("user_id", USER), ("password", OWN)];
    // Another tab logged out meanwhile: its reply takes the cookie away.
    browser
        .cookies
        .retain(|(name, _)| name != Area::Applicant.session_cookie());
    let entered = browser.post("/service/login", &fields).await;
    assert_eq!(entered.location(), "/service/gate");
    // And where another tab logged in, its session gives way to this one.
    browser.log_in(USER, OWN).await;
    let entered = browser.post("/service/login", &fields).await;
    assert_eq!(entered.location(), "/service/gate");
}
