//! Reminders by post: what the sheet says, and a run of them against a real register.

use std::fs;

use ca_core::domain::account::AccountStatus;
use ca_core::domain::certificate::{CertificateStatus, IntentState, Purpose};
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::verify_audit::verify_audit;
use ca_core::store::certificate::Certificate;
use ca_core::store::intent::Intent;
use ca_core::store::{account, certificate, intent, letter};
use chrono::{DateTime, TimeDelta};

use super::reading::{pages, text, words};
use super::register::{FIRST, Office, SECOND};
use super::*;

/// A certificate of `user_id` that ends so many days after the letters' date.
fn certify(office: &Office, user_id: &str, days: i64) {
    let serial = SerialNumber::draw(DateTime::UNIX_EPOCH, &office.random);
    let end = printed_at() + TimeDelta::days(days);
    let drawn = Intent {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        fence: 1,
        tbs_sha256: "aa".repeat(32),
        profile_sha256: "bb".repeat(32),
        state: IntentState::Intended,
        recorded_at: printed_at(),
        settled_at: None,
    };
    let row = Certificate {
        serial,
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        account_id: Some(office.account(user_id).id),
        subject: format!("CN={user_id}"),
        not_before: printed_at() - TimeDelta::days(1_000),
        not_after: end,
        certificate_der: vec![0x30, 0],
        spki_sha256: "cd".repeat(32),
        sha1_thumbprint: "ef".repeat(20),
        pkcs12: None,
        issued_at: printed_at(),
        status: CertificateStatus::Valid,
        revoked_at: None,
        revocation_reason: None,
        download_count: 0,
        first_downloaded_at: None,
        last_downloaded_at: None,
        installed_at: None,
        first_portal_login_at: None,
    };
    let insert = |db: &mut _| {
        intent::insert(db, &[drawn])?;
        certificate::insert(db, &[row])
    };
    office.store.transaction(insert).unwrap();
}

fn remind(office: &Office) -> Result<Option<Reminded>, PressError> {
    office.press().remind("sato", &office.target(), false)
}

#[test]
fn a_reminder_says_what_ends_when_and_what_to_do() {
    let office = Office::new();
    certify(&office, FIRST, 20);
    certify(&office, SECOND, 31);
    let reminded = remind(&office).unwrap().unwrap();
    assert_eq!((reminded.letters.len(), reminded.left_over), (1, 0));
    let pdf = fs::read(office.target()).unwrap();
    if let Ok(folder) = std::env::var("INKAN_GALLERY") {
        fs::write(format!("{folder}/reminder.pdf"), &pdf).unwrap();
    }
    assert_eq!(pages(&pdf), 1);
    let printed = text(&pdf);
    for expected in [
        "証明書の有効期限のお知らせ",
        "KJ 2700 000 001",
        "さくら訪問介護ステーション 御中",
        "〒540-0001",
        "2026年11月25日（水）",
        "2026年12月15日（火）",
        "00:30",
        "2026年11月15日（日） から",
        "証明書発行サービス",
        "クライアント証明書発行用パスワード",
        "再発行",
        &office.config.service.public_url,
        &office.config.service.contact,
        &reminded.letters[0].number,
    ] {
        let solid = |text: &str| text.split_whitespace().collect::<String>();
        assert!(
            solid(&printed).contains(&solid(expected)),
            "{expected} is missing in:\n{printed}"
        );
    }
    // Nothing but the address can slide into the window.
    for word in words(&pdf) {
        if word.left < 115.0 && word.top < 60.0 {
            assert!(
                word.left >= 20.0 && word.right <= 85.0 && word.top >= 12.0 && word.bottom <= 36.0,
                "{word:?}"
            );
        }
    }
}

#[test]
fn a_reminder_is_recorded_once_and_changes_no_password() {
    let office = Office::new();
    office.print(&office.due()).unwrap();
    fs::remove_file(office.target()).unwrap();
    let before = office.account(FIRST);
    certify(&office, FIRST, 20);
    let reminded = remind(&office).unwrap().unwrap();
    let after = office.account(FIRST);
    assert_eq!(after.login_password_hash, before.login_password_hash);
    assert_eq!(after.issuance_password_hash, before.issuance_password_hash);
    let run = office
        .store
        .read(|db| letter::find_run(db, &reminded.run_id));
    let letters = office.store.read(|db| letter::of_account(db, after.id));
    let (run, letters) = (run.unwrap(), letters.unwrap());
    let pdf = fs::read(office.target()).unwrap();
    let sha256 = hex::encode(openssl::sha::sha256(&pdf));
    assert_eq!(run.unwrap().pdf_sha256, sha256);
    assert!(
        letters
            .iter()
            .any(|letter| letter.number == reminded.letters[0].number)
    );
    assert_eq!(office.audited("letter.remind"), 1);
    verify_audit(&office.store).unwrap();
    // Again: nothing is due, and the file that is there is no obstacle.
    assert!(remind(&office).unwrap().is_none());
    assert_eq!(fs::read(office.target()).unwrap(), pdf);
    assert_eq!(office.files(), ["letters.pdf"]);
}

#[test]
fn a_reminder_with_a_missing_glyph_stays_due() {
    let office = Office::new();
    office.register(FIRST, "𠮷田デイサービス");
    certify(&office, FIRST, 20);
    let error = remind(&office).unwrap_err().to_string();
    assert!(
        error.contains(FIRST) && error.contains("U+20BB7"),
        "{error}"
    );
    assert_eq!(office.files(), Vec::<String>::new());
    assert_eq!(office.audited("letter.remind"), 0);
    // The others are reminded.
    certify(&office, SECOND, 20);
    let reminded = remind(&office).unwrap().unwrap();
    assert_eq!(reminded.letters[0].user_id.as_str(), SECOND);
    assert_eq!(
        (
            reminded.letters.len(),
            reminded.left_out[0].user_id.as_str()
        ),
        (1, FIRST)
    );
    fs::remove_file(office.target()).unwrap();
    office.register(FIRST, "吉田デイサービス");
    assert_eq!(remind(&office).unwrap().unwrap().letters.len(), 1);
}

#[test]
fn an_interrupted_run_of_reminders_is_finished_first() {
    let office = Office::new();
    certify(&office, FIRST, 20);
    let reminded = remind(&office).unwrap().unwrap();
    let draft = office.out().join(office.draft_name(&reminded.run_id));
    fs::rename(office.target(), draft).unwrap();
    let error = remind(&office).unwrap_err();
    assert!(
        matches!(error, PressError::EarlierRun { letters: 1, .. }),
        "{error}"
    );
    assert_eq!(office.files(), ["letters.pdf"]);
}

#[test]
fn whoever_is_switched_off_is_not_reminded() {
    let office = Office::new();
    certify(&office, SECOND, 20);
    let id = office.account(SECOND).id;
    let off = AccountStatus::Disabled;
    office
        .store
        .transaction(|db| account::set_status(db, id, off, printed_at()))
        .unwrap();
    assert!(remind(&office).unwrap().is_none());
    assert_eq!(office.files(), Vec::<String>::new());
}
