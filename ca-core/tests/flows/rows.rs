//! Rows of intents and certificates; their bytes are not what these tests are about.
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::serial::SerialNumber;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::request::Request;
use chrono::TimeDelta;

use crate::world::at;

/// A certificate row as the worker would bring it; its bytes are not what these tests are about.
pub fn certificate(serial: SerialNumber, request: &Request, seconds: i64) -> Certificate {
    Certificate {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: Some(request.id.clone()),
        account_id: Some(request.account_id),
        subject: request.subject.clone(),
        not_before: at(seconds),
        not_after: at(seconds) + TimeDelta::days(1_095),
        certificate_der: vec![0x30, 0],
        spki_sha256: "cd".repeat(32),
        sha1_thumbprint: "ef".repeat(20),
        pkcs12: Some(vec![0x30, 1]),
        issued_at: at(seconds),
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

pub fn intent(serial: SerialNumber, request: &Request, seconds: i64) -> Intent {
    Intent {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: Some(request.id.clone()),
        fence: request.fence,
        tbs_sha256: "aa".repeat(32),
        profile_sha256: "bb".repeat(32),
        state: IntentState::Intended,
        recorded_at: at(seconds),
        settled_at: None,
    }
}

/// The rows of an operator's certificate.
pub fn of_operator(serial: SerialNumber) -> (Intent, Certificate) {
    let intent = Intent {
        serial,
        purpose: Purpose::Operator,
        generation: 1,
        request_id: None,
        fence: 0,
        tbs_sha256: "aa".repeat(32),
        profile_sha256: "bb".repeat(32),
        state: IntentState::Intended,
        recorded_at: at(0),
        settled_at: None,
    };
    let certificate = Certificate {
        serial,
        purpose: Purpose::Operator,
        generation: 1,
        request_id: None,
        account_id: None,
        subject: "CN=operator".into(),
        not_before: at(0) - TimeDelta::days(1),
        not_after: at(0) + TimeDelta::days(365),
        certificate_der: vec![0x30, 2],
        spki_sha256: "ab".into(),
        sha1_thumbprint: "ef".repeat(20),
        pkcs12: None,
        issued_at: at(0),
        status: CertificateStatus::Valid,
        revoked_at: None,
        revocation_reason: None,
        download_count: 0,
        first_downloaded_at: None,
        last_downloaded_at: None,
        installed_at: None,
        first_portal_login_at: None,
    };
    (intent, certificate)
}
