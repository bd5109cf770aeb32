//! Mails that did not leave: what the buttons do, and what they refuse.

use ca_core::domain::certificate::MailState;
use ca_core::domain::mail::{MailFacts, MailKind};
use ca_core::store::StoreError;
use ca_core::store::outbox::{self, NewMail, Settled};
use chrono::TimeDelta;

use super::browser::Browser;
use super::desk::Desk;
use crate::stage::morning;

/// A mail of this kind that a server refused for good; its number.
fn refused(desk: &Desk, kind: MailKind, name: &str) -> i64 {
    let mail = NewMail {
        kind,
        to_address: "office@exmaple.jp".to_owned(),
        facts: MailFacts {
            user_id: "KJ2700000001".to_owned(),
            name: "さくら".to_owned(),
            ..MailFacts::default()
        },
        message_id: format!("{name}@localhost"),
    };
    let at = morning() - TimeDelta::hours(1);
    let parked: Result<i64, StoreError> = desk.store().transaction(|db| {
        outbox::insert(db, &[mail], at)?;
        let taken = outbox::take(db, "w", morning(), 1, at)?;
        let settled = Settled {
            state: MailState::Parked,
            next_try_at: at,
            error: Some("550 5.1.1 no such user"),
            attempts: 1,
        };
        assert!(outbox::settle(db, "w", &taken[0], &settled, at)?);
        Ok(taken[0].id)
    });
    parked.unwrap()
}

#[actix_web::test]
async fn a_refused_mail_is_sent_again_or_dropped_and_then_it_is_not_on_the_list() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら", "sato");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    for (decision, done) in [
        ("retry", "まもなく送り直します"),
        ("drop", "このメールは送りません"),
    ] {
        let id = refused(&desk, MailKind::CertificateReady, decision);
        let list = browser.get("/console/mails").await.body;
        assert!(list.contains("550 5.1.1 no such user"), "{list}");
        let page = format!("/console/mails/{id}");
        let reply = browser.post(&page, &[("decision", decision)]).await;
        assert_eq!(reply.status, 200);
        assert!(reply.body.contains(done), "{}", reply.body);
        assert!(!reply.body.contains("550 5.1.1"), "{}", reply.body);
    }
    let id = refused(&desk, MailKind::CertificateReady, "twice");
    browser.get("/console/mails").await;
    let page = format!("/console/mails/{id}");
    for status in [200, 409] {
        let reply = browser.post(&page, &[("decision", "drop")]).await;
        assert_eq!(reply.status, status);
    }
}

#[actix_web::test]
async fn what_cannot_be_sent_again_is_refused_in_words_and_stays() {
    let desk = Desk::new();
    let suzuki = desk.operator("suzuki");
    desk.account("KJ2700000001", "さくら", "sato");
    let mut browser = Browser::at_work(&desk, &suzuki).await;
    let id = refused(&desk, MailKind::AddressProof, "code");
    let page = format!("/console/mails/{id}");
    browser.get("/console/mails").await;
    let reply = browser.post(&page, &[("decision", "retry")]).await;
    assert_eq!(reply.status, 409);
    let words = "確認コードは消去済みのため、送り直せません";
    assert!(reply.body.contains(words), "{}", reply.body);
    assert!(reply.body.contains("550 5.1.1"), "it is still on the list");
    assert_eq!(
        browser.post(&page, &[("decision", "burn")]).await.status,
        400
    );
    assert_eq!(browser.post(&page, &[]).await.status, 400);
    let unknown = browser
        .post("/console/mails/999", &[("decision", "drop")])
        .await;
    assert_eq!(unknown.status, 409);
}
