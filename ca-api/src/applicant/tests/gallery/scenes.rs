//! The states that screens can be in, made up.

use std::sync::Arc;

use ca_core::domain::account::AccountStatus;
use ca_core::domain::certificate::{CertificateStatus, Purpose};
use ca_core::domain::contact_change::ContactChanges;
use ca_core::domain::request::{RequestId, RequestKind, RequestState};
use ca_core::domain::serial::SerialNumber;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::user_id::UserId;
use ca_core::store::account::Account;
use ca_core::store::certificate::Certificate;
use ca_core::store::request::Request;
use chrono::{DateTime, TimeDelta, TimeZone, Utc};

use super::{Drawn, draw, page_of};
use crate::applicant::apply::{ApplyPage, DonePage};
use crate::applicant::certificates::{CertificatesPage, Held};
use crate::applicant::fault::Faults;
use crate::applicant::gate::GatePage;
use crate::applicant::login::LoginPage;
use crate::applicant::logout::SignedOutPage;
use crate::applicant::password::ChangePage;
use crate::applicant::withdraw::WithdrawPage;
use crate::help::authority::Root;
use crate::locale::{Language, Locale, Texts};
use crate::page::Page;
use crate::problem::{Kind, ProblemPage};
use crate::public::top::TopPage;

const USER: &str = "KJ2700000001";

pub(super) fn page(language: Language) -> Page {
    let page = page_of(Texts::new(Arc::new(Locale::load().unwrap()), language));
    match language {
        Language::Japanese => page,
        Language::English => Page {
            service: "Electronic Claims Center".to_owned(),
            contact: "Help desk 0570-000-000 (weekdays 9:00-17:00 JST)".to_owned(),
            ..page
        },
    }
}

pub(super) fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 11, 24, 1, 30, 0).unwrap()
}

fn user() -> UserId {
    UserId::try_from(USER.to_owned()).unwrap()
}

pub(super) fn public(page: &Page) -> Vec<Drawn> {
    let signed_out = SignedOutPage { page: page.clone() };
    let top = |older: Vec<Root>| TopPage {
        page: page.clone(),
        older,
    };
    let older = Root {
        generation: 1,
        name: "電子請求受付センター 認証局 G1".to_owned(),
        thumbprint: Thumbprint::of_der(b"G1"),
    };
    vec![
        draw("top", &top(Vec::new())),
        draw("top-two-roots", &top(vec![older])),
        draw("signed-out", &signed_out),
    ]
}

pub(super) fn problems(page: &Page) -> Vec<Drawn> {
    let kinds = [
        ("problem-not-found", Kind::NotFound, 404),
        ("problem-forged", Kind::Forged, 403),
        ("problem-forbidden", Kind::Forbidden, 403),
        ("problem-malformed", Kind::Malformed, 400),
        ("problem-method", Kind::Method, 405),
        ("problem-too-large", Kind::TooLarge, 413),
        ("problem-busy", Kind::Busy, 503),
        ("problem-unavailable", Kind::Unavailable, 503),
        ("problem-damaged", Kind::Damaged, 500),
        ("problem-internal", Kind::Internal, 500),
    ];
    let page_of = |kind, status| ProblemPage {
        page: page.clone(),
        kind,
        status,
        home: "/",
    };
    kinds
        .into_iter()
        .map(|(name, kind, status)| draw(name, &page_of(kind, status)))
        .collect()
}

fn login(page: &Page, faults: Faults) -> LoginPage {
    LoginPage {
        page: page.clone(),
        faults,
        user_id: String::new(),
        folded: false,
        timed_out: false,
        lock_rule: page.with("login-lock-rule", [("tries", "3"), ("minutes", "30")]),
    }
}

fn gate(page: &Page, faults: Faults) -> GatePage {
    let lock_rule = page.with("gate-lock-rule", [("tries", "3"), ("minutes", "30")]);
    GatePage {
        page: page.clone().signed_in_as(USER),
        faults,
        changed: false,
        lock_rule,
    }
}

fn change(page: &Page, faults: Faults, is_step: bool) -> ChangePage {
    let why = if is_step {
        page.t("password-why-temporary")
    } else {
        page.t("password-why-chosen")
    };
    ChangePage {
        page: page.clone().signed_in_as(USER),
        faults,
        why,
        is_step,
        user_id: USER.to_owned(),
    }
}

