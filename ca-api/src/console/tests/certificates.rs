//! Certificates in the console: found, shown, suspended, released, revoked, and what cannot be.

use ca_core::domain::audit_act::AuditAct;
use ca_core::domain::certificate::{CertificateStatus, MailState};
use ca_core::domain::request::{RequestEvent, RequestKind, RequestState};
use ca_core::domain::user_id::UserId;
use ca_core::store::certificate::{self, Certificate};
use ca_core::store::outbox;

use super::browser::{Browser, Reply};
use super::desk::Desk;
use super::gallery;

const LIST: &str = "/console/certificates";

/// The newest certificate of an account.
fn own(desk: &Desk, user_id: &UserId) -> Certificate {
    let id = desk.account_row(user_id).id;
    let found = desk.store().read(|db| certificate::of_account(db, id));
    found.unwrap().remove(0)
}

async fn order(browser: &mut Browser<'_>, of: &Certificate, fields: &[(&str, &str)]) -> Reply {
    browser
        .post(&format!("{LIST}/{}/order", of.serial), fields)
        .await
}

#[actix_web::test]
async fn a_certificate_is_found_by_serial_user_id_name_and_status() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら介護センター", "sato");
    desk.issued(&account, None, 3, false);
    let serial = own(&desk, &account).serial.to_hex();
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let found = |reply: Reply| reply.body.contains(&format!("{LIST}/{serial}\""));
    let upper = serial[2..12].to_uppercase();
    for search in [
        "KJ2700000001",
        "2700",
        &upper,
        "%E3%81%95%E3%81%8F%E3%82%89",
    ] {
        let reply = browser
            .get(&format!("{LIST}?search={search}&status=valid"))
            .await;
        assert!(found(reply), "{search}");
    }
    for nothing in [
        "search=KJ9900000001",
        "status=revoked",
        "search=%25",
        "page=9999",
    ] {
        assert!(
            !found(browser.get(&format!("{LIST}?{nothing}")).await),
            "{nothing}"
        );
    }
    assert_eq!(browser.get(&format!("{LIST}/zz")).await.status, 404);
    let stranger = format!("{LIST}/4{}", "0".repeat(31));
    assert_eq!(browser.get(&stranger).await.status, 404);
}

#[actix_web::test]
async fn nothing_is_done_before_it_was_shown_and_then_it_is_told() {
    for tag in ["ja", "en"] {
        let desk = Desk::new();
        let suzuki = desk.operator("suzuki");
        let account = desk.account("KJ2700000001", "さくら介護センター", "sato");
        desk.issued(&account, None, 3, false);
        let held = own(&desk, &account);
        let mut browser = gallery::browser(&desk, &suzuki, tag).await;
        let page = format!("{LIST}/{}", held.serial);
        gallery::check("certificates", tag, &browser.get(LIST).await);
        gallery::check(
            "certificates-empty",
            tag,
            &browser.get(&format!("{LIST}?status=held")).await,
        );
        gallery::check("certificate-valid", tag, &browser.get(&page).await);
        let status = || own(&desk, &account).status;

        let seen = order(&mut browser, &held, &[("order", "hold")]).await;
        gallery::check("certificate-check-hold", tag, &seen);
        assert_eq!((seen.status, status()), (200, CertificateStatus::Valid));
        let done = order(&mut browser, &held, &[("order", "hold"), ("sure", "yes")]).await;
        assert_eq!((done.status, status()), (303, CertificateStatus::Held));
        gallery::check(
            "certificate-held",
            tag,
            &browser.get(&done.location.unwrap()).await,
        );
        order(
            &mut browser,
            &held,
            &[("order", "release"), ("sure", "yes")],
        )
        .await;
        assert_eq!(status(), CertificateStatus::Valid);

        let revoke = [("order", "revoke"), ("reason", "keyCompromise")];
        let seen = order(&mut browser, &held, &revoke).await;
        gallery::check("certificate-check-revoke", tag, &seen);
        assert_eq!(status(), CertificateStatus::Valid);
        let sure = [&revoke[..], &[("sure", "yes")]].concat();
        assert_eq!(order(&mut browser, &held, &sure).await.status, 303);
        assert_eq!(status(), CertificateStatus::Revoked);
        let after = browser.get(&page).await;
        gallery::check("certificate-revoked", tag, &after);
        assert!(!after.body.contains("/order\""), "nothing more can be done");
        let again = order(&mut browser, &held, &sure).await;
        gallery::check("certificate-check-nothing", tag, &again);
        assert_eq!(again.status, 409);
        let mails = desk.store().read(|db| outbox::list(db, MailState::Waiting));
        assert_eq!(mails.unwrap().len(), 3);
    }
}

#[actix_web::test]
async fn an_order_without_reason_or_with_a_strange_one_changes_nothing() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら", "sato");
    desk.issued(&account, None, 3, false);
    let held = own(&desk, &account);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get(LIST).await;
    for (fields, status) in [
        (&[][..], 422),
        (&[("order", "revoke"), ("sure", "yes")], 422),
        (
            &[
                ("order", "revoke"),
                ("reason", "removeFromCRL"),
                ("sure", "yes"),
            ],
            400,
        ),
        (
            &[
                ("order", "revoke"),
                ("reason", "certificateHold"),
                ("sure", "yes"),
            ],
            400,
        ),
        (&[("order", "destroy"), ("sure", "yes")], 400),
        (
            &[("order", "hold"), ("order", "revoke"), ("sure", "yes")],
            400,
        ),
        (&[("order", "release"), ("sure", "yes")], 409),
    ] {
        assert_eq!(
            order(&mut browser, &held, fields).await.status,
            status,
            "{fields:?}"
        );
    }
    assert_eq!(own(&desk, &account).status, CertificateStatus::Valid);
    let nowhere = format!("{LIST}/4{}/order", "0".repeat(31));
    assert_eq!(
        browser.post(&nowhere, &[("order", "hold")]).await.status,
        404
    );
    browser.forget_token();
    let forged = order(&mut browser, &held, &[("order", "hold"), ("sure", "yes")]).await;
    assert_eq!(forged.status, 403);
}

#[actix_web::test]
async fn a_whole_account_takes_its_approved_request_along() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    let account = desk.account("KJ2700000001", "さくら", "sato");
    desk.issued(&account, None, 3, false);
    let request = desk.request(&account, RequestKind::Renewal, 2);
    desk.advance(
        &request,
        RequestEvent::Approve,
        Some(AuditAct::RequestApprove),
    );
    let held = own(&desk, &account);
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    browser.get(LIST).await;
    let fields = [
        ("order", "revoke"),
        ("reason", "privilegeWithdrawn"),
        ("scope", "account"),
    ];
    let seen = order(&mut browser, &held, &fields).await;
    assert!(
        seen.body.contains("承認済みの申請 1 件の署名も止めます"),
        "{}",
        seen.body
    );
    assert_eq!(desk.request_row(&request.id).state, RequestState::Approved);
    let sure = [&fields[..], &[("sure", "yes")]].concat();
    assert_eq!(order(&mut browser, &held, &sure).await.status, 303);
    assert_eq!(desk.request_row(&request.id).state, RequestState::Failed);
    assert_eq!(own(&desk, &account).status, CertificateStatus::Revoked);
}
