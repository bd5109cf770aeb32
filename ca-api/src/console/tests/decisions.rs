//! What decisions do, and who may not make them.

use ca_core::domain::audit_act::AuditAct;
use ca_core::domain::certificate::{CertificateStatus, MailState};
use ca_core::domain::request::{RequestEvent, RequestKind, RequestState};
use ca_core::flow::approve_requests::{Seen, approve_requests};
use ca_core::store::{approval, outbox};

use super::browser::Browser;
use super::desk::Desk;
use crate::stage::morning;

const DECIDE: &str = "/console/requests/decide";

#[actix_web::test]
async fn a_bulk_approval_answers_for_every_request() {
    let desk = Desk::new();
    let own = desk.account("KJ2700000009", "じぶん", "sato");
    let suzuki = desk.operator_with("suzuki", Some(&own), CertificateStatus::Valid);
    let plain = desk.account("KJ2700000001", "さくら", "sato");
    let registered = desk.account("KJ2700000002", "もみじ", "suzuki");
    let late = desk.account("KJ2700000003", "すみれ", "sato");
    let changed = desk.account("KJ2700000004", "つばき", "sato");
    let [plain, registered, own, late, changed] = [&plain, &registered, &own, &late, &changed]
        .map(|id| desk.request(id, RequestKind::First, 2));
    let withdrawn = desk.pick(&late);
    desk.advance(
        &late,
        RequestEvent::Withdraw,
        Some(AuditAct::RequestWithdraw),
    );

    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get("/console/requests").await;
    let picks = [
        desk.pick(&plain),
        desk.pick(&registered),
        desk.pick(&own),
        withdrawn,
        format!("{}.{}", changed.id, "0".repeat(64)),
    ];
    let mut fields: Vec<_> = picks
        .iter()
        .map(|pick| ("chosen[]", pick.as_str()))
        .collect();
    fields.push(("decision", "approve"));
    let reply = browser.post(DECIDE, &fields).await;

    assert_eq!(reply.status, 200);
    for said in [
        "1 件を承認しました。4 件は承認できませんでした",
        "この利用者を登録したのはあなたです",
        "あなた自身の利用者です",
        "すでに「取下げ」です",
        "表示したあとで内容が変わりました",
    ] {
        assert!(reply.body.contains(said), "{said}: {}", reply.body);
    }
    assert_eq!(desk.request_row(&plain.id).state, RequestState::Approved);
    let stored = desk
        .store()
        .read(|db| approval::find(db, &plain.id))
        .unwrap()
        .unwrap();
    assert!(desk.pick(&plain).ends_with(&stored.digest));
    let act = ("operator:suzuki".to_owned(), "request.approve".to_owned());
    assert_eq!(desk.acts(&plain.id).last(), Some(&act));
    for refused in [&registered, &own, &changed] {
        assert_eq!(desk.request_row(&refused.id).state, RequestState::Pending);
    }
}

#[actix_web::test]
async fn what_may_not_be_decided_is_shown_before_it_is_tried() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let registered = desk.account("KJ2700000002", "もみじ", "suzuki");
    let request = desk.request(&registered, RequestKind::First, 2);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let queue = browser.get("/console/requests").await.body;
    assert!(queue.contains("自分が登録（承認できません）"), "{queue}");
    assert!(!queue.contains("type=\"checkbox\""), "{queue}");
    let page = browser
        .get(&format!("/console/requests/{}", request.id))
        .await
        .body;
    assert!(page.contains("あなたは判断できません"), "{page}");
    assert!(!page.contains("name=\"decision\""), "{page}");
}