pub(super) fn entrance(page: &Page) -> Vec<Drawn> {
    let timed_out = LoginPage {
        timed_out: true,
        ..login(page, Faults::default())
    };
    let wrong = LoginPage {
        user_id: USER.to_owned(),
        folded: true,
        ..login(page, wrong(page))
    };
    let locked = LoginPage {
        user_id: USER.to_owned(),
        ..login(page, locked(page))
    };
    vec![
        draw("login", &login(page, Faults::default())),
        draw("login-timed-out", &timed_out),
        draw("login-wrong", &wrong),
        draw("login-locked", &locked),
    ]
}

fn wrong(page: &Page) -> Faults {
    Faults::new(page.t("login-wrong-summary"))
        .with_field(
            "user_id",
            page.t("login-wrong"),
            page.t("login-wrong-advice"),
        )
        .with(page.with("login-left", [("left", "1"), ("minutes", "30")]))
}

fn locked(page: &Page) -> Faults {
    let until = page.moment(now() + TimeDelta::minutes(30));
    Faults::new(page.t("login-locked-title"))
        .with(page.with("login-locked", [("tries", "3"), ("until", &until)]))
        .with(page.t("login-locked-next"))
}

pub(super) fn passwords(page: &Page) -> Vec<Drawn> {
    let refused = Faults::new(page.t("errors-title"))
        .with_field("current", page.t("password-current-wrong"), String::new())
        .with_field("new", page.t("password-short"), String::new())
        .with_field("again", page.t("password-differ"), String::new());
    vec![
        draw("password-forced", &change(page, Faults::default(), true)),
        draw("password-chosen", &change(page, Faults::default(), false)),
        draw("password-refused", &change(page, refused, false)),
    ]
}

pub(super) fn gates(page: &Page) -> Vec<Drawn> {
    let until = page.moment(now() + TimeDelta::minutes(30));
    let wrong = Faults::new(page.t("errors-title"))
        .with_field(
            "issuance_password",
            page.t("gate-wrong-summary"),
            page.t("gate-wrong"),
        )
        .with(page.with("gate-left", [("left", "2"), ("minutes", "30")]));
    let locked = Faults::new(page.t("gate-locked-title"))
        .with(page.with("gate-locked", [("tries", "3"), ("until", &until)]));
    let changed = GatePage {
        changed: true,
        ..gate(page, Faults::default())
    };
    vec![
        draw("gate", &gate(page, Faults::default())),
        draw("gate-changed", &changed),
        draw("gate-wrong", &gate(page, wrong)),
        draw("gate-locked", &gate(page, locked)),
    ]
}

fn request(state: RequestState) -> Request {
    Request {
        id: RequestId::parse("019ab000-0000-7000-8000-000000000001").unwrap(),
        account_id: 1,
        kind: RequestKind::First,
        profile: "client".to_owned(),
        subject: format!("CN={USER}"),
        state,
        submitted_at: now() - TimeDelta::hours(1),
        promised_at: Utc.with_ymd_and_hms(2026, 11, 25, 8, 15, 0).single(),
        seal_key_id: String::new(),
        sealed_password: None,
        decided_at: None,
        rejection_reason: (state == RequestState::Rejected).then(|| {
            "登録されている事業所名と、届け出の内容が違っています。変更届をご提出ください。"
                .to_owned()
        }),
        lease_owner: None,
        lease_until: None,
        fence: 0,
        attempts: 0,
        failure: None,
        updated_at: now(),
    }
}

pub(super) fn certificate(
    days_left: i64,
    status: CertificateStatus,
    downloads: i64,
) -> Certificate {
    Certificate {
        serial: SerialNumber::from_hex("7f9c0d5e8a7b46121c9d0e3f5a6b7c8d").unwrap(),
        purpose: Purpose::Client,
        generation: 1,
        request_id: None,
        account_id: Some(1),
        subject: format!("CN={USER}"),
        not_before: now() + TimeDelta::days(days_left - 1096),
        not_after: now() + TimeDelta::days(days_left),
        certificate_der: Vec::new(),
        spki_sha256: String::new(),
        sha1_thumbprint: "9ffb6f1a06bc0245f2d83ae1c40b55d19e7a3c28".to_owned(),
        pkcs12: Some(Vec::new()),
        issued_at: now() + TimeDelta::days(days_left - 1096),
        status,
        revoked_at: (status == CertificateStatus::Revoked).then(|| now() - TimeDelta::days(3)),
        revocation_reason: None,
        download_count: downloads,
        first_downloaded_at: None,
        last_downloaded_at: (downloads > 0).then(|| now() - TimeDelta::days(10)),
        installed_at: None,
        first_portal_login_at: None,
    }
}

