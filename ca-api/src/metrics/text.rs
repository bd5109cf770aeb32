//! Measurements as OpenMetrics text: names, help, labels.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ca_core::domain::certificate::{MailState, Purpose};
use ca_core::flow::take_measurements::{Generation, Measurements};
use chrono::{DateTime, TimeDelta, Utc};

use crate::door::{Door, Refusal};

use super::sheet::{Sheet, by, number, seconds};

/// A worker that spoke within this time is counted as running; it speaks every half minute.
const ALIVE: TimeDelta = TimeDelta::minutes(2);

/// The words that workers say of themselves; each is there at any time, if only with 0.
const WORKER_STATES: [&str; 4] = ["working", "closed", "signer-away", "trouble"];

/// The text.
pub(super) fn of(
    measured: &Measurements,
    doors: &[Arc<Door>],
    shown: &[(&'static str, DateTime<Utc>)],
) -> Result<String, fmt::Error> {
    let mut sheet = Sheet::new();
    queue(&mut sheet, measured);
    mails(&mut sheet, measured);
    lists(&mut sheet, measured);
    certificates(&mut sheet, measured, shown);
    workers(&mut sheet, measured);
    logins(&mut sheet, measured);
    connections(&mut sheet, doors);
    sheet.gauges(
        "build_info",
        "Always 1; the label says which program answers",
        [(by("version", env!("CARGO_PKG_VERSION")), 1.0)],
    );
    sheet.text()
}

fn queue(sheet: &mut Sheet, measured: &Measurements) {
    let requests = &measured.requests;
    sheet.gauges(
        "requests",
        "Requests by state",
        requests
            .iter()
            .map(|(state, depth)| (by("state", state), number(depth.count))),
    );
    let waiting = requests.iter().filter(|(state, _)| state.is_open());
    sheet.gauges(
        "request_oldest_age_seconds",
        "How long the oldest request of an open state waits; 0 when there is none",
        waiting.map(|(state, depth)| (by("state", state), age(measured, depth.since))),
    );
    sheet.gauge(
        "requests_past_promise",
        "Open requests whose promised day is over",
        number(measured.past_promise),
    );
    sheet.counter(
        "lease_recoveries",
        "Leases that lapsed and were taken back",
        measured.lapses,
    );
    sheet.counter(
        "serials_abandoned",
        "Serial numbers that were drawn and given up; revocation lists have them",
        measured.abandoned,
    );
}

fn mails(sheet: &mut Sheet, measured: &Measurements) {
    let mails = &measured.mails;
    sheet.gauges(
        "outbox_mails",
        "Mails by state",
        mails
            .iter()
            .map(|(state, depth)| (by("state", state), number(depth.count))),
    );
    sheet.gauges(
        "outbox_oldest_age_seconds",
        "How long the oldest mail that is not sent waits; 0 when there is none",
        mails
            .iter()
            .filter(|(state, _)| matches!(state, MailState::Waiting | MailState::Parked))
            .map(|(state, depth)| (by("state", state), age(measured, depth.since))),
    );
}

fn lists(sheet: &mut Sheet, measured: &Measurements) {
    let generation = |one: &Generation| by("generation", one.number);
    let lists = || {
        let generations = measured.generations.iter();
        generations.filter_map(move |one| Some((generation(one), one.crl.as_ref()?)))
    };
    sheet.gauges(
        "crl_age_seconds",
        "Time since thisUpdate of the newest revocation list",
        lists().map(|(labels, list)| (labels, age(measured, Some(list.this_update)))),
    );
    sheet.gauges(
        "crl_time_to_next_update_seconds",
        "Time until nextUpdate of the newest revocation list; below 0 it is out of date",
        lists().map(|(labels, list)| (labels, seconds(list.next_update - measured.at))),
    );
    sheet.gauges(
        "crl_number",
        "Number of the newest revocation list",
        lists().map(|(labels, list)| (labels, number(list.number))),
    );
    sheet.gauges(
        "crl_entries",
        "Serial numbers on the newest revocation list",
        lists().map(|(labels, list)| (labels, number(list.entries))),
    );
    let generations = measured.generations.iter();
    sheet.gauges(
        "ocsp_answers_due",
        "OCSP answers that are to be signed now",
        generations.map(|one| (generation(one), number(one.answers_due))),
    );
}

fn certificates(
    sheet: &mut Sheet,
    measured: &Measurements,
    shown: &[(&'static str, DateTime<Utc>)],
) {
    let left = |end: DateTime<Utc>| seconds(end - measured.at);
    let root = measured.generations.last();
    let root = root.map(|current| (by("purpose", "root"), left(current.not_after)));
    let operators = measured.operators_end;
    let operators = operators.map(|end| (by("purpose", Purpose::Operator), left(end)));
    let each = |purpose: Purpose, name, value: String, end| {
        let labels = vec![("purpose", purpose.to_string()), (name, value)];
        (labels, left(end))
    };
    let shown = shown
        .iter()
        .map(|(listener, end)| each(Purpose::Server, "listener", (*listener).to_owned(), *end));
    let responders = measured.generations.iter().filter_map(|one| {
        let number = one.number.to_string();
        Some(each(
            Purpose::Ocsp,
            "generation",
            number,
            one.responder_end?,
        ))
    });
    sheet.gauges(
        "certificate_time_to_expiry_seconds",
        "Time until the certificate ends that is used for a purpose; of the operators' the one that ends first",
        root.into_iter()
            .chain(operators)
            .chain(shown)
            .chain(responders),
    );
    sheet.gauge(
        "client_certificates_expiring",
        "Clients' certificates that end within 30 days and have no successor",
        number(measured.clients_ending),
    );
}

fn workers(sheet: &mut Sheet, measured: &Measurements) {
    let mut states: BTreeMap<&str, i64> = WORKER_STATES.map(|state| (state, 0)).into();
    let mut lacking: BTreeMap<i64, i64> = BTreeMap::new();
    for generation in &measured.generations {
        lacking.insert(generation.number, 0);
    }
    let alive = measured.workers.iter();
    for worker in alive.filter(|worker| measured.at - worker.seen_at <= ALIVE) {
        for key in &worker.missing_keys.0 {
            *lacking.entry(key.generation).or_default() += 1;
        }
        *states.entry(worker.state.as_str()).or_default() += 1;
    }
    sheet.gauges(
        "workers",
        "Workers that spoke within two minutes, by what they said of themselves",
        states
            .into_iter()
            .map(|(state, count)| (by("state", state), number(count))),
    );
    sheet.gauges(
        "workers_without_key",
        "Workers that spoke within two minutes and cannot use a root's key that they should have",
        lacking
            .into_iter()
            .map(|(generation, count)| (by("generation", generation), number(count))),
    );
    let latest = measured.workers.iter().map(|worker| worker.seen_at).max();
    sheet.gauge(
        "worker_silence_seconds",
        "Time since any worker spoke; none when none ever did",
        latest.map(|seen_at| age(measured, Some(seen_at))),
    );
}

fn logins(sheet: &mut Sheet, measured: &Measurements) {
    let counts = |counts: &[(&'static str, i64)]| {
        let samples = counts
            .iter()
            .map(|(door, count)| (by("door", door), *count));
        samples.collect::<Vec<_>>()
    };
    sheet.counters(
        "login_failures",
        "Refused logins, without those that set a lock",
        counts(&measured.refusals),
    );
    sheet.counters(
        "login_locks",
        "Refused logins that set a lock",
        counts(&measured.locks_set),
    );
    let locks = measured.locks.iter();
    sheet.gauges(
        "locks",
        "Locks in force, by which password was tried",
        locks.map(|(scope, count)| (by("scope", scope), number(*count))),
    );
    let sessions = measured.sessions.iter();
    sheet.gauges(
        "sessions",
        "Sessions that have not ended",
        sessions.map(|(audience, count)| (by("audience", audience), number(*count))),
    );
    sheet.counter(
        "audit_entries",
        "Entries of the audit",
        measured.audit_entries,
    );
    sheet.gauge(
        "audit_checkpoint_age_seconds",
        "Time since the last checkpoint of the audit was written",
        measured
            .last_checkpoint
            .map(|last| age(measured, Some(last))),
    );
}

/// Seconds since `since`, never below 0: clocks of two machines differ.
fn age(measured: &Measurements, since: Option<DateTime<Utc>>) -> f64 {
    since.map_or(0.0, |since| seconds(measured.at - since).max(0.0))
}

/// What this process has open.
fn connections(sheet: &mut Sheet, doors: &[Arc<Door>]) {
    let listener = |door: &Arc<Door>| by("listener", door.listener);
    sheet.gauges(
        "connections",
        "Connections that this process has open",
        doors
            .iter()
            .map(|door| (listener(door), f64::from(door.open()))),
    );
    sheet.gauges(
        "connections_limit",
        "Connections that this process takes at once",
        doors
            .iter()
            .map(|door| (listener(door), f64::from(door.budget.all))),
    );
    let refused = doors.iter().flat_map(|door| {
        Refusal::ALL.map(|refusal| {
            let mut labels = listener(door);
            labels.extend(by("reason", refusal.as_str()));
            (labels, count(door.refused(refusal)))
        })
    });
    sheet.counters(
        "connections_refused",
        "Connections that were hung up on since this process started: the listener was full, or one source had its part",
        refused,
    );
    sheet.counters(
        "connections_cut",
        "Connections that were cut since this process started, because a request or its reply took too long",
        doors.iter().map(|door| (listener(door), count(door.cut()))),
    );
}

fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
