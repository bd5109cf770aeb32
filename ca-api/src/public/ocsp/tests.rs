//! What is stored is served; what is not ours, not OCSP, or not true any more is not.
use actix_web::http::Method;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use base64::prelude::{BASE64_STANDARD, Engine};
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::random::OsRandom;
use ca_core::domain::revocation::{RevocationEvent, RevocationReason};
use ca_core::domain::seal::SealingKey;
use ca_core::domain::serial::SerialNumber;
use ca_core::flow::record_authority::record_authority;
use ca_core::store::authority::Authority;
use ca_core::store::ocsp_answer::Signed;
use ca_core::store::revocation::{self, NewRevocation};
use ca_core::store::{StoreResult, authority};
use chrono::DateTime;

use super::*;
use crate::server::app;
use crate::site::Area;
use crate::stage::{Stage, morning};

const SHA1: &[u8] = &[0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0];
const GOOD: &[u8] = b"signed: good ";

/// A site, and one serial whose stored answer holds the octets of a request by SHA-1.
struct Post {
    stage: Stage,
    serial: SerialNumber,
}

/// A reply, read.
struct Got {
    status: StatusCode,
    headers: actix_web::http::header::HeaderMap,
    body: Vec<u8>,
}

fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let length = u8::try_from(content.len()).unwrap();
    assert!(length < 0x80);
    [&[tag, length][..], &content].concat()
}

fn octets(issuer: u8, serial: SerialNumber) -> Vec<u8> {
    [
        tlv(4, &[&[issuer; 20]]),
        tlv(4, &[&[issuer; 20]]),
        tlv(2, &[serial.as_bytes()]),
    ]
    .concat()
}

fn question(issuer: u8, serial: SerialNumber) -> Vec<u8> {
    let id = tlv(0x30, &[SHA1, &octets(issuer, serial)]);
    tlv(0x30, &[&tlv(0x30, &[&tlv(0x30, &[&tlv(0x30, &[&id])])])])
}

impl Post {
    fn new() -> Self {
        let stage = Stage::new();
        let act = Act::new(Actor::Staff("sato".into()), morning());
        let root = Authority {
            generation: 1,
            certificate_der: vec![0x30, 0],
            subject: "CN=試験".into(),
            not_before: morning(),
            not_after: morning() + chrono::TimeDelta::days(9_000),
            crl_number: 0,
            status: "active".into(),
            created_at: morning(),
        };
        let key = SealingKey {
            id: "k".into(),
            public_key: vec![1; 32],
        };
        record_authority(&stage.site.store, &act, &root, &key).unwrap();
        let post = Self {
            stage,
            serial: SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom),
        };
        post.happen(RevocationEvent::Abandoned);
        post
    }

    /// An event about the serial: its answer is owed.
    fn happen(&self, event: RevocationEvent) {
        let event = NewRevocation {
            generation: 1,
            serial: self.serial,
            event,
            reason: RevocationReason::CessationOfOperation,
            ends_at: None,
        };
        let done: StoreResult<_> = self
            .stage
            .site
            .store
            .transaction(|db| revocation::append(db, &[event], morning()));
        done.unwrap();
    }

    /// What a worker stores.
    fn sign(&self, says: &[u8], hours: i64) {
        let done: StoreResult<usize> = self.stage.site.store.transaction(|db| {
            let due = ocsp_answer::due(db, 1, self.stage.site.clock.now(), 10)?
                .rows
                .remove(0);
            let now = self.stage.site.clock.now();
            let signed = Signed {
                serial: due.serial,
                version: due.version,
                der: [says, &octets(1, self.serial)].concat(),
                this_update: now,
                next_update: now + chrono::TimeDelta::hours(hours),
                due_at: now + chrono::TimeDelta::hours(hours),
            };
            ocsp_answer::put(db, &[signed])
        });
        assert_eq!(done.unwrap(), 1);
    }

    async fn send(&self, area: Area, request: TestRequest) -> Got {
        let app = init_service(app(self.stage.site.clone(), area)).await;
        let reply = call_service(&app, request.to_request()).await;
        Got {
            status: reply.status(),
            headers: reply.headers().clone(),
            body: read_body(reply).await.to_vec(),
        }
    }

    async fn post(&self, bytes: Vec<u8>) -> Got {
        let request = TestRequest::post()
            .uri("/ocsp")
            .insert_header((CONTENT_TYPE, REQUEST))
            .set_payload(bytes);
        self.send(Area::Plain, request).await
    }

    async fn ask(&self) -> Vec<u8> {
        self.post(question(1, self.serial)).await.body
    }

    async fn get(&self, place: &str) -> Got {
        let request = TestRequest::get().uri(&format!("/ocsp/{place}"));
        self.send(Area::Plain, request).await
    }
}

