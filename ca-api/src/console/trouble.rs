//! What hurts now, each with what to do about it.

use ca_core::domain::ends::End;
use ca_core::domain::missing_key::MissingKey;
use ca_core::domain::request::RequestState;
use ca_core::store::worker_status::WorkerStatus;

use chrono::{DateTime, Utc};

use super::overview::Found;
use super::window::Window;
use crate::page::Page;

/// One trouble.
#[derive(Debug)]
pub(super) struct Trouble {
    /// What.
    pub what: String,
    /// What to do.
    pub next: String,
    /// Where to go for it.
    pub url: Option<String>,
}

/// Every trouble; empty on a good day.
pub(super) fn all(page: &Page, found: &Found, window: &Window) -> Vec<Trouble> {
    let one_of_each = [
        silent_worker(page, found),
        signer_away(page, found),
        unknown_calendar(page, window),
        failed(page, found),
        overdue(page, found),
        parked(page, found),
    ];
    let each = one_of_each.into_iter().flatten();
    let each = each.chain(missing_keys(page, found));
    each.chain(ends(page, found)).collect()
}

fn silent_worker(page: &Page, found: &Found) -> Option<Trouble> {
    let last = found.workers.rows.first();
    let silent = last.is_none_or(|last| last.is_silent(found.now));
    silent.then(|| Trouble {
        what: page.t("console-trouble-worker"),
        next: page.t("console-trouble-worker-next"),
        url: None,
    })
}

fn signer_away(page: &Page, found: &Found) -> Option<Trouble> {
    let away = |worker: &&WorkerStatus| worker.says_signer_away(found.now);
    let worker = found.workers.rows.iter().find(away)?;
    Some(Trouble {
        what: page.t("console-trouble-signer"),
        next: worker.detail.clone(),
        url: None,
    })
}

/// Each key that a worker lacks.
fn missing_keys(page: &Page, found: &Found) -> Vec<Trouble> {
    let alive = found.workers.rows.iter();
    let alive = alive.filter(|worker| !worker.is_silent(found.now));
    let each = alive.flat_map(|worker| worker.missing_keys.0.iter().map(move |key| (worker, key)));
    let trouble = |(worker, key): (&WorkerStatus, &MissingKey)| {
        let generation = [("generation", key.generation)];
        let facts = [
            ("worker", worker.worker.clone()),
            ("place", key.place.clone()),
            ("why", key.why.clone()),
        ];
        Trouble {
            what: page.with("console-trouble-key", generation),
            next: page.with("console-trouble-key-next", facts),
            url: None,
        }
    };
    each.map(trouble).collect()
}

/// What has ended, and what ends within days.
fn ends(page: &Page, found: &Found) -> Vec<Trouble> {
    let near = found.ends.iter().filter(|end| end.is_near(found.now));
    near.map(|end| Trouble {
        what: what_ends(page, end, found.now),
        next: page.with(
            &format!("console-end-next-{}", end.kind),
            [("name", end.name.clone())],
        ),
        url: None,
    })
    .collect()
}

/// What ends later than that, as things that wait.
pub(super) fn later_ends(page: &Page, found: &Found) -> Vec<String> {
    let later = found.ends.iter().filter(|end| !end.is_near(found.now));
    later.map(|end| what_ends(page, end, found.now)).collect()
}

fn what_ends(page: &Page, end: &End, now: DateTime<Utc>) -> String {
    let facts = [("name", end.name.clone()), ("day", page.day(end.at))];
    let tense = if end.is_over(now) { "ended" } else { "ends" };
    page.with(&format!("console-{tense}-{}", end.kind), facts)
}

fn unknown_calendar(page: &Page, window: &Window) -> Option<Trouble> {
    matches!(window, Window::Unknown(_)).then(|| Trouble {
        what: page.t("console-trouble-calendar"),
        next: window.sentence(page),
        url: None,
    })
}

fn failed(page: &Page, found: &Found) -> Option<Trouble> {
    let count = found.count(RequestState::Failed);
    (count > 0).then(|| Trouble {
        what: page.with("console-trouble-failed", [("count", count)]),
        next: page.t("console-trouble-failed-next"),
        url: Some("/console/requests?state=failed".to_owned()),
    })
}

fn overdue(page: &Page, found: &Found) -> Option<Trouble> {
    (found.overdue() > 0).then(|| Trouble {
        what: page.t("console-trouble-overdue"),
        next: page.t("console-trouble-overdue-next"),
        url: Some("/console/requests?state=pending".to_owned()),
    })
}

fn parked(page: &Page, found: &Found) -> Option<Trouble> {
    let first = found.parked.rows.first()?;
    let facts = [
        ("address", first.to_address.clone()),
        ("error", first.last_error.clone().unwrap_or_default()),
    ];
    let count = [("count", found.parked.total)];
    Some(Trouble {
        what: page.with("console-trouble-mail", count),
        next: page.with("console-trouble-mail-next", facts),
        url: Some(super::mails::LIST.to_owned()),
    })
}
