//! An application's state as a coloured word.

use ca_core::domain::reissue::ReissueState;

use crate::page::Page;

/// The state; the sign before the word stands in for the colour.
#[derive(Debug, Clone, Copy)]
pub(super) struct StateWord(pub ReissueState);

impl StateWord {
    /// The word.
    pub fn label(self, page: &Page) -> String {
        match self.0 {
            ReissueState::Waiting => page.t("reissues-state-waiting"),
            ReissueState::Accepted => page.t("reissues-state-accepted"),
            ReissueState::Rejected => page.t("reissues-state-rejected"),
            ReissueState::Settled => page.t("reissues-state-settled"),
        }
    }

    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        match self.0 {
            ReissueState::Waiting => "pending",
            ReissueState::Accepted => "issued",
            ReissueState::Rejected => "rejected",
            ReissueState::Settled => "withdrawn",
        }
    }
}
