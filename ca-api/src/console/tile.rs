//! The overview's figures.

use ca_core::domain::request::RequestState;
use ca_core::store::worker_status::SIGNER_AWAY;

use super::overview::Found;
use super::when;
use super::window::Window;
use crate::page::Page;

/// One figure.
#[derive(Debug)]
pub(super) struct Tile {
    /// What it counts.
    pub what: String,
    /// The figure, or a few words.
    pub value: String,
    /// Whether the value is words.
    pub long: bool,
    /// What it means now.
    pub note: String,
    /// Where to go for it.
    pub url: Option<String>,
    /// `hurt`, `slow` or nothing.
    pub class: &'static str,
}

/// All figures, what asks for a person first.
pub(super) fn all(page: &Page, found: &Found, window: &Window) -> Vec<Tile> {
    vec![
        waiting(page, found),
        approved(page, found, window),
        signing_hours(page, window),
        signed(page, found),
        failed(page, found),
        reissues(page, found),
        expiring(page, found),
        mails(page, found),
        worker(page, found),
    ]
}

fn waiting(page: &Page, found: &Found) -> Tile {
    let oldest = found.oldest.rows.first();
    let since = oldest.map(|(request, _)| when::ago(page, request.submitted_at, found.now));
    Tile {
        what: page.t("console-tile-waiting"),
        value: found.count(RequestState::Pending).to_string(),
        long: false,
        note: match since {
            Some(since) => page.with("console-tile-waiting-oldest", [("since", since)]),
            None => page.t("console-tile-waiting-none"),
        },
        url: Some(state_url(RequestState::Pending)),
        class: if found.overdue() > 0 { "slow" } else { "" },
    }
}

fn approved(page: &Page, found: &Found, window: &Window) -> Tile {
    let signing = found.count(RequestState::Signing);
    Tile {
        what: page.t("console-tile-approved"),
        value: (found.count(RequestState::Approved) + signing).to_string(),
        long: false,
        note: window.sentence(page),
        url: Some(state_url(RequestState::Approved)),
        class: "",
    }
}

fn signing_hours(page: &Page, window: &Window) -> Tile {
    Tile {
        what: page.t("console-tile-window"),
        value: window.words(page),
        long: true,
        note: match window {
            Window::Closed(_) => page.t("console-tile-window-closed"),
            Window::Open(closing) => {
                let until = when::short(page, *closing);
                page.with("console-tile-window-until", [("until", until)])
            }
            _ => String::new(),
        },
        url: None,
        class: if matches!(window, Window::Unknown(_)) {
            "hurt"
        } else {
            ""
        },
    }
}

fn signed(page: &Page, found: &Found) -> Tile {
    Tile {
        what: page.t("console-tile-signed"),
        value: found.signed_today.to_string(),
        long: false,
        note: page.day(found.now),
        url: Some(state_url(RequestState::Issued)),
        class: "",
    }
}

fn failed(page: &Page, found: &Found) -> Tile {
    let count = found.count(RequestState::Failed);
    Tile {
        what: page.t("console-tile-failed"),
        value: count.to_string(),
        long: false,
        note: match count {
            0 => page.t("console-tile-failed-none"),
            _ => page.t("console-tile-failed-some"),
        },
        url: Some(state_url(RequestState::Failed)),
        class: if count > 0 { "hurt" } else { "" },
    }
}

fn reissues(page: &Page, found: &Found) -> Tile {
    Tile {
        what: page.t("reissues-tile"),
        value: found.reissues.to_string(),
        long: false,
        note: match found.reissues {
            0 => page.t("reissues-tile-none"),
            _ => page.t("reissues-tile-some"),
        },
        url: Some("/console/reissues".to_owned()),
        class: if found.reissues > 0 { "slow" } else { "" },
    }
}

fn expiring(page: &Page, found: &Found) -> Tile {
    Tile {
        what: page.t("expiring-tile"),
        value: found.expiring.to_string(),
        long: false,
        note: match found.expiring {
            0 => page.t("expiring-tile-none"),
            _ => page.t("expiring-tile-some"),
        },
        url: Some("/console/expiring".to_owned()),
        class: if found.expiring > 0 { "slow" } else { "" },
    }
}

fn mails(page: &Page, found: &Found) -> Tile {
    let stuck = found.parked.total + found.delayed;
    Tile {
        what: page.t("console-tile-mail"),
        value: stuck.to_string(),
        long: false,
        note: match stuck {
            0 => page.t("console-tile-mail-none"),
            _ => page.with(
                "console-tile-mail-some",
                [("parked", found.parked.total), ("delayed", found.delayed)],
            ),
        },
        url: Some(super::mails::LIST.to_owned()),
        class: match (found.parked.total, found.delayed) {
            (0, 0) => "",
            (0, _) => "slow",
            _ => "hurt",
        },
    }
}

fn worker(page: &Page, found: &Found) -> Tile {
    let Some(last) = found.workers.rows.first() else {
        return Tile {
            what: page.t("console-tile-worker"),
            value: page.t("console-worker-never"),
            long: true,
            note: page.t("console-worker-never-note"),
            url: None,
            class: "hurt",
        };
    };
    let silent = last.is_silent(found.now);
    let state = match last.state.as_str() {
        _ if silent => page.t("console-worker-silent"),
        SIGNER_AWAY => page.t("console-worker-away"),
        "closed" => page.t("console-worker-closed"),
        _ => page.t("console-worker-working"),
    };
    let seen = when::ago(page, last.seen_at, found.now);
    Tile {
        what: page.t("console-tile-worker"),
        value: state,
        long: true,
        note: page.with("console-worker-seen", [("seen", seen)]),
        url: None,
        class: if silent || last.state == SIGNER_AWAY {
            "hurt"
        } else {
            ""
        },
    }
}

fn state_url(state: RequestState) -> String {
    format!("/console/requests?state={state}")
}
