//! The PKCS#12 leaves to its owner alone, counted, and to no cache.

use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::serial::SerialNumber;
use ca_core::store::authority::Authority;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::intent::{self, Intent};
use chrono::{DateTime, TimeDelta};

use super::*;

/// Gives `user_id` a certificate that holds for `days`.
fn issue(stage: &Stage, user_id: &str, days: i64) -> SerialNumber {
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, stage.site.random.as_ref());
    let user_id = UserId::try_from(user_id.to_owned()).unwrap();
    let done: Result<(), StoreError> = stage.site.store.transaction(|db| {
        if authority::list(db)?.is_empty() {
            authority::insert(db, &root())?;
        }
        let account = account::find(db, &user_id)?.unwrap();
        intent::insert(db, &[intended(serial)])?;
        certificate::insert(db, &[issued(serial, account.id, days)])
    });
    done.unwrap();
    serial
}

fn root() -> Authority {
    Authority {
        generation: 1,
        certificate_der: b"root".to_vec(),
        subject: "CN=root".to_owned(),
        not_before: morning(),
        not_after: morning() + TimeDelta::days(7_300),
        crl_number: 0,
        status: "active".to_owned(),
        created_at: morning(),
    }
}

fn intended(serial: SerialNumber) -> Intent {
    Intent {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        fence: 1,
        tbs_sha256: "00".repeat(32),
        profile_sha256: "00".repeat(32),
        state: IntentState::Intended,
        recorded_at: morning(),
        settled_at: None,
    }
}

fn issued(serial: SerialNumber, account: i64, days: i64) -> Certificate {
    Certificate {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        account_id: Some(account),
        subject: "CN=office".to_owned(),
        not_before: morning() - TimeDelta::minutes(5),
        not_after: morning() + TimeDelta::days(days),
        certificate_der: b"certificate".to_vec(),
        spki_sha256: "00".repeat(32),
        sha1_thumbprint: "9ffb6f1a06bc0245f2d83ae1c40b55d19e7a3c28".to_owned(),
        pkcs12: Some(b"the file".to_vec()),
        issued_at: morning(),
        status: CertificateStatus::Valid,
        revoked_at: None,
        revocation_reason: None,
        download_count: 0,
        first_downloaded_at: None,
        last_downloaded_at: None,
        installed_at: None,
        first_portal_login_at: None,
    }
}

async fn inside(stage: &Stage) -> Browser<'_> {
    let mut browser = Browser::new(stage);
    browser.log_in_first().await;
    browser.pass_gate().await;
    browser
}

#[actix_web::test]
async fn the_owner_gets_the_file_under_its_name_as_often_as_needed() {
    let stage = town();
    let serial = issue(&stage, USER, 1_095).to_hex();
    let mut browser = inside(&stage).await;
    let page = browser.get("/service/certificates").await.body;
    for text in [
        "証明書が発行されました",
        "ダウンロード</button>",
        "9FFB6F1A 06BC0245",
        "2029年11月24日",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for _ in 0..2 {
        let reply = browser
            .post("/service/certificates/download", &[("serial", &serial)])
            .await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, "the file");
        for (name, value) in [
            ("content-type", "application/x-pkcs12"),
            (
                "content-disposition",
                "attachment; filename=\"CertKJ2700000001.p12\"",
            ),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(reply.headers.get(name).unwrap().to_str().unwrap(), value);
        }
    }
    assert!(
        browser
            .get("/service/certificates")
            .await
            .body
            .contains("2回（最後は2026年11月25日（水）10:00）")
    );
}

#[actix_web::test]
async fn nobody_gets_what_is_not_theirs_or_is_over() {
    let stage = town();
    let others = issue(&stage, OTHER, 1_095).to_hex();
    let mut browser = inside(&stage).await;
    for serial in [others.as_str(), &"7f".repeat(16)] {
        let reply = browser
            .post("/service/certificates/download", &[("serial", serial)])
            .await;
        assert_eq!(
            (reply.status.as_u16(), reply.location()),
            (303, "/service/certificates")
        );
        assert_eq!(reply.body, "");
    }
    let own = issue(&stage, USER, 0).to_hex();
    stage.clock.advance(TimeDelta::seconds(1));
    let reply = browser
        .post("/service/certificates/download", &[("serial", &own)])
        .await;
    assert_eq!(reply.location(), "/service/certificates");
    assert!(
        browser
            .get("/service/certificates")
            .await
            .body
            .contains("有効期限切れ")
    );
}

#[actix_web::test]
async fn whoever_holds_a_certificate_for_long_is_told_from_when_to_apply() {
    let stage = town();
    issue(&stage, USER, 1_095);
    let mut browser = inside(&stage).await;
    let page = browser.get("/service/certificates").await.body;
    assert!(page.contains("2029年10月24日（水）からできます"), "{page}");
    assert!(!page.contains("証明書の発行申請を行う"));
    assert_eq!(
        browser.get("/service/request").await.location(),
        "/service/certificates"
    );
    assert_eq!(
        browser.post("/service/request", &[]).await.location(),
        "/service/certificates"
    );
}
