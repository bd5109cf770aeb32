//! What is wrong with the form, in the reader's words, each beside its field.

use ca_core::domain::reissue::{ReissueField, ReissueFieldReason, TelephoneError};
use ca_core::domain::user_id::UserIdError;

use crate::applicant::fault::Faults;
use crate::page::Page;

/// The faults, in the order of the form.
pub(super) fn faults(page: &Page, errors: &[(ReissueField, ReissueFieldReason)]) -> Faults {
    let mut faults = Faults::new(page.t("errors-title"));
    for (field, reason) in errors {
        faults.add(field.name(), sentence(page, *field, reason));
    }
    faults
}

fn sentence(page: &Page, field: ReissueField, reason: &ReissueFieldReason) -> String {
    match reason {
        ReissueFieldReason::Empty | ReissueFieldReason::UserId(UserIdError::Empty) => {
            missing(page, field)
        }
        ReissueFieldReason::UserId(_) => page.t("reissue-user-id-shape"),
        ReissueFieldReason::Telephone(TelephoneError::Characters) => {
            page.t("reissue-telephone-characters")
        }
        ReissueFieldReason::Telephone(TelephoneError::Digits) => page.t("reissue-telephone-digits"),
        ReissueFieldReason::Text(error) => {
            let why = if page.is_japanese() {
                error.japanese()
            } else {
                error.to_string()
            };
            let field = label(page, field);
            page.with("reissue-text-wrong", [("field", field), ("why", why)])
        }
        ReissueFieldReason::MailAddress(error) if page.is_japanese() => error.japanese(),
        ReissueFieldReason::MailAddress(error) => error.to_string(),
    }
}

fn missing(page: &Page, field: ReissueField) -> String {
    match field {
        ReissueField::UserId => page.t("reissue-no-user-id"),
        ReissueField::OfficeName => page.t("reissue-no-office"),
        ReissueField::Person => page.t("reissue-no-person"),
        ReissueField::Telephone => page.t("reissue-no-telephone"),
        ReissueField::Lost => page.t("reissue-no-lost"),
        ReissueField::Detail | ReissueField::MailAddress => page.t("reissue-no-detail"),
    }
}

fn label(page: &Page, field: ReissueField) -> String {
    match field {
        ReissueField::OfficeName => page.t("reissue-office"),
        ReissueField::Person => page.t("reissue-person"),
        _ => page.t("reissue-detail"),
    }
}