#[actix_web::test]
async fn a_rejection_needs_a_reason_and_tells_the_applicant() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら", "sato");
    let request = desk.request(&account, RequestKind::First, 2);
    let pick = desk.pick(&request);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let asked = [("chosen[]", pick.as_str()), ("decision", "reject")];
    browser.get("/console/requests").await;

    let reply = browser.post(DECIDE, &asked).await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.contains("却下の理由"), "{}", reply.body);
    let empty = [asked[0], asked[1], ("reason", " ")];
    assert_eq!(browser.post(DECIDE, &empty).await.status, 422);
    let long = "あ".repeat(201);
    let long = [asked[0], asked[1], ("reason", long.as_str())];
    assert_eq!(browser.post(DECIDE, &long).await.status, 422);
    assert_eq!(desk.request_row(&request.id).state, RequestState::Pending);

    let told = [
        asked[0],
        asked[1],
        (
            "reason",
            "名称が登記と違います。\r\n登記の写しを送ってください。",
        ),
    ];
    let reply = browser.post(DECIDE, &told).await;
    assert!(reply.body.contains("1 件を却下しました"), "{}", reply.body);
    let rejected = desk.request_row(&request.id);
    assert_eq!(rejected.state, RequestState::Rejected);
    assert_eq!(
        rejected.rejection_reason.as_deref(),
        Some("名称が登記と違います。\n登記の写しを送ってください。")
    );
    assert_eq!(rejected.sealed_password, None);
    let mails = desk
        .store()
        .read(|db| outbox::list(db, MailState::Waiting))
        .unwrap();
    assert_eq!(mails.len(), 1);
    let page = browser
        .get(&format!("/console/requests/{}", request.id))
        .await
        .body;
    let lines = "<p class=\"lines\">名称が登記と違います。\n登記の写しを送ってください。</p>";
    assert!(page.contains(lines), "{page}");
}

#[actix_web::test]
async fn a_failed_request_can_be_retried_or_rejected() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら", "sato");
    let request = desk.request(&account, RequestKind::First, 30);
    let seen = Seen {
        request_id: request.id.clone(),
        digest: desk.pick(&request).split_once('.').unwrap().1.to_owned(),
    };
    let (key, operator) = (
        desk.stage.site.approval_key.as_ref(),
        desk.operator_row(&suzuki),
    );
    approve_requests(desk.store(), key.unwrap(), morning(), &operator, &[seen]).unwrap();
    desk.advance(&request, RequestEvent::Claim, None);
    desk.advance(&request, RequestEvent::Park, Some(AuditAct::RequestPark));
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let page = format!("/console/requests/{}", request.id);
    let shown = browser.get(&page).await.body;
    assert!(shown.contains("the linter refused the subject"), "{shown}");
    let reply = browser.post(&format!("{page}/retry"), &[]).await;
    assert!(
        reply.body.contains("署名待ちに戻しました"),
        "{}",
        reply.body
    );
    assert_eq!(desk.request_row(&request.id).state, RequestState::Approved);
    let reply = browser.post(&format!("{page}/retry"), &[]).await;
    assert_eq!(reply.status, 409, "{}", reply.body);
}

#[actix_web::test]
async fn a_failed_request_without_an_approval_that_holds_waits_for_one_again() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら", "sato");
    let request = failed(&desk, &account);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let page = format!("/console/requests/{}", request.id);
    browser.get(&page).await;
    let reply = browser.post(&format!("{page}/retry"), &[]).await;
    assert!(
        reply.body.contains("承認待ちに戻しました"),
        "{}",
        reply.body
    );
    assert_eq!(desk.request_row(&request.id).state, RequestState::Pending);
}

/// A request that the worker parked.
pub(super) fn failed(
    desk: &Desk,
    account: &ca_core::domain::user_id::UserId,
) -> ca_core::store::request::Request {
    let request = desk.request(account, RequestKind::First, 30);
    desk.advance(
        &request,
        RequestEvent::Approve,
        Some(AuditAct::RequestApprove),
    );
    desk.advance(&request, RequestEvent::Claim, None);
    desk.advance(&request, RequestEvent::Park, Some(AuditAct::RequestPark))
}

#[actix_web::test]
async fn broken_and_empty_forms_decide_nothing() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get("/console/requests").await;
    let empty = browser.post(DECIDE, &[("decision", "approve")]).await;
    assert_eq!(empty.status, 422);
    assert!(
        empty.body.contains("申請が選ばれていません"),
        "{}",
        empty.body
    );
    for chosen in ["", "x", "x.y", "0192f5a0-0000-7000-8000-000000000001"] {
        let fields = [("chosen[]", chosen), ("decision", "approve")];
        assert_eq!(
            browser.post(DECIDE, &fields).await.status,
            400,
            "{chosen:?}"
        );
    }
    let unknown = "0192f5a0-0000-7000-8000-000000000001.00";
    let fields = [("chosen[]", unknown), ("decision", "approve")];
    let reply = browser.post(DECIDE, &fields).await;
    assert_eq!(reply.status, 409);
    assert!(
        reply.body.contains("この申請は見つかりません"),
        "{}",
        reply.body
    );
    let fields = [("chosen[]", unknown), ("decision", "levitate")];
    assert_eq!(browser.post(DECIDE, &fields).await.status, 400);
}

