//! Every page of the console in every state, in both languages: whole, without a missing text. With
//! `INKAN_GALLERY=FOLDER` the pages are also written there, to be looked at.

use std::path::Path;

use ca_core::domain::account::AccountStatus;
use ca_core::domain::audit_act::AuditAct;
use ca_core::domain::certificate::{CertificateStatus, MailState};
use ca_core::domain::mail::{MailFacts, MailKind};
use ca_core::domain::missing_key::MissingKeys;
use ca_core::domain::request::{RequestEvent, RequestKind};
use ca_core::flow::override_calendar::override_calendar;
use ca_core::store::outbox::{self, NewMail, Settled};
use ca_core::store::worker_status::{self, WorkerStatus};
use ca_core::store::{account, request};
use chrono::TimeDelta;

use super::browser::{Browser, Reply};
use super::decisions::failed;
use super::desk::{Desk, PASSWORD, staff};
use crate::stage::morning;

pub(super) fn check(name: &str, tag: &str, reply: &Reply) {
    let body = &reply.body;
    if let Ok(folder) = std::env::var("INKAN_GALLERY") {
        let path = Path::new(&folder).join(format!("console-{name}.{tag}.html"));
        std::fs::write(path, body).unwrap();
    }
    assert!(
        body.contains(&format!("<html lang=\"{tag}\">")),
        "{name}: {body}"
    );
    assert_eq!(
        body.matches("<h1").count(),
        1,
        "{name}: one heading names the page"
    );
    assert!(
        !body.contains("style="),
        "{name}: the policy forbids inline style"
    );
    assert!(!body.contains(">console-"), "{name}: a text is missing");
    assert!(!body.contains("{ $"), "{name}: a variable was left open");
    let forms = body.matches("method=\"post\"").count();
    assert_eq!(
        forms,
        body.matches("name=\"token\"").count(),
        "{name}: a form without token"
    );
}

pub(super) async fn browser<'a>(
    desk: &'a Desk,
    person: &super::desk::Person,
    tag: &str,
) -> Browser<'a> {
    let browser = Browser::at_work(desk, person).await;
    if tag == "en" {
        browser.in_english()
    } else {
        browser
    }
}

fn worker(desk: &Desk, state: &str, minutes: i64) {
    let status = WorkerStatus {
        worker: "worker-1".to_owned(),
        seen_at: morning() - TimeDelta::minutes(minutes),
        state: state.to_owned(),
        detail: "PKCS#11 token \"inkan\" is not there; it is tried again every 30 seconds"
            .to_owned(),
        place: String::new(),
        missing_keys: MissingKeys::default(),
    };
    desk.store()
        .transaction(|db| worker_status::put(db, &status))
        .unwrap();
}

/// A morning with everything in it.
fn busy(desk: &Desk) {
    let names = [
        "さくら介護センター",
        "訪問看護ステーションもみじ",
        "居宅介護支援事業所 すみれ",
        "メールなし商店",
    ];
    let kinds = [
        RequestKind::First,
        RequestKind::Renewal,
        RequestKind::Reissue,
    ];
    for number in 1..=14_usize {
        let class = ["KJ", "HJ", "HD"][number % 3];
        let by = if number == 4 { "suzuki" } else { "sato" };
        let id = format!("{class}27000000{number:02}");
        let account = desk.account(&id, names[number % 4], by);
        let request = desk.request(
            &account,
            kinds[number % 3],
            i64::try_from(number * 3).unwrap(),
        );
        match number {
            5 => drop(desk.advance(
                &request,
                RequestEvent::Withdraw,
                Some(AuditAct::RequestWithdraw),
            )),
            6 => drop(desk.advance(
                &request,
                RequestEvent::Approve,
                Some(AuditAct::RequestApprove),
            )),
            _ => {}
        }
    }
    let lost = desk.account(
        "KJ2700000099",
        "株式会社とても長い名前の介護サービス事業所ひまわり西梅田北営業所",
        "sato",
    );
    failed(desk, &lost);
}