pub(super) fn account() -> Account {
    Account {
        id: 1,
        user_id: user(),
        name: "株式会社さくら介護 さくら訪問介護ステーション".to_owned(),
        recipient: None,
        postal_code: "100-0001".to_owned(),
        address: "東京都千代田区千代田1-1".to_owned(),
        mail_address: Some("jimu@sakura-kaigo.example.jp".to_owned()),
        status: AccountStatus::Active,
        registered_by: "staff".to_owned(),
        login_password_hash: None,
        login_password_temporary: false,
        login_password_changed_at: None,
        previous_login_password_hash: None,
        issuance_password_hash: None,
        letter_due: false,
        community_support: false,
        contact_changes: ContactChanges::default(),
        created_at: now(),
        updated_at: now(),
    }
}

fn mine(page: &Page, request: Option<&Request>, certificates: &[Certificate]) -> CertificatesPage {
    let held = Held {
        requests: request.into_iter().cloned().collect(),
        certificates: certificates.to_vec(),
        signer_away: false,
        kept: None,
    };
    held_by_me(page, &held)
}

fn delayed(page: &Page) -> CertificatesPage {
    let held = Held {
        requests: vec![request(RequestState::Approved)],
        certificates: Vec::new(),
        signer_away: true,
        kept: None,
    };
    held_by_me(page, &held)
}

fn held_by_me(page: &Page, held: &Held) -> CertificatesPage {
    CertificatesPage::of(page.clone().signed_in_as(USER), &account(), held, now())
}

pub(super) fn certificates(page: &Page) -> Vec<Drawn> {
    let valid = CertificateStatus::Valid;
    let many = [
        certificate(1000, valid, 2),
        certificate(20, valid, 5),
        certificate(-40, valid, 1),
        certificate(400, CertificateStatus::Revoked, 1),
    ];
    let issued = request(RequestState::Issued);
    let pending = request(RequestState::Pending);
    let soon = [certificate(20, valid, 3)];
    vec![
        draw(
            "my-issued",
            &mine(page, Some(&issued), &[certificate(1096, valid, 0)]),
        ),
        draw("my-many", &mine(page, None, &many)),
        draw("my-soon", &mine(page, None, &soon)),
        draw("my-renewing", &mine(page, Some(&pending), &soon)),
    ]
}

pub(super) fn requests(page: &Page) -> Vec<Drawn> {
    let of = |state| mine(page, Some(&request(state)), &[]);
    let approved = request(RequestState::Approved);
    let late = Request {
        promised_at: Some(now() - TimeDelta::hours(1)),
        ..approved
    };
    let no_mail = CertificatesPage {
        mail: None,
        ..mine(page, None, &[])
    };
    vec![
        draw("my-none", &mine(page, None, &[])),
        draw("my-none-no-mail", &no_mail),
        draw("my-pending", &of(RequestState::Pending)),
        draw("my-approved", &of(RequestState::Approved)),
        draw("my-delayed", &delayed(page)),
        draw("my-late", &mine(page, Some(&late), &[])),
        draw("my-rejected", &of(RequestState::Rejected)),
        draw("my-failed", &of(RequestState::Failed)),
        draw("my-withdrawn", &of(RequestState::Withdrawn)),
    ]
}

pub(super) fn application(page: &Page) -> Vec<Drawn> {
    let page = page.clone().signed_in_as(USER);
    let until = page.moment(Utc.with_ymd_and_hms(2026, 11, 25, 8, 15, 0).unwrap());
    let apply = ApplyPage {
        page: page.clone(),
        what: page.with("apply-what-value", [("years", "3")]),
        user_id: USER.to_owned(),
        name: "株式会社さくら介護 さくら訪問介護ステーション".to_owned(),
        by: page.with("apply-by-value", [("until", until.clone())]),
        mail: Some("jimu@sakura-kaigo.example.jp".to_owned()),
    };
    let done = DonePage {
        page: page.clone(),
        promised: page.with("done-promised", [("until", until.clone())]),
        mail: Some("jimu@sakura-kaigo.example.jp".to_owned()),
    };
    let done_no_mail = DonePage {
        page: page.clone(),
        promised: page.with("done-promised", [("until", until)]),
        mail: None,
    };
    vec![
        draw("apply", &apply),
        draw("done", &done),
        draw("done-no-mail", &done_no_mail),
        draw(
            "withdraw",
            &WithdrawPage {
                page: page.clone(),
                may_withdraw: true,
            },
        ),
        draw(
            "withdraw-late",
            &WithdrawPage {
                page,
                may_withdraw: false,
            },
        ),
    ]
}
