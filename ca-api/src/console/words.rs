//! Words of the console for what the store knows by names: states, kinds, refusals.

use ca_core::domain::request::{RequestKind, RequestState};
use ca_core::domain::user_id::{Classes, UserId};
use ca_core::flow::approve_requests::Decision;

use crate::page::Page;

/// A request's state as a coloured word; the sign before it stands in for the colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateWord(pub RequestState);

impl StateWord {
    /// The word.
    pub fn label(self, page: &Page) -> String {
        match self.0 {
            RequestState::Pending => page.t("console-state-pending"),
            RequestState::Approved => page.t("console-state-approved"),
            RequestState::Signing => page.t("console-state-signing"),
            RequestState::Issued => page.t("console-state-issued"),
            RequestState::Rejected => page.t("console-state-rejected"),
            RequestState::Withdrawn => page.t("console-state-withdrawn"),
            RequestState::Failed => page.t("console-state-failed"),
        }
    }

    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        self.0.as_str()
    }
}

/// First, renewal or reissue.
pub(super) fn kind(page: &Page, kind: RequestKind) -> String {
    match kind {
        RequestKind::First => page.t("console-kind-first"),
        RequestKind::Renewal => page.t("console-kind-renewal"),
        RequestKind::Reissue => page.t("console-kind-reissue"),
    }
}

/// The class of a user ID; its letters alone for a class that is configured no more.
pub(super) fn class(page: &Page, classes: &Classes, user_id: &UserId) -> String {
    let found = classes.class_of(user_id).ok();
    let name = found.map(|class| class_name(page, &class.name, &class.name_en));
    name.unwrap_or_else(|| user_id.letters().to_owned())
}

/// A class's name in the reader's language.
pub(super) fn class_name(page: &Page, japanese: &str, english: &str) -> String {
    let name = if page.is_japanese() {
        japanese
    } else {
        english
    };
    name.to_owned()
}

/// Why a decision was refused; nothing for one that was not.
pub(super) fn refusal(page: &Page, decision: &Decision) -> Option<String> {
    match decision {
        Decision::Done | Decision::AskedAgain => None,
        Decision::NoSuchRequest => Some(page.t("console-refusal-none")),
        Decision::NotPending(state) => {
            let state = StateWord(*state).label(page);
            Some(page.with("console-refusal-not-pending", [("state", state)]))
        }
        Decision::Changed => Some(page.t("console-refusal-changed")),
        Decision::RegisteredBySelf => Some(page.t("console-refusal-registered")),
        Decision::ContactChangedBySelf => Some(page.t("console-refusal-contact")),
        Decision::OwnAccount => Some(page.t("console-refusal-own")),
        Decision::AccountDisabled => Some(page.t("console-refusal-disabled")),
    }
}