fn refused_mail(desk: &Desk) {
    let mail = NewMail {
        kind: MailKind::CertificateReady,
        to_address: "office@exmaple.jp".to_owned(),
        facts: MailFacts {
            user_id: "KJ2700000001".to_owned(),
            name: "さくら".to_owned(),
            ..MailFacts::default()
        },
        message_id: "1@localhost".to_owned(),
    };
    let at = morning() - TimeDelta::hours(1);
    let parked = desk.store().transaction(|db| {
        outbox::insert(db, &[mail], at)?;
        let taken = outbox::take(db, "w", morning(), 1, at)?;
        let error = Some("550 5.1.1 no such user");
        let settled = Settled {
            state: MailState::Parked,
            next_try_at: at,
            error,
            attempts: 1,
        };
        outbox::settle(db, "w", &taken[0], &settled, at)
    });
    assert!(parked.unwrap());
}

#[actix_web::test]
async fn empty_and_calm() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let mut browser = browser(&desk, &suzuki, tag).await;
        check("overview-first-day", tag, &browser.get("/console").await);
        worker(&desk, "working", 0);
        check("overview-calm", tag, &browser.get("/console").await);
        check("queue-empty", tag, &browser.get("/console/requests").await);
        check(
            "queue-empty-state",
            tag,
            &browser.get("/console/requests?state=issued").await,
        );
        check(
            "queue-empty-filter",
            tag,
            &browser.get("/console/requests?class=KJ").await,
        );
        check(
            "accounts-empty",
            tag,
            &browser.get("/console/accounts").await,
        );
        let account = desk.account("KJ2700000001", "さくら介護センター", "sato");
        desk.request(&account, RequestKind::First, 0);
        check("queue-one", tag, &browser.get("/console/requests").await);
    }
}

#[actix_web::test]
async fn busy_and_hurting() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        busy(&desk);
        refused_mail(&desk);
        worker(&desk, "signer-away", 1);
        let mut browser = browser(&desk, &suzuki, tag).await;
        for (name, path) in [
            ("overview-hurting", "/console"),
            ("queue-many", "/console/requests?pick=all"),
            ("queue-failed", "/console/requests?state=failed"),
            ("accounts-many", "/console/accounts"),
        ] {
            check(name, tag, &browser.get(path).await);
        }
        let queue = browser.get("/console/requests").await.body;
        decided(&mut browser, tag, &queue).await;
    }
}

/// What forms of the queue are answered with.
async fn decided(browser: &mut Browser<'_>, tag: &str, queue: &str) {
    let parts = queue.split("name=\"chosen[]\" value=\"").skip(1);
    let picks = parts.map(|rest| ("chosen[]", rest.split('"').next().unwrap()));
    let mut chosen: Vec<(&str, &str)> = picks.take(3).collect();
    let gone = format!("0192f5a0-0000-7000-8000-000000000001.{}", "0".repeat(64));
    chosen.push(("chosen[]", gone.as_str()));
    let (reject, approve) = (("decision", "reject"), ("decision", "approve"));
    for (name, fields) in [
        ("reject", vec![reject]),
        ("reject-wrong", vec![reject, ("reason", "")]),
        ("outcome-some", vec![approve]),
        ("outcome-none", vec![approve]),
    ] {
        let form = [chosen.clone(), fields].concat();
        let reply = browser.post("/console/requests/decide", &form).await;
        check(name, tag, &reply);
    }
    let reply = browser.post("/console/requests/decide", &[]).await;
    check("outcome-nothing", tag, &reply);
}

#[actix_web::test]
async fn the_register_says_who_runs_community_support() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら介護センター", "sato");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let marked = |body: &str| body.matches("class=\"flag\">地域生活支援<").count();
    assert_eq!(marked(&browser.get("/console/accounts").await.body), 0);
    desk.account("HJ2700000002", "地域生活支援センターもみじ", "sato");
    let list = browser.get("/console/accounts").await;
    check("accounts-community", "ja", &list);
    assert_eq!(marked(&list.body), 1);
}

