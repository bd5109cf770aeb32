//! Where a request stands, as a line of four dots: 申請 → 承認 → 署名 → 受取.

use ca_core::domain::request::RequestState;
use ca_core::store::request::Request;
use chrono::{DateTime, Utc};

use crate::page::Page;

/// Numbers of the steps, from 0; what is before the step under way is done.
const APPROVE: usize = 1;
const SIGN: usize = 2;
/// The certificate is there and waits to be fetched.
pub(crate) const RECEIVE: usize = 3;

/// The newest request as its sender sees it.
#[derive(Debug, Clone)]
pub(crate) struct RequestCard {
    pub(crate) title: String,
    pub(crate) tone: &'static str,
    pub(crate) tag: String,
    pub(crate) steps: Vec<Step>,
    pub(crate) lines: Vec<String>,
    pub(crate) promised: Option<String>,
    pub(crate) reason: Option<String>,
    pub(crate) submitted: String,
    pub(crate) may_withdraw: bool,
}

/// One of the four dots.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub(crate) name: String,
    /// Class of the dot: `past`, `now`, `ahead`.
    pub(crate) state: &'static str,
    pub(crate) label: String,
}

impl Step {
    pub(crate) fn is_now(&self) -> bool {
        self.state == "now"
    }
}

impl RequestCard {
    /// The card of `request` at `now`; none for one that was issued, whose certificate speaks for itself.
    pub(crate) fn of(
        page: &Page,
        request: &Request,
        signer_away: bool,
        now: DateTime<Utc>,
    ) -> Option<Self> {
        let card = Self {
            title: page.t("my-request"),
            tone: "",
            tag: String::new(),
            steps: Vec::new(),
            lines: Vec::new(),
            promised: None,
            reason: None,
            submitted: page.moment(request.submitted_at),
            may_withdraw: false,
        };
        match request.state {
            RequestState::Pending => Some(Self {
                may_withdraw: true,
                ..card.waiting(page, request, APPROVE, now)
            }),
            RequestState::Approved | RequestState::Signing => {
                let card = card.waiting(page, request, SIGN, now);
                Some(if signer_away {
                    card.delayed(page)
                } else {
                    card
                })
            }
            RequestState::Rejected => Some(card.rejected(page, request)),
            RequestState::Failed => Some(card.failed(page)),
            RequestState::Withdrawn => Some(Self {
                lines: vec![page.t("my-withdrawn")],
                ..card
            }),
            RequestState::Issued => None,
        }
    }

    fn waiting(self, page: &Page, request: &Request, step: usize, now: DateTime<Utc>) -> Self {
        let line = match request.state {
            RequestState::Pending => page.t("my-pending"),
            RequestState::Approved => page.t("my-approved"),
            _ => page.t("my-signing"),
        };
        let mut lines = vec![line];
        let mut promised = None;
        match request.promised_at {
            Some(at) if at < now => {
                lines.push(page.with("my-overdue", [("until", page.moment(at))]));
            }
            Some(at) => promised = Some(page.with("my-promised", [("until", page.moment(at))])),
            None => {}
        }
        Self {
            tone: "waiting",
            tag: page.t("my-pending-tag"),
            steps: steps(page, step),
            lines,
            promised,
            ..self
        }
    }

    /// What was promised may not be kept, and the applicant need do nothing.
    fn delayed(mut self, page: &Page) -> Self {
        self.lines.extend(self.promised.take());
        self.lines.push(page.t("my-delayed"));
        self
    }

    fn rejected(self, page: &Page, request: &Request) -> Self {
        let title = page.t("my-rejected-title");
        Self {
            title,
            tone: "refused",
            reason: Some(request.rejection_reason.clone().unwrap_or_default()),
            ..self
        }
    }

    fn failed(self, page: &Page) -> Self {
        let mut steps = steps(page, SIGN);
        if let Some(step) = steps.iter_mut().find(|step| step.is_now()) {
            step.label = page.t("my-step-held");
        }
        Self {
            title: page.t("my-failed-title"),
            tone: "waiting",
            steps,
            lines: vec![page.t("my-failed")],
            ..self
        }
    }
}

/// The four steps with number `now` under way.
pub(crate) fn steps(page: &Page, now: usize) -> Vec<Step> {
    let names = [
        page.t("my-step-submit"),
        page.t("my-step-approve"),
        page.t("my-step-sign"),
        page.t("my-step-receive"),
    ];
    let step = |(number, name): (usize, String)| match number.cmp(&now) {
        std::cmp::Ordering::Less => Step {
            name,
            state: "past",
            label: page.t("my-step-done"),
        },
        std::cmp::Ordering::Equal => Step {
            name,
            state: "now",
            label: page.t("my-step-now"),
        },
        std::cmp::Ordering::Greater => Step {
            name,
            state: "ahead",
            label: page.t("my-step-next"),
        },
    };
    names.into_iter().enumerate().map(step).collect()
}
