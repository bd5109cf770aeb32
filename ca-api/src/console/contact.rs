//! What was changed lately of an account's name and addresses, and by whom: shown before a decision.

use ca_core::domain::contact_change::{ContactChange, ContactField};
use ca_core::store::account::Account;

use super::history::who;
use super::prospect::Fact;
use crate::page::Page;

/// One fact a change: what it was, what it is, when and by whom.
pub(super) fn facts(page: &Page, account: &Account) -> Vec<Fact> {
    let changes = account.contact_changes.iter();
    changes.map(|change| fact(page, change)).collect()
}

fn fact(page: &Page, change: &ContactChange) -> Fact {
    let what = match change.field {
        ContactField::Name => page.t("console-account-name"),
        ContactField::PostAddress => page.t("console-account-address"),
        ContactField::MailAddress => page.t("console-column-mail"),
    };
    let value = |value: &Option<String>| match value {
        Some(value) => value.clone(),
        None => page.t("console-no-mail"),
    };
    let by = [
        ("by", who(page, &change.by)),
        ("at", page.moment(change.at)),
    ];
    Fact::new(
        page.with("console-contact-changed", [("what", what)]),
        format!("{} → {}", value(&change.old), value(&change.new)),
    )
    .with_note(page.with("console-contact-changed-by", by))
}
