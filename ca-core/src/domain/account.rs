//! Accounts: what the register says about an office or an agent.

mod facts;
mod field;
mod mail_address;
mod postal_code;

use thiserror::Error;

use super::csv::plain;
use super::request::words;
use super::text::{EnteredText, TextError, refuse_formula, refused_character};
use super::user_id::{Classes, UserId, UserIdError};

pub use facts::{AccountFacts, FieldChange, Update};
pub use field::AccountField;
pub use mail_address::{MailAddressError, parse as parse_mail_address};

/// The longest name: the bound that X.520 sets on a name in a certificate.
pub const LONGEST_NAME: usize = 64;
/// The longest address line or recipient, in characters: what a letter's window can show.
pub const LONGEST_LINE: usize = 50;

/// What the register says about one account, every field checked.
///
/// Outside this crate [`AccountForm::check`] alone makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountDetails {
    /// The user ID.
    pub user_id: UserId,
    /// Name of the office or agent.
    pub name: String,
    /// Person or section that the letter is addressed to.
    pub recipient: Update<String>,
    /// `NNN-NNNN`.
    pub postal_code: String,
    /// The three address lines; the first is always there.
    pub address: [Update<String>; 3],
    /// Where notices go; none means no mail.
    pub mail_address: Update<String>,
    /// Whether the office runs community-support services; none leaves what the register says.
    pub community_support: Option<bool>,
}

/// Whether an account may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountStatus {
    /// It may log in.
    Active,
    /// Switched off by staff.
    Disabled,
}
words!(
    AccountStatus,
    "status of an account",
    Active = "active",
    Disabled = "disabled"
);

/// An account as people filled it in, nothing checked. A field that was never set is not given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountForm([Option<String>; AccountField::ALL.len()]);

impl AccountForm {
    /// Fills in one field.
    pub fn set(&mut self, field: AccountField, entered: impl Into<String>) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = Some(entered.into());
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Every field that is wrong, in their order.
    pub fn check(&self, classes: &Classes) -> Result<AccountDetails, Vec<AccountFieldError>> {
        let mut errors = Vec::new();
        let user_id = self.user_id(classes, &mut errors);
        let name = self.name(&mut errors);
        let postal_code = self.postal_code(&mut errors);
        let address = self.address(&mut errors);
        let recipient = self.line(AccountField::Recipient, &mut errors);
        let mail_address = self.mail_address(&mut errors);
        let community_support = self.community_support(&mut errors);
        match (user_id, name, postal_code) {
            (Some(user_id), Some(name), Some(postal_code)) if errors.is_empty() => {
                Ok(AccountDetails {
                    user_id,
                    name,
                    recipient,
                    postal_code,
                    address,
                    mail_address,
                    community_support,
                })
            }
            _ => Err(errors),
        }
    }

    /// What was entered into one field.
    #[must_use]
    pub fn entered(&self, field: AccountField) -> &str {
        self.given(field).unwrap_or_default()
    }

    fn given(&self, field: AccountField) -> Option<&str> {
        self.0.get(field as usize)?.as_deref()
    }

    fn user_id(&self, classes: &Classes, errors: &mut Errors) -> Option<UserId> {
        let field = AccountField::UserId;
        let read = UserId::parse(self.entered(field), classes);
        note(field, read, errors).map(|read| read.user_id)
    }

    fn postal_code(&self, errors: &mut Errors) -> Option<String> {
        let field = AccountField::PostalCode;
        let entered = self.entered(field);
        let read = visible(entered)
            .and_then(|()| postal_code::parse(entered).ok_or(AccountFieldReason::PostalCode));
        note(field, read, errors)
    }

    fn name(&self, errors: &mut Errors) -> Option<String> {
        let field = AccountField::Name;
        note(field, text(self.entered(field), LONGEST_NAME), errors)
    }

    fn address(&self, errors: &mut Errors) -> [Update<String>; 3] {
        [
            AccountField::Address1,
            AccountField::Address2,
            AccountField::Address3,
        ]
        .map(|line| self.line(line, errors))
    }

    fn mail_address(&self, errors: &mut Errors) -> Update<String> {
        let field = AccountField::MailAddress;
        let Some(entered) = self.given(field).map(str::trim) else {
            return Update::Keep;
        };
        if entered.is_empty() {
            return Update::Clear;
        }
        let read = refuse_formula(entered)
            .map_err(AccountFieldReason::Text)
            .and_then(|()| visible(entered))
            .and_then(|()| mail_address::parse(entered).map_err(AccountFieldReason::MailAddress));
        note(field, read, errors).map_or(Update::Keep, Update::Set)
    }

    fn community_support(&self, errors: &mut Errors) -> Option<bool> {
        let field = AccountField::CommunitySupport;
        let read = match plain(self.entered(field)).as_str() {
            "" => return None,
            "yes" | "はい" | "有" => Ok(true),
            "no" | "いいえ" | "無" => Ok(false),
            _ => visible(self.entered(field)).and(Err(AccountFieldReason::YesOrNo)),
        };
        note(field, read, errors)
    }

    /// A line of text.
    fn line(&self, field: AccountField, errors: &mut Errors) -> Update<String> {
        let entered = match (self.given(field), field.is_required()) {
            (None, false) => return Update::Keep,
            (Some(entered), false) if spaces_off(entered).is_empty() => return Update::Clear,
            (entered, _) => entered.unwrap_or_default(),
        };
        note(field, text(entered, LONGEST_LINE), errors).map_or(Update::Keep, Update::Set)
    }
}

fn text(entered: &str, longest: usize) -> Result<String, TextError> {
    refuse_formula(spaces_off(entered))?;
    EnteredText::parse(entered, longest).map(String::from)
}