#[actix_web::test]
async fn stored_bytes_are_served_on_every_listener() {
    let post = Post::new();
    assert_eq!(post.ask().await, Refusal::TryLater.der(), "not signed yet");
    post.sign(GOOD, 10);
    for area in [Area::Plain, Area::Applicant, Area::Console] {
        let request = TestRequest::post()
            .uri("/ocsp")
            .insert_header((CONTENT_TYPE, REQUEST))
            .set_payload(question(1, post.serial));
        let got = post.send(area, request).await;
        assert!(got.status == StatusCode::OK && got.body.starts_with(GOOD));
        assert_eq!(got.headers.get(CONTENT_TYPE), Some(&RESPONSE));
    }
}

#[actix_web::test]
async fn a_get_may_be_escaped_or_not_and_is_cached_for_a_minute() {
    let post = Post::new();
    post.sign(GOOD, 10);
    let plain = BASE64_STANDARD.encode(question(1, post.serial));
    let escaped = plain
        .replace('+', "%2B")
        .replace('/', "%2f")
        .replace('=', "%3D");
    for place in [&plain, &escaped, &plain.trim_end_matches('=').to_owned()] {
        let got = post.get(place).await;
        assert!(got.body.starts_with(GOOD), "{place}");
        let header = |name| got.headers.get(name).unwrap().to_str().unwrap().to_owned();
        assert_eq!(
            header(CACHE_CONTROL),
            "max-age=60, public, no-transform, must-revalidate"
        );
        assert_eq!(header(LAST_MODIFIED), "Wed, 25 Nov 2026 01:00:00 GMT");
        assert_eq!(header(EXPIRES), "Wed, 25 Nov 2026 11:00:00 GMT");
        assert_eq!(header(ETAG).len(), 66);
    }
    post.stage
        .clock
        .advance(chrono::TimeDelta::seconds(10 * 3_600 - 20));
    let late = post.get(&plain).await;
    assert!(
        late.headers
            .get(CACHE_CONTROL)
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("max-age=20,")
    );
    post.stage.clock.advance(chrono::TimeDelta::seconds(21));
    let over = post.get(&plain).await;
    assert_eq!(
        over.body,
        Refusal::TryLater.der(),
        "never an answer that ran out"
    );
    assert_eq!(over.headers.get(CACHE_CONTROL).unwrap(), "no-store");
}

#[actix_web::test]
async fn slashes_of_clients_and_proxies_before_the_request_do_not_count() {
    let post = Post::new();
    post.sign(GOOD, 10);
    let plain = BASE64_STANDARD.encode(question(1, post.serial));
    for path in [
        format!("/ocsp//{plain}"),
        format!("/ocsp///{plain}"),
        format!("//ocsp/{plain}"),
        format!("/ocsp/%2F{plain}"),
    ] {
        let got = post.send(Area::Plain, TestRequest::get().uri(&path)).await;
        assert!(got.body.starts_with(GOOD), "{path}");
    }
    for path in ["/ocsp/", "/ocsp//"] {
        let posted = TestRequest::post()
            .uri(path)
            .insert_header((CONTENT_TYPE, REQUEST))
            .set_payload(question(1, post.serial));
        let got = post.send(Area::Plain, posted).await;
        assert!(got.body.starts_with(GOOD), "{path}");
        let got = post.send(Area::Plain, TestRequest::get().uri(path)).await;
        assert_eq!(got.status, StatusCode::BAD_REQUEST, "{path}");
    }
    let other = post
        .send(Area::Plain, TestRequest::get().uri("/ocspx"))
        .await;
    assert_eq!(
        other.status,
        StatusCode::PERMANENT_REDIRECT,
        "no OCSP, and left alone"
    );
}

