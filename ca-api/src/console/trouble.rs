//! What hurts now, each with what to do about it.

use ca_core::domain::missing_key::MissingKey;
use ca_core::domain::request::RequestState;
use ca_core::store::worker_status::WorkerStatus;

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
    each.chain(missing_keys(page, found)).collect()
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
