//! Who may say which certificate a browser has, and what is done with those who may not.

use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::web::Data;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ca_core::domain::actor::{Act, Actor};
use ca_core::domain::seal::SealingKey;
use ca_core::flow::record_authority::record_authority;
use ca_core::store::authority as roots;
use chrono::TimeDelta;
use openssl::x509::X509;

use crate::server::{Way, app_by};
use crate::site::Area;
use crate::stage::{Stage, morning};
use authority::{Authority, Purpose};

pub(crate) mod authority;

/// A portal whose root is `ours`.
fn portal(ours: &Authority) -> Stage {
    let stage = Stage::new();
    let root = roots::Authority {
        generation: 1,
        certificate_der: ours.root.to_der().unwrap(),
        subject: "CN=G1".to_owned(),
        not_before: morning() - TimeDelta::days(1),
        not_after: morning() + TimeDelta::days(7_000),
        crl_number: 1,
        status: "active".to_owned(),
        created_at: morning(),
    };
    let key = SealingKey {
        id: "k1".to_owned(),
        public_key: vec![7; 32],
    };
    let act = Act::new(Actor::Staff("sato".to_owned()), morning());
    record_authority(&stage.site.store, &act, &root, &key).unwrap();
    stage
}

fn field(certificate: &X509) -> String {
    format!(":{}:", STANDARD.encode(certificate.to_der().unwrap()))
}

/// Status and text of a path, asked by `from` with these headers.
async fn ask(
    stage: &Stage,
    way: Way,
    from: [u8; 4],
    path: &str,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let app = init_service(app_by(Data::clone(&stage.site), Area::Portal, way)).await;
    let mut request = TestRequest::get()
        .uri(path)
        .peer_addr((from, 50_000).into());
    for (name, value) in headers {
        request = request.append_header((*name, *value));
    }
    let response = call_service(&app, request.to_request()).await;
    let status = response.status().as_u16();
    let body = read_body(response).await;
    (status, String::from_utf8_lossy(&body).into_owned())
}

const PROXY: [u8; 4] = [127, 0, 0, 1];
const LOGIN: &str = "/portal/login";
/// What the login says to a browser that offered no certificate.
const NONE: &str = "クライアント証明書が選ばれていません";

#[actix_web::test]
async fn the_header_counts_from_a_trusted_address_on_the_proxys_listener_alone() {
    let ours = Authority::new("G1");
    let stage = portal(&ours);
    let certificate = ours.issue("KJ2700000001", Purpose::Client, 0, 30);
    let header = field(&certificate);
    let shown = [("client-cert", header.as_str())];
    let (_, said) = ask(&stage, Way::Proxied, PROXY, LOGIN, &shown).await;
    assert!(
        said.contains("KJ2700000001") && !said.contains(NONE),
        "{said}"
    );
    let (_, said) = ask(&stage, Way::Proxied, PROXY, LOGIN, &[]).await;
    assert!(said.contains(NONE), "{said}");
    let (_, said) = ask(&stage, Way::Direct, PROXY, LOGIN, &shown).await;
    assert!(said.contains(NONE), "past the proxy it is ignored: {said}");
    for from in [[127, 0, 0, 2], [192, 0, 2, 1]] {
        let (status, said) = ask(&stage, Way::Proxied, from, LOGIN, &shown).await;
        assert_eq!(status, 403, "{said}");
        assert!(!said.contains("KJ2700000001"), "{said}");
        // An address that says itself where it is from says nothing.
        let claimed = [
            shown[0],
            ("x-forwarded-for", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
        ];
        assert_eq!(
            ask(&stage, Way::Proxied, from, LOGIN, &claimed).await.0,
            403
        );
    }
}

#[actix_web::test]
async fn a_header_that_is_wrong_is_a_clear_4xx() {
    let ours = Authority::new("G1");
    let stage = portal(&ours);
    let header = field(&ours.issue("KJ2700000001", Purpose::Client, 0, 30));
    let foreign = field(&Authority::new("G1").issue("KJ2700000001", Purpose::Client, 0, 30));
    let server = field(&ours.issue("localhost", Purpose::Server, 0, 30));
    let huge = format!(":{}:", "A".repeat(60_000));
    for (values, status) in [
        (vec!["garbage"], 400),
        (vec![":AAAA:"], 400),
        (vec![huge.as_str()], 400),
        (vec![header.as_str(), header.as_str()], 400),
        (vec![header.as_str(), foreign.as_str()], 400),
        (vec![foreign.as_str()], 403),
        (vec![server.as_str()], 403),
    ] {
        let headers: Vec<_> = values.iter().map(|value| ("client-cert", *value)).collect();
        for path in [LOGIN, "/auth/check?function=notices"] {
            let (found, said) = ask(&stage, Way::Proxied, PROXY, path, &headers).await;
            assert_eq!(found, status, "{said}");
        }
    }
    // The chain header is neither needed nor believed.
    let chain = [
        ("client-cert", header.as_str()),
        ("client-cert-chain", "garbage"),
    ];
    let (_, said) = ask(&stage, Way::Proxied, PROXY, LOGIN, &chain).await;
    assert!(said.contains("KJ2700000001"), "{said}");
}
