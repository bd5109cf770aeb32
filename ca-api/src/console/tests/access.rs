//! Who gets in: certificate, name, password, session; and nobody by any other way.

use ca_core::domain::certificate::{CertificateStatus, OperatorStatus};
use ca_core::flow::set_operator_status::set_operator_status;
use chrono::{DateTime, TimeDelta};

use super::browser::Browser;
use super::desk::{Desk, PASSWORD, staff};
use super::paper;
use crate::server::PeerCertificate;
use crate::site::Area;
use ca_core::domain::random::OsRandom;
use ca_core::domain::serial::SerialNumber;

const PAGES: [&str; 9] = [
    "/console/unused",
    "/console/notices",
    "/console/notices/new",
    "/console/notices/1",
    "/console/addresses",
    "/console",
    "/console/requests",
    "/console/requests/0192f5a0-0000-7000-8000-000000000001",
    "/console/accounts",
];

const FORMS: [&str; 7] = [
    "/console/notices",
    "/console/notices/check",
    "/console/notices/1/withdraw",
    "/console/addresses/00",
    "/console/logout",
    "/console/requests/decide",
    "/console/requests/0192f5a0-0000-7000-8000-000000000001/retry",
];

#[actix_web::test]
async fn without_a_session_every_page_leads_to_the_login() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::of(&desk, Some(suzuki.peer()));
    for page in PAGES {
        let reply = browser.get(page).await;
        assert_eq!(reply.status, 303, "{page}");
        assert_eq!(reply.location.as_deref(), Some("/console/login"), "{page}");
    }
    for form in FORMS {
        browser.get("/console/login").await;
        let reply = browser.post(form, &[("decision", "approve")]).await;
        assert_eq!(reply.location.as_deref(), Some("/console/login"), "{form}");
    }
}

#[actix_web::test]
async fn the_applicants_port_has_no_console() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    for area in [Area::Plain, Area::Applicant] {
        let mut browser = Browser::of(&desk, Some(suzuki.peer())).on(area);
        for page in PAGES {
            assert_ne!(browser.get(page).await.status, 200, "{area:?} {page}");
        }
    }
}

#[actix_web::test]
async fn a_connection_without_certificate_is_refused() {
    let desk = Desk::new();
    let mut browser = Browser::of(&desk, None);
    for page in PAGES.into_iter().chain(["/console/login"]) {
        assert_eq!(browser.get(page).await.status, 403, "{page}");
    }
}

#[actix_web::test]
async fn a_certificate_that_is_no_operators_does_not_get_a_form() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let stranger = paper::certificate(
        "KJ2700000001",
        SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
    );
    // The same serial with another key: a certificate of another CA that copied the number.
    let serial = desk.operator_row(&suzuki).certificate_serial.unwrap();
    let copied = paper::certificate("suzuki", serial);
    for certificate in [stranger, copied] {
        let mut browser = Browser::of(&desk, Some(PeerCertificate(certificate)));
        let page = browser.get("/console/login").await;
        assert_eq!(page.status, 403);
        assert!(
            page.body.contains("この証明書では入れません"),
            "{}",
            page.body
        );
        assert!(!page.body.contains("name=\"password\""));
        let fields = [("name", "suzuki"), ("password", PASSWORD)];
        assert_eq!(browser.post("/console/login", &fields).await.status, 403);
        assert_eq!(browser.session(), None);
    }
}

#[actix_web::test]
async fn name_and_password_open_only_under_ones_own_certificate() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let tanaka = desk.operator("tanaka");
    let mut browser = Browser::of(&desk, Some(tanaka.peer()));
    let reply = browser.log_in("suzuki", PASSWORD).await;
    assert_eq!(reply.status, 422);
    assert!(reply.body.contains("担当者名またはパスワードが違います"));
    assert_eq!(browser.session(), None);
    // A session that is carried over to another operator's connection opens nothing there.
    let carried = Browser::at_work(&desk, &suzuki).await;
    let mut carried = carried.with_certificate_of(&tanaka);
    let reply = carried.get("/console").await;
    assert_eq!(reply.location.as_deref(), Some("/console/login"));
}