#[actix_web::test]
async fn a_revocation_is_followed_within_a_second() {
    let post = Post::new();
    post.sign(GOOD, 10);
    assert!(post.ask().await.starts_with(GOOD));
    post.happen(RevocationEvent::Revoked);
    post.stage
        .clock
        .advance(chrono::TimeDelta::milliseconds(1_001));
    assert_eq!(
        post.ask().await,
        Refusal::TryLater.der(),
        "no longer good, not yet revoked"
    );
    post.sign(b"signed: revoked ", 10);
    assert!(post.ask().await.starts_with(b"signed: revoked "));
}

#[actix_web::test]
async fn an_answer_that_was_read_before_a_revocation_is_not_remembered_after_it() {
    let post = Post::new();
    post.sign(GOOD, 10);
    let (memory, now) = (&post.stage.site.answers, morning());
    let id = read_request(&question(1, post.serial)).unwrap();
    memory.compare(1, now);
    let reading = memory.reading();
    let answer = Arc::new(Prepared::new(GOOD.to_vec(), now, now));
    memory.compare(2, now);
    memory.remember(&id, &answer, reading);
    assert!(memory.recall(&id, now).is_none());
    memory.remember(&id, &answer, memory.reading());
    assert!(memory.recall(&id, now).is_some());
    assert!(
        memory
            .recall(&id, now - chrono::TimeDelta::seconds(1))
            .is_none(),
        "a clock set back"
    );
}

#[actix_web::test]
async fn what_is_not_ours_is_unauthorized_and_what_is_not_a_request_is_malformed() {
    let post = Post::new();
    post.sign(GOOD, 10);
    let strange = SerialNumber::draw(DateTime::UNIX_EPOCH, &OsRandom);
    assert_eq!(
        post.post(question(1, strange)).await.body,
        Refusal::Unauthorized.der()
    );
    let other_issuer = post.post(question(2, post.serial)).await;
    assert_eq!(other_issuer.body, Refusal::Unauthorized.der());
    assert_eq!(other_issuer.status, StatusCode::OK);
    for bad in [Vec::new(), b"<html>".to_vec(), vec![0x30; 100]] {
        let got = post.post(bad).await;
        assert_eq!(
            (got.status, &got.body[..]),
            (StatusCode::OK, &Refusal::Malformed.der()[..])
        );
    }
    let got = post.get(&BASE64_STANDARD.encode("rubbish")).await;
    assert_eq!(
        (got.status, &got.body[..]),
        (StatusCode::OK, &Refusal::Malformed.der()[..])
    );
}

#[actix_web::test]
async fn what_is_no_ocsp_at_all_is_told_so() {
    let post = Post::new();
    let status = |got: Got| {
        (
            got.status.as_u16(),
            got.headers.contains_key("x-frame-options"),
        )
    };
    for place in ["", "%", "%zz", "a_b", "&", "あ%"] {
        let place = place.replace('あ', "%e3%81%82");
        assert_eq!(status(post.get(&place).await), (400, false), "{place}");
    }
    assert_eq!(status(post.get(&"A".repeat(2_049)).await).0, 414);
    assert_eq!(
        post.post(vec![0x30; MAX_REQUEST + 1]).await.status.as_u16(),
        413
    );
    let typed = TestRequest::post().uri("/ocsp").set_payload("token=1");
    assert_eq!(status(post.send(Area::Plain, typed).await).0, 415);
    for method in [Method::PUT, Method::DELETE, Method::OPTIONS] {
        let other = TestRequest::with_uri("/ocsp").method(method);
        let got = post.send(Area::Plain, other).await;
        assert_eq!(
            (got.status.as_u16(), got.headers.contains_key(ALLOW)),
            (405, true)
        );
    }
    let beside = TestRequest::get().uri("/ocspx");
    assert_eq!(
        post.send(Area::Applicant, beside).await.status.as_u16(),
        404
    );
}

#[actix_web::test]
async fn without_a_database_nobody_gets_a_server_error() {
    let post = Post::new();
    post.sign(GOOD, 10);
    post.stage.site.store.revert_all().unwrap();
    let got = post.post(question(1, post.serial)).await;
    assert_eq!(
        (got.status, &got.body[..]),
        (StatusCode::OK, &Refusal::TryLater.der()[..])
    );
    let gone: StoreResult<_> = post.stage.site.store.read(authority::list);
    assert!(gone.is_err());
}