#[actix_web::test]
async fn requests_in_every_state() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let mut browser = browser(&desk, &suzuki, tag).await;
        let account = desk.account("KJ2700000001", "さくら介護センター", "sato");
        desk.issued(&account, None, 1_080, true);
        let pending = desk.request(&account, RequestKind::Renewal, 40);
        let mut show = async |name: &str, id: &ca_core::domain::request::RequestId| {
            let reply = browser.get(&format!("/console/requests/{id}")).await;
            assert_eq!(reply.status, 200);
            check(&format!("request-{name}"), tag, &reply);
        };
        show("pending", &pending.id).await;
        desk.advance(
            &pending,
            RequestEvent::Approve,
            Some(AuditAct::RequestApprove),
        );
        show("approved", &pending.id).await;
        desk.advance(&pending, RequestEvent::Claim, None);
        show("signing", &pending.id).await;
        desk.advance(
            &pending,
            RequestEvent::Issue,
            Some(AuditAct::CertificateIssue),
        );
        desk.issued(&account, Some(&pending), 0, false);
        show("issued", &pending.id).await;
        let first = desk.account("KJ2700000002", "もみじ", "sato");
        let first_request = desk.request(&first, RequestKind::First, 1);
        show("first", &first_request.id).await;
        let id = desk.account_row(&first).id;
        let disable = |db: &mut _| account::set_status(db, id, AccountStatus::Disabled, morning());
        desk.store().transaction(disable).unwrap();
        show("disabled", &first_request.id).await;
        desk.advance(
            &first_request,
            RequestEvent::Withdraw,
            Some(AuditAct::RequestWithdraw),
        );
        show("withdrawn", &first_request.id).await;
        let barred = desk.account("KJ2700000003", "すみれ", "suzuki");
        show("barred", &desk.request(&barred, RequestKind::First, 1).id).await;
        let lost = desk.account("KJ2700000004", "つばき", "sato");
        let lost = failed(&desk, &lost);
        show("failed", &lost.id).await;
        let held = desk.request_row(&lost.id);
        let change = request::Change {
            rejection_reason: Some("名称が登記と違います。事務局までご連絡ください。".to_owned()),
            decided_at: Some(morning()),
            ..request::Change::default()
        };
        let reject =
            |db: &mut _| request::advance(db, &held, RequestEvent::Reject, &change, morning());
        desk.store().transaction(reject).unwrap();
        show("rejected", &lost.id).await;
    }
}

#[actix_web::test]
async fn doors() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let revoked = desk.operator_with("revoked", None, CertificateStatus::Revoked);
        let visit = |person: &super::desk::Person| {
            let browser = Browser::of(&desk, Some(person.peer()));
            if tag == "en" {
                browser.in_english()
            } else {
                browser
            }
        };
        check("refused", tag, &visit(&revoked).get("/console/login").await);
        let mut browser = visit(&suzuki);
        check("login", tag, &browser.get("/console/login").await);
        check("login-out", tag, &browser.get("/console/login?out=1").await);
        check("login-wrong", tag, &browser.log_in("suzuki", "wrong").await);
        browser.log_in("suzuki", "wrong").await;
        check(
            "login-locked",
            tag,
            &browser.log_in("suzuki", "wrong").await,
        );
    }
}

#[actix_web::test]
async fn the_window_is_told_by_day_by_night_and_by_order() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    worker(&desk, "working", 0);
    let day = browser.get("/console").await.body;
    assert!(day.contains("11月25日（水）17:15 まで"), "{day}");
    assert!(day.contains("いま対応が必要なことはありません"), "{day}");
    desk.stage.clock.advance(TimeDelta::hours(10));
    browser.log_in("suzuki", PASSWORD).await;
    let night = browser.get("/console").await.body;
    assert!(night.contains("11月26日（木）08:30"), "{night}");
    assert!(night.contains("署名係から応答がありません"), "{night}");
    let until = desk.now() + TimeDelta::hours(1);
    let mut act = staff("sato");
    act.at = desk.now();
    override_calendar(desk.store(), &act, "月末の締め", until).unwrap();
    let ordered = browser.get("/console").await;
    check("overview-ordered", "ja", &ordered);
    assert!(ordered.body.contains("月末の締め"), "{}", ordered.body);
    assert!(
        ordered.body.contains("21:00 まで署名します"),
        "{}",
        ordered.body
    );
}