#[actix_web::test]
async fn revoked_expired_and_disabled_are_told_apart_and_kept_out() {
    let desk = Desk::new();
    let revoked = desk.operator_with("revoked", None, CertificateStatus::Revoked);
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::of(&desk, Some(revoked.peer()));
    let page = browser.get("/console/login").await;
    assert!(
        page.body.contains("この証明書は失効しています"),
        "{}",
        page.body
    );

    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let disabled = OperatorStatus::Disabled;
    set_operator_status(desk.store(), &staff("sato"), "suzuki", disabled).unwrap();
    let reply = browser.get("/console").await;
    assert_eq!(reply.location.as_deref(), Some("/console/login"));
    let page = browser.get("/console/login").await;
    assert_eq!(page.status, 403);
    assert!(
        page.body.contains("利用を停止されています"),
        "{}",
        page.body
    );

    let tanaka = desk.operator("tanaka");
    desk.stage.clock.advance(TimeDelta::days(2_000));
    let page = Browser::of(&desk, Some(tanaka.peer()))
        .get("/console/login")
        .await;
    assert!(page.body.contains("有効期間の外です"), "{}", page.body);
}

#[actix_web::test]
async fn tries_under_ones_own_certificate_lock_nobody_else_out() {
    let desk = Desk::new();
    let (suzuki, tanaka) = (desk.operator("suzuki"), desk.operator("tanaka"));
    let mut browser = Browser::of(&desk, Some(tanaka.peer()));
    for _ in 0..4 {
        let reply = browser.log_in("suzuki", "wrong").await;
        assert_eq!(reply.status, 422);
    }
    let reply = browser.log_in("tanaka", PASSWORD).await;
    assert!(reply.body.contains("11月25日（水）10:30"), "{}", reply.body);
    let mut browser = Browser::of(&desk, Some(suzuki.peer()));
    let reply = browser.log_in("suzuki", PASSWORD).await;
    assert_eq!(reply.location.as_deref(), Some("/console"));
}

#[actix_web::test]
async fn the_third_wrong_password_locks_and_the_right_one_waits() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::of(&desk, Some(suzuki.peer()));
    for left in ["2", "1"] {
        let reply = browser.log_in("suzuki", "wrong").await;
        assert!(
            reply.body.contains(&format!("あと {left} 回")),
            "{}",
            reply.body
        );
    }
    for password in ["wrong", PASSWORD] {
        let reply = browser.log_in("suzuki", password).await;
        assert_eq!(reply.status, 422);
        assert!(reply.body.contains("11月25日（水）10:30"), "{}", reply.body);
    }
    desk.stage.clock.advance(TimeDelta::minutes(30));
    let reply = browser.log_in("suzuki", PASSWORD).await;
    assert_eq!(reply.location.as_deref(), Some("/console"));
}

#[actix_web::test]
async fn a_session_ends_by_logging_out_and_by_idleness() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get("/console").await;
    let reply = browser.post("/console/logout", &[]).await;
    assert_eq!(reply.location.as_deref(), Some("/console/login?out=1"));
    assert_eq!(browser.session(), None);
    assert!(
        browser
            .get("/console/login?out=1")
            .await
            .body
            .contains("ログアウトしました")
    );

    let mut browser = Browser::at_work(&desk, &suzuki).await;
    desk.stage.clock.advance(desk.stage.site.idle());
    assert_eq!(browser.get("/console").await.status, 303);
}

#[actix_web::test]
async fn a_form_without_the_sessions_token_does_nothing() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let before = browser.session().cloned();
    for form in FORMS.into_iter().chain(["/console/login"]) {
        browser.forget_token();
        let reply = browser.post(form, &[("decision", "approve")]).await;
        assert_eq!(reply.status, 403, "{form}");
    }
    assert_eq!(browser.session().cloned(), before);
    assert_eq!(browser.get("/console").await.status, 200);
}

#[actix_web::test]
async fn a_login_page_outlives_the_session_that_ends_behind_it() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    desk.stage.clock.advance(desk.stage.site.idle());
    let page = browser.get("/console").await;
    assert_eq!(page.location.as_deref(), Some("/console/login"));
    browser.get("/console/login").await;
    // Another tab logged out meanwhile: its reply takes the cookie away.
    browser.forget_session();
    let fields = [("name", "suzuki"), ("password", PASSWORD)];
    let entered = browser.post("/console/login", &fields).await;
    assert_eq!(entered.location.as_deref(), Some("/console"));
}
