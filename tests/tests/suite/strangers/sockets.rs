//! A stranger with two thousand sockets, idle or dripping, from one address: offices, operators, revocation checks and
//! monitoring go on beside it.

use inkan_tests::applicant::Applicant;
use inkan_tests::crowd::{Crowd, Manner};
use inkan_tests::database::Engine;
use inkan_tests::operator::Operator;
use inkan_tests::port;
use inkan_tests::service::Service;
use inkan_tests::site::Visitor;
use openssl::hash::MessageDigest;
use openssl::ocsp::{OcspCertId, OcspRequest};
use openssl::x509::X509;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// How often each thing is done, calm and beside the crowd: enough for a p99 where `INKAN_LONG_TESTS` asks for one.
fn rounds() -> usize {
    if std::env::var_os("INKAN_LONG_TESTS").is_some() {
        200
    } else {
        12
    }
}

/// The people whose turn comes.
struct People<'a> {
    service: &'a Service,
    office: &'a Applicant,
    operator: &'a Operator,
    question: String,
}

impl People<'_> {
    /// Every one of them once, each with a connection of its own.
    fn take_their_turn(&self, times: &mut BTreeMap<&'static str, Vec<Duration>>) {
        let mut timed = |what: &'static str, work: &dyn Fn()| {
            let begun = Instant::now();
            work();
            times.entry(what).or_default().push(begun.elapsed());
        };
        timed("page", &|| {
            let page = self.service.visitor().open("/service/login");
            assert_eq!(page.status, 200);
        });
        timed("ocsp", &|| {
            let plain = self.plain();
            let answer = plain.open(&format!("/ocsp/{}", self.question));
            assert_eq!(answer.status, 200);
            assert_eq!(answer.header("content-type"), "application/ocsp-response");
        });
        timed("console", &|| {
            let visitor = self.operator.visitor();
            self.operator.log_in(&visitor).shows(&["概況"]);
        });
    }

    fn plain(&self) -> Visitor {
        let root = self.service.root_pem();
        inkan_tests::site::arriving(&self.service.plain(), &root).visitor()
    }

    fn times(&self) -> BTreeMap<&'static str, Vec<Duration>> {
        let mut times = BTreeMap::new();
        for _ in 0..rounds() {
            self.take_their_turn(&mut times);
        }
        let entered = Applicant {
            visitor: self.service.visitor(),
            letter: self.office.letter.clone(),
        };
        entered
            .log_in()
            .shows(&["クライアント証明書発行用パスワード"]);
        times
    }
}

/// A question about the root itself: signed beforehand like every other answer.
fn question(service: &Service) -> String {
    let root = X509::from_pem(service.root_pem().as_bytes()).expect("a root");
    let id = OcspCertId::from_cert(MessageDigest::sha1(), &root, &root).expect("an ID");
    let mut request = OcspRequest::new().expect("a request");
    request.add_id(id).expect("an ID");
    let text = openssl::base64::encode_block(&request.to_der().expect("DER"));
    text.replace('+', "%2B")
        .replace('/', "%2F")
        .replace('=', "%3D")
}

fn p99(times: &[Duration]) -> f64 {
    let mut sorted = times.to_vec();
    sorted.sort();
    let at = (sorted.len() * 99).div_ceil(100).max(1) - 1;
    sorted[at].as_secs_f64() * 1_000.0
}

#[test]
fn a_stranger_with_two_thousand_sockets_shuts_nobody_out() {
    ca_core::process::open_all_files_allowed();
    let [monitoring] = port::free::<1>();
    let more = format!("listen.metrics = \"127.0.0.1:{monitoring}\"");
    let mut service = Service::set_up_with(Engine::Sqlite, &more);
    let mut site = service.start_site();
    site.until_it_listens(monitoring);
    service.work_once().ok();
    let operator = service.operator("suzuki");
    let mut office = service.offices(1).pop().expect("an office");
    office.arrive_first();
    let people = People {
        question: question(&service),
        service: &service,
        office: &office,
        operator: &operator,
    };
    let calm = people.times();

    let [http, https, console, portal] = service.ports;
    let crowd = Crowd::gather(&[
        (http, Manner::Idle, 200),
        (http, Manner::DripsHead, 200),
        (http, Manner::DripsBody, 200),
        (https, Manner::DripsBodyInTls, 100),
        (https, Manner::Idle, 500),
        (portal, Manner::Idle, 500),
        (console, Manner::Idle, 300),
    ]);
    let beside = people.times();
    let metrics = format!("http://localhost:{monitoring}/metrics");
    let page = service.visitor().open(&metrics);
    let figures = String::from_utf8(page.body).expect("UTF-8");
    let (opened, hung_up_on) = crowd.counts();
    drop(crowd);

    assert!(opened >= 2_000, "{opened}");
    assert!(hung_up_on > 500, "{hung_up_on}");
    for listener in ["http", "https", "portal", "console"] {
        let name = format!(
            "inkan_connections_refused_total{{listener=\"{listener}\",reason=\"source\"}} "
        );
        let line = figures.lines().find(|line| line.starts_with(&name));
        let count: f64 = line.expect(&name)[name.len()..].parse().expect("a number");
        assert!(count > 0.0, "{name}{count}");
    }
    site.until_it_says("has as many connections as it may");
    let ratio = |what| p99(&beside[what]) / p99(&calm[what]);
    let report = serde_json::json!({
        "rounds": rounds(),
        "opened": opened,
        "hung_up_on": hung_up_on,
        "calm_p99_ms": calm.iter().map(|(what, times)| (*what, p99(times))).collect::<BTreeMap<_, _>>(),
        "ratio": BTreeMap::from(["page", "ocsp", "console"].map(|what| (what, ratio(what)))),
    });
    println!("{report}");
}
