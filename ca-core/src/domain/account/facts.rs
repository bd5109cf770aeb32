//! What the register says about an account, and what a form or a file changes in it: a field that is not given stays.

use serde::Serialize;

use super::{AccountDetails, AccountField};

/// An optional field as a form or a line of a file gives it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Update<T> {
    /// The field is not there (the file has no such column): what is known stays.
    #[default]
    Keep,
    /// The field is there and empty: what is known goes.
    Clear,
    /// The field is there and filled in.
    Set(T),
}

impl<T: Clone> Update<T> {
    /// What is known after the update.
    #[must_use]
    pub fn over(&self, known: Option<T>) -> Option<T> {
        match self {
            Self::Keep => known,
            Self::Clear => None,
            Self::Set(value) => Some(value.clone()),
        }
    }
}

/// A field that an update changes: what stood there, and what stands there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field's English name, as in the heading of a file.
    pub field: &'static str,
    /// What stood there; none if nothing did.
    pub old: Option<String>,
    /// What stands there now; none if it was cleared.
    pub new: Option<String>,
}

/// The facts of one account that the register's owner writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountFacts {
    /// Name of the office or agent.
    pub name: String,
    /// Person or section that the letter is addressed to.
    pub recipient: Option<String>,
    /// `NNN-NNNN`.
    pub postal_code: String,
    /// The address lines, each in its place.
    pub address: [Option<String>; 3],
    /// Where notices go.
    pub mail_address: Option<String>,
    /// Whether the office runs community-support services.
    pub community_support: bool,
}

impl AccountFacts {
    /// The facts of a new account.
    #[must_use]
    pub fn of_new(details: &AccountDetails) -> Self {
        let nothing = Self {
            name: String::new(),
            recipient: None,
            postal_code: String::new(),
            address: [None, None, None],
            mail_address: None,
            community_support: false,
        };
        nothing.updated(details)
    }

    /// The facts after an update; what it does not give stays.
    #[must_use]
    pub fn updated(&self, details: &AccountDetails) -> Self {
        let [first, second, third] = &details.address;
        let [old_first, old_second, old_third] = self.address.clone();
        let address = [
            first.over(old_first),
            second.over(old_second),
            third.over(old_third),
        ];
        // Older versions closed the gap that an empty line leaves: the same lines are the same address.
        let same = address.iter().flatten().eq(self.address.iter().flatten());
        Self {
            name: details.name.clone(),
            recipient: details.recipient.over(self.recipient.clone()),
            postal_code: details.postal_code.clone(),
            address: if same { self.address.clone() } else { address },
            mail_address: details.mail_address.over(self.mail_address.clone()),
            community_support: details.community_support.unwrap_or(self.community_support),
        }
    }

    /// The fields that differ from `new`, in the order of the documentation.
    #[must_use]
    pub fn changes_to(&self, new: &Self) -> Vec<FieldChange> {
        let fields = self.fields().into_iter().zip(new.fields());
        fields
            .filter(|((_, old), (_, new))| old != new)
            .map(|((field, old), (_, new))| FieldChange {
                field: field.name(),
                old,
                new,
            })
            .collect()
    }

    /// The address as the register keeps it: a line each, an empty one where a line in the middle is.
    #[must_use]
    pub fn address_text(&self) -> String {
        let lines = self.address.each_ref().map(|line| line.as_deref());
        let text = lines.map(Option::unwrap_or_default).join("\n");
        text.trim_end_matches('\n').to_owned()
    }

    /// Reads [`Self::address_text`] back.
    #[must_use]
    pub fn address_of(text: &str) -> [Option<String>; 3] {
        let mut lines = text.splitn(3, '\n').map(|line| match line {
            "" => None,
            line => Some(line.to_owned()),
        });
        std::array::from_fn(|_| lines.next().flatten())
    }

    fn fields(&self) -> [(AccountField, Option<String>); 8] {
        let [first, second, third] = self.address.clone();
        let support = if self.community_support { "yes" } else { "no" };
        [
            (AccountField::Name, Some(self.name.clone())),
            (AccountField::PostalCode, Some(self.postal_code.clone())),
            (AccountField::Address1, first),
            (AccountField::Address2, second),
            (AccountField::Address3, third),
            (AccountField::Recipient, self.recipient.clone()),
            (AccountField::MailAddress, self.mail_address.clone()),
            (AccountField::CommunitySupport, Some(support.to_owned())),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::super::AccountForm;
    use super::*;
    use crate::domain::user_id::Classes;

    const REQUIRED: [(AccountField, &str); 4] = [
        (AccountField::UserId, "KJ2700000001"),
        (AccountField::Name, "青空"),
        (AccountField::PostalCode, "540-0001"),
        (AccountField::Address1, "大阪市"),
    ];
    const OPTIONAL: [(AccountField, &str); 5] = [
        (AccountField::Address2, "中央区"),
        (AccountField::Address3, "１－１"),
        (AccountField::Recipient, "総務課 御中"),
        (AccountField::MailAddress, "office@example.jp"),
        (AccountField::CommunitySupport, "yes"),
    ];

    fn details(optional: &[(AccountField, &str)]) -> AccountDetails {
        let mut form = AccountForm::default();
        for (field, text) in REQUIRED.iter().chain(optional) {
            form.set(*field, *text);
        }
        form.check(&Classes::default()).unwrap()
    }

    #[test]
    fn a_field_that_is_not_given_stays_and_an_empty_one_is_cleared() {
        let known = AccountFacts::of_new(&details(&OPTIONAL));
        assert_eq!(known.updated(&details(&[])), known);
        for (field, old) in OPTIONAL {
            let changes = known.changes_to(&known.updated(&details(&[(field, " ")])));
            let cleared = FieldChange {
                field: field.name(),
                old: Some(old.to_owned()),
                new: None,
            };
            let expected = match field {
                // A yes or no has no empty state.
                AccountField::CommunitySupport => vec![],
                _ => vec![cleared],
            };
            assert_eq!(changes, expected, "{field}");
        }
    }

    #[test]
    fn address_lines_keep_their_places() {
        let gap = AccountFacts::of_new(&details(&[(AccountField::Address3, "３階")]));
        assert_eq!(gap.address_text(), "大阪市\n\n３階");
        assert_eq!(AccountFacts::address_of(&gap.address_text()), gap.address);
        assert_eq!(
            gap.updated(&details(&[(AccountField::Address3, "３階")])),
            gap
        );
        let filled = gap.updated(&details(&[(AccountField::Address2, "ビル")]));
        assert_eq!(filled.address_text(), "大阪市\nビル\n３階");
        let closed = AccountFacts {
            address: AccountFacts::address_of("大阪市\n３階"),
            ..gap
        };
        let same = [
            (AccountField::Address2, ""),
            (AccountField::Address3, "３階"),
        ];
        assert_eq!(closed.updated(&details(&same)), closed);
    }
}
