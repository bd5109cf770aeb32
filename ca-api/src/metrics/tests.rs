//! Every family with its samples; the table of the documentation and the alert rules name what is there.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::App;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use ca_core::domain::certificate::MailState;
use ca_core::domain::missing_key::{MissingKey, MissingKeys};
use ca_core::domain::request::RequestState;
use ca_core::domain::session::{Audience, TryScope};
use ca_core::flow::take_measurements::{Generation, Measurements};
use ca_core::store::crl::Crl;
use ca_core::store::measurement::Depth;
use ca_core::store::worker_status::WorkerStatus;

use super::*;
use crate::door::Budget;
use crate::stage::{Stage, morning};

fn worker(state: &str, seconds_ago: i64) -> WorkerStatus {
    WorkerStatus {
        worker: "w1".to_owned(),
        seen_at: morning() - chrono::TimeDelta::seconds(seconds_ago),
        state: state.to_owned(),
        detail: String::new(),
        place: String::new(),
        missing_keys: MissingKeys(vec![MissingKey {
            generation: 2,
            place: "ca-2.key".to_owned(),
            why: "it is not there".to_owned(),
        }]),
    }
}

/// The doors of a process.
fn doors() -> Vec<Arc<Door>> {
    vec![Door::new("https", Budget::new(2_000, 250))]
}

/// A service in which every family has a sample.
fn measured() -> Measurements {
    let ago = |seconds| Some(morning() - chrono::TimeDelta::seconds(seconds));
    let ahead = |days| morning() + chrono::TimeDelta::days(days);
    Measurements {
        at: morning(),
        requests: RequestState::ALL
            .iter()
            .zip(1..)
            .map(|(state, count)| {
                (
                    *state,
                    Depth {
                        count,
                        since: ago(60 * count),
                    },
                )
            })
            .collect(),
        past_promise: 2,
        lapses: 3,
        abandoned: 4,
        mails: vec![
            (
                MailState::Waiting,
                Depth {
                    count: 5,
                    since: ago(90),
                },
            ),
            (
                MailState::Sent,
                Depth {
                    count: 6,
                    since: None,
                },
            ),
            (MailState::Parked, Depth::default()),
        ],
        generations: vec![Generation {
            number: 1,
            not_after: ahead(100),
            crl: Some(Crl {
                generation: 1,
                number: 17,
                this_update: morning() - chrono::TimeDelta::hours(1),
                next_update: morning() + chrono::TimeDelta::hours(3),
                covered: 1,
                regular_at: morning(),
                regular_covered: 1,
                entries: 8,
                sha256: String::new(),
            }),
            answers_due: 9,
            responder_end: Some(ahead(3)),
        }],
        operators_end: Some(ahead(10)),
        clients_ending: 10,
        workers: vec![
            worker("working", 5),
            worker("signer-away", 30),
            worker("closed", 86_400),
        ],
        locks: TryScope::ALL.iter().map(|scope| (*scope, 11)).collect(),
        refusals: vec![("login", 12)],
        locks_set: vec![("login", 13)],
        sessions: Audience::ALL
            .iter()
            .map(|audience| (*audience, 14))
            .collect(),
        audit_entries: 15,
        last_checkpoint: ago(16),
    }
}

/// Its text, in a process of which one listener shows an older certificate than the other.
fn text_of(measured: &Measurements) -> String {
    let ahead = |days| morning() + chrono::TimeDelta::days(days);
    text::of(
        measured,
        &doors(),
        &[("https", ahead(20)), ("portal", ahead(1))],
    )
    .unwrap()
}

/// The names under which samples of the text stand, with what the text says they are.
fn names(text: &str) -> BTreeMap<String, String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let name = |line: &str| {
        let (name, kind) = line.split_once(' ').unwrap();
        let end = if kind == "counter" { "_total" } else { "" };
        (format!("{name}{end}"), kind.to_owned())
    };
    types.map(name).collect()
}

