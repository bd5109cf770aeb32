//! Who last changed where an account's letters and mails go, or its name: that person does not decide its next request.
//!
//! Otherwise one person could turn an office's mails to themselves and approve the certificate alone.
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContactField {
    /// The name of the office.
    Name,
    /// Postal code, address lines and recipient: where letters go.
    PostAddress,
    /// Where mails go.
    MailAddress,
}

/// The three facts of one account at one instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The name of the office.
    pub name: String,
    /// Postal code, address lines and recipient, as on an envelope.
    pub post_address: String,
    /// None means no mail.
    pub mail_address: Option<String>,
}

/// The last change of one fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChange {
    /// Which fact.
    pub field: ContactField,
    /// As it was before.
    pub old: Option<String>,
    /// As it is since.
    pub new: Option<String>,
    /// Who changed it, as `kind:name` ([`Actor`](super::actor::Actor)).
    pub by: String,
    /// When, to the millisecond.
    #[serde(with = "chrono::serde::ts_milliseconds")]
    pub at: DateTime<Utc>,
}

impl ContactChange {
    /// Whether the operator or staff member of this name changed it.
    fn is_by(&self, name: &str) -> bool {
        let person = self.by.split_once(':');
        person.is_some_and(|(kind, by)| {
            matches!(kind, "staff" | "operator") && by.eq_ignore_ascii_case(name)
        })
    }
}

/// The changes of an account that no other operator has approved a request after, at most one a fact.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContactChanges(Vec<ContactChange>);

impl ContactChanges {
    /// Each change, in the order of [`ContactField`].
    pub fn iter(&self) -> impl Iterator<Item = &ContactChange> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the person of this name changed any of the facts last. Upper and lower case are not told apart.
    pub fn includes_one_by(&self, name: &str) -> bool {
        self.0.iter().any(|change| change.is_by(name))
    }

    /// The changes after `by` turned `before` into `after` at `at`.
    pub fn with(&self, before: Contact, after: Contact, by: &str, at: DateTime<Utc>) -> Self {
        let facts = [
            (ContactField::Name, Some(before.name), Some(after.name)),
            (
                ContactField::PostAddress,
                Some(before.post_address),
                Some(after.post_address),
            ),
            (
                ContactField::MailAddress,
                before.mail_address,
                after.mail_address,
            ),
        ];
        let last = |(field, old, new)| {
            if old == new {
                return self.0.iter().find(|change| change.field == field).cloned();
            }
            let by = by.to_owned();
            Some(ContactChange {
                field,
                old,
                new,
                by,
                at,
            })
        };
        Self(facts.into_iter().filter_map(last).collect())
    }

    /// What is left after an operator approved a request that was sent at `sent`: that operator saw every change from
    /// before it, on the request's page.
    pub fn after_approval(&self, sent: DateTime<Utc>) -> Self {
        let later = self.0.iter().filter(|change| change.at >= sent);
        Self(later.cloned().collect())
    }

    /// As it stands in its column.
    pub fn to_column(&self) -> String {
        serde_json::json!(self.0).to_string()
    }
}

impl TryFrom<String> for ContactChanges {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        serde_json::from_str(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn contact(name: &str, post: &str, mail: Option<&str>) -> Contact {
        Contact {
            name: name.into(),
            post_address: post.into(),
            mail_address: mail.map(Into::into),
        }
    }

    #[test]
    fn the_last_change_of_each_fact_counts_and_not_the_last_of_all() {
        let first = contact("A", "Osaka", Some("a@example.jp"));
        let moved = contact("A", "Osaka", Some("evil@example.jp"));
        let named = contact("B", "Osaka", Some("evil@example.jp"));
        let changes = ContactChanges::default();
        let changes = changes.with(first.clone(), moved.clone(), "staff:sato", at(1));
        let changes = changes.with(moved, named.clone(), "staff:suzuki", at(2));
        assert!(changes.includes_one_by("sato") && changes.includes_one_by("SUZUKI"));
        assert!(!changes.includes_one_by("tanaka"));
        let again = changes.with(named.clone(), first, "operator:tanaka", at(3));
        assert!(!again.includes_one_by("sato") && again.includes_one_by("tanaka"));
        assert_eq!(
            changes.with(named.clone(), named, "staff:x", at(4)),
            changes
        );
    }

    #[test]
    fn an_address_that_comes_or_goes_is_a_change_and_an_applicant_is_no_operator() {
        let with = contact("A", "Osaka", Some("a@example.jp"));
        let without = contact("A", "Osaka", None);
        let gone =
            ContactChanges::default().with(with.clone(), without.clone(), "staff:sato", at(1));
        assert!(gone.includes_one_by("sato"));
        let come = ContactChanges::default().with(without, with, "applicant:sato", at(1));
        assert!(!come.is_empty() && !come.includes_one_by("sato"));
    }

    #[test]
    fn an_approval_settles_what_its_page_showed_and_nothing_later() {
        let (old, new) = (contact("A", "x", None), contact("A", "y", None));
        let changes = ContactChanges::default().with(old, new, "staff:sato", at(10));
        assert!(changes.after_approval(at(11)).is_empty());
        assert_eq!(changes.after_approval(at(10)), changes);
        let read = ContactChanges::try_from(changes.to_column());
        assert_eq!(read.ok(), Some(changes));
        assert!(ContactChanges::try_from("{}".to_owned()).is_err());
    }
}