#[actix_web::test]
async fn the_queue_is_filtered_by_its_address() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    for (id, name, kind) in [
        ("KJ2700000001", "さくら 50%", RequestKind::First),
        ("HJ2700000002", "もみじ", RequestKind::Renewal),
    ] {
        let account = desk.account(id, name, "sato");
        desk.request(&account, kind, 2);
    }
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    for (query, sakura, momiji) in [
        ("", true, true),
        ("?class=HJ", false, true),
        ("?kind=first", true, false),
        ("?search=%E3%81%95%E3%81%8F", true, false),
        ("?search=kj%202700", true, false),
        ("?search=50%25", true, false),
        ("?search=5_%25", false, false),
        ("?state=failed", false, false),
        ("?page=2", false, false),
    ] {
        let body = browser.get(&format!("/console/requests{query}")).await.body;
        assert_eq!(
            body.contains("さくら 50%</span>"),
            sakura,
            "{query}: {body}"
        );
        assert_eq!(body.contains("もみじ</span>"), momiji, "{query}");
    }
    let all = browser.get("/console/requests?pick=all").await.body;
    assert_eq!(all.matches(" checked").count(), 2, "{all}");
}

#[actix_web::test]
async fn the_request_page_shows_what_will_be_signed() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら", "sato");
    desk.issued(&account, None, 1_080, true);
    let request = desk.request(&account, RequestKind::Renewal, 2);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let page = browser
        .get(&format!("/console/requests/{}", request.id))
        .await
        .body;
    let digest = desk.pick(&request);
    let (_, digest) = digest.split_once('.').unwrap();
    let short = format!("{} {} {}", &digest[0..4], &digest[4..8], &digest[8..12]);
    for said in [
        "CN=KJ2700000001, O=電子請求受付センター",
        "署名した時から 36 か月",
        "2029年11月25日（日）",
        "<ins>ECDSA P-256</ins>",
        "<del>RSA 1024</del>",
        "clientAuth",
        &short,
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    let unknown = "/console/requests/0192f5a0-0000-7000-8000-000000000001";
    assert_eq!(browser.get(unknown).await.status, 404);
    assert_eq!(browser.get("/console/requests/x").await.status, 404);
}

#[actix_web::test]
async fn a_disabled_account_is_not_offered_for_approval() {
    use ca_core::domain::account::AccountStatus;
    use ca_core::store::account;
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let user_id = desk.account("KJ2700000001", "さくら", "sato");
    let request = desk.request(&user_id, RequestKind::First, 2);
    let id = desk.account_row(&user_id).id;
    let disable = |db: &mut _| account::set_status(db, id, AccountStatus::Disabled, desk.now());
    desk.store().transaction(disable).unwrap();
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let page = browser
        .get(&format!("/console/requests/{}", request.id))
        .await
        .body;
    assert!(page.contains("value=\"reject\""), "{page}");
    assert!(!page.contains("value=\"approve\""), "{page}");
    let pick = desk.pick(&request);
    let fields = [("chosen[]", pick.as_str()), ("decision", "approve")];
    let reply = browser.post(DECIDE, &fields).await;
    assert!(
        reply.body.contains("利用を停止されています"),
        "{}",
        reply.body
    );
    assert_eq!(desk.request_row(&request.id).state, RequestState::Pending);
}

#[actix_web::test]
async fn an_unusual_subject_is_decided_on_its_own_page_only() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら", "sato");
    let other = "CN=KJ2700000002, O=電子請求受付センター";
    let request = desk.request_for(&account, RequestKind::First, 2, other);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let queue = browser.get("/console/requests").await.body;
    assert!(queue.contains("名義が規定と違う"), "{queue}");
    assert!(!queue.contains("type=\"checkbox\""), "{queue}");
    let page = browser
        .get(&format!("/console/requests/{}", request.id))
        .await;
    assert!(page.body.contains(other), "{}", page.body);
}