fn repository(path: &str) -> String {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn samples_say_what_was_measured() {
    let text = text_of(&measured());
    for line in [
        "inkan_requests{state=\"pending\"} 1.0",
        "inkan_request_oldest_age_seconds{state=\"approved\"} 120.0",
        "inkan_requests_past_promise 2.0",
        "inkan_lease_recoveries_total 3",
        "inkan_serials_abandoned_total 4",
        "inkan_outbox_mails{state=\"waiting\"} 5.0",
        "inkan_outbox_oldest_age_seconds{state=\"waiting\"} 90.0",
        "inkan_outbox_oldest_age_seconds{state=\"parked\"} 0.0",
        "inkan_crl_age_seconds{generation=\"1\"} 3600.0",
        "inkan_crl_time_to_next_update_seconds{generation=\"1\"} 10800.0",
        "inkan_crl_number{generation=\"1\"} 17.0",
        "inkan_ocsp_answers_due{generation=\"1\"} 9.0",
        "inkan_certificate_time_to_expiry_seconds{purpose=\"root\"} 8640000.0",
        "inkan_certificate_time_to_expiry_seconds{purpose=\"operator\"} 864000.0",
        "inkan_certificate_time_to_expiry_seconds{purpose=\"server\",listener=\"https\"} 1728000.0",
        "inkan_certificate_time_to_expiry_seconds{purpose=\"server\",listener=\"portal\"} 86400.0",
        "inkan_certificate_time_to_expiry_seconds{purpose=\"ocsp\",generation=\"1\"} 259200.0",
        "inkan_client_certificates_expiring 10.0",
        "inkan_workers{state=\"working\"} 1.0",
        "inkan_workers_without_key{generation=\"1\"} 0.0",
        "inkan_workers_without_key{generation=\"2\"} 2.0",
        "inkan_workers{state=\"signer-away\"} 1.0",
        "inkan_workers{state=\"closed\"} 0.0",
        "inkan_worker_silence_seconds 5.0",
        "inkan_locks{scope=\"login\"} 11.0",
        "inkan_login_failures_total{door=\"login\"} 12",
        "inkan_login_locks_total{door=\"login\"} 13",
        "inkan_sessions{audience=\"portal\"} 14.0",
        "inkan_audit_entries_total 15",
        "inkan_audit_checkpoint_age_seconds 16.0",
    ] {
        assert!(
            text.lines().any(|own| own == line),
            "{line} is not in\n{text}"
        );
    }
    assert!(
        !text.contains("issued\"} 300"),
        "nobody waits for what is over:\n{text}"
    );
    let mut idle = measured();
    idle.generations[0].responder_end = None;
    let idle = text_of(&idle);
    assert!(
        !idle.contains("purpose=\"ocsp\""),
        "what is not there is left out:\n{idle}"
    );
    assert!(text.ends_with("# EOF\n"));
}

#[test]
fn the_documentation_has_a_row_for_each_metric_and_none_for_others() {
    let known = names(&text_of(&measured()));
    let page = repository("docs/monitoring.md");
    let rows = page
        .lines()
        .filter_map(|line| line.strip_prefix("| `inkan_"));
    let written: BTreeMap<String, String> = rows
        .map(|row| {
            let mut cells = row.split('|').map(str::trim);
            let name = cells.next().unwrap().trim_end_matches('`');
            (format!("inkan_{name}"), cells.next().unwrap().to_owned())
        })
        .collect();
    assert_eq!(
        written, known,
        "docs/monitoring.md has to name what is exposed"
    );
}

#[test]
fn the_alert_rules_name_only_metrics_that_are_exposed() {
    let known = names(&text_of(&measured()));
    let rules = repository("config/prometheus/alerts.yml");
    let word = |byte: char| byte.is_ascii_alphanumeric() || byte == '_';
    let named: BTreeSet<&str> = rules
        .split(|byte| !word(byte))
        .filter(|word| word.starts_with("inkan_"))
        .collect();
    assert!(named.len() > 8, "rules about few things: {named:?}");
    let strange: Vec<_> = named
        .iter()
        .filter(|name| !known.contains_key(**name))
        .collect();
    assert!(strange.is_empty(), "nobody exposes {strange:?}");
}

#[actix_web::test]
async fn the_listener_answers_by_the_database_and_has_no_other_page() {
    let stage = Stage::new();
    let app = App::new()
        .app_data(stage.site.clone())
        .app_data(Data::new(doors()))
        .app_data(Data::new(Shown::default()))
        .configure(routes);
    let app = init_service(app).await;
    let reply = call_service(&app, TestRequest::get().uri("/metrics").to_request()).await;
    assert_eq!(reply.status(), 200);
    assert_eq!(reply.headers().get("content-type").unwrap(), OPEN_METRICS);
    let text = String::from_utf8(read_body(reply).await.to_vec()).unwrap();
    assert!(
        text.contains("inkan_requests{state=\"pending\"} 0.0"),
        "{text}"
    );
    for path in ["/", "/console", "/ca.crt"] {
        let reply = call_service(&app, TestRequest::get().uri(path).to_request()).await;
        assert_eq!(reply.status(), 404, "{path}");
    }
    stage.site.store.revert_all().unwrap();
    let reply = call_service(&app, TestRequest::get().uri("/metrics").to_request()).await;
    assert_eq!(reply.status(), 503);
}