/// Names a character that cannot be seen or printed.
fn visible(entered: &str) -> Result<(), AccountFieldReason> {
    refused_character(entered).map_or(Ok(()), |error| Err(error.into()))
}

fn spaces_off(entered: &str) -> &str {
    entered.trim_matches([' ', '\u{3000}'])
}

/// Reads a mail address by the rule that every one of them is held to.
///
/// # Errors
/// When it is none that every mail server takes.
pub fn mail_address(entered: &str) -> Result<String, MailAddressError> {
    mail_address::parse(entered)
}

type Errors = Vec<AccountFieldError>;

/// Keeps what was read, or notes why it could not be.
fn note<T, E: Into<AccountFieldReason>>(
    field: AccountField,
    read: Result<T, E>,
    errors: &mut Errors,
) -> Option<T> {
    read.map_err(|reason| {
        let reason = reason.into();
        errors.push(AccountFieldError { field, reason });
    })
    .ok()
}

/// One field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{field}: {reason}")]
pub struct AccountFieldError {
    /// Which field.
    pub field: AccountField,
    /// Why.
    pub reason: AccountFieldReason,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountFieldReason {
    /// Not a user ID.
    #[error(transparent)]
    UserId(#[from] UserIdError),
    /// Not a text that the register takes.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Not seven digits.
    #[error("a postal code is seven digits, such as 100-0001; spreadsheets drop leading zeros")]
    PostalCode,
    /// Not a mail address.
    #[error(transparent)]
    MailAddress(#[from] MailAddressError),
    /// Neither yes nor no.
    #[error("write yes or no (はい, いいえ), or leave it empty")]
    YesOrNo,
}

impl AccountFieldReason {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::UserId(error) => error.japanese(),
            Self::Text(error) => error.japanese(),
            Self::PostalCode => {
                "郵便番号は数字7桁です（例：100-0001）。表計算ソフトで先頭の0が消えていないか確認してください"
                    .to_owned()
            }
            Self::MailAddress(error) => error.japanese(),
            Self::YesOrNo => {
                "「はい」または「いいえ」を入力してください（空欄でもかまいません）".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> AccountForm {
        let mut form = AccountForm::default();
        for (field, entered) in [
            (AccountField::UserId, "ＫＪ２７００ ０００ ００１"),
            (AccountField::Name, " 髙﨑①㈱ "),
            (AccountField::PostalCode, "〒1000001"),
            (AccountField::Address1, "東京都千代田区千代田１－１"),
            (AccountField::Address3, "𠮷野ビル２Ｆ"),
        ] {
            form.set(field, entered);
        }
        form
    }

    fn refused(field: AccountField, entered: &str) -> AccountFieldReason {
        let mut form = form();
        form.set(field, entered);
        let mut errors = form.check(&Classes::default()).unwrap_err();
        assert_eq!(errors.len(), 1, "{entered:?}");
        let error = errors.remove(0);
        assert_eq!(error.field, field, "{entered:?}");
        error.reason
    }

    #[test]
    fn a_filled_in_form_becomes_details() {
        let details = form().check(&Classes::default()).unwrap();
        assert_eq!(details.user_id.as_str(), "KJ2700000001");
        assert_eq!(details.name, "髙﨑①㈱");
        assert_eq!(details.postal_code, "100-0001");
        let set = |text: &str| Update::Set(text.to_owned());
        assert_eq!(
            details.address,
            [
                set("東京都千代田区千代田１－１"),
                Update::Keep,
                set("𠮷野ビル２Ｆ")
            ]
        );
        assert_eq!(details.recipient, Update::Keep);
        assert_eq!(details.mail_address, Update::Keep);
    }

    #[test]
    fn an_empty_form_names_every_required_field() {
        let errors = AccountForm::default()
            .check(&Classes::default())
            .unwrap_err();
        let named: Vec<AccountField> = errors.iter().map(|error| error.field).collect();
        let required = AccountField::ALL.into_iter().filter(|f| f.is_required());
        assert_eq!(named, required.collect::<Vec<_>>());
    }

    #[test]
    fn each_field_is_refused_for_its_own_reason() {
        use AccountFieldReason as Reason;
        let formula = Reason::Text(TextError::Formula('='));
        assert_eq!(refused(AccountField::Name, "  =1+1"), formula);
        assert_eq!(refused(AccountField::Address2, "\u{3000}=1"), formula);
        assert_eq!(refused(AccountField::MailAddress, "=a@example.jp"), formula);
        assert_eq!(
            refused(AccountField::PostalCode, "60001"),
            Reason::PostalCode
        );
        let too_long = TextError::TooLong {
            length: 65,
            longest: 64,
        };
        assert_eq!(
            refused(AccountField::Name, &"字".repeat(65)),
            Reason::Text(too_long)
        );
        assert!(matches!(
            refused(AccountField::Recipient, "山田\n太郎"),
            Reason::Text(TextError::Refused { position: 3, .. })
        ));
        assert!(matches!(
            refused(AccountField::UserId, "AB2700000001"),
            Reason::UserId(UserIdError::UnknownClass { .. })
        ));
        assert_eq!(
            refused(AccountField::MailAddress, "a@b"),
            Reason::MailAddress(MailAddressError::Domain)
        );
    }

    #[test]
    fn an_error_names_the_field_first() {
        let mut form = form();
        form.set(AccountField::Name, " ");
        let error = form.check(&Classes::default()).unwrap_err().remove(0);
        assert_eq!(error.to_string(), "name: is empty");
        assert_eq!(error.reason.japanese(), "入力されていません");
    }
}
