//! A reissue application (J8): what a public form asks of somebody who lost a password, every field checked.
//!
//! Nothing here looks at the register: the form is judged by its shape alone, so that its answers are the same
//! for IDs that exist and for those that do not.
mod telephone;

use chrono::{DateTime, Utc};

use super::account::{MailAddressError, parse_mail_address};
use super::random::Random;
use super::request::{RequestId, words};
use super::revocation::RevocationReason;
use super::text::{EnteredLines, EnteredText, LONGEST_TEXT, TextError, refuse_formula};
use super::user_id::{Classes, TypedUserId, UserId, UserIdError};

pub use telephone::TelephoneError;

/// The longest name of an office or a person, in characters.
pub const LONGEST_NAME: usize = 64;

/// Names an application: a UUIDv7, drawn with the confirm screen, so that a form sent twice is one application.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReissueId(RequestId);

/// A text that names no application.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an application's name: a UUID is expected")]
pub struct ReissueIdError;

impl ReissueId {
    /// Draws a name at the instant `at`.
    pub fn draw(at: DateTime<Utc>, random: &dyn Random) -> Self {
        Self(RequestId::draw(at, random))
    }

    /// Reads a name from a URL or a form.
    pub fn parse(text: &str) -> Result<Self, ReissueIdError> {
        RequestId::parse(text).map(Self).map_err(|_| ReissueIdError)
    }

    /// The text form, lower case with hyphens.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<String> for ReissueId {
    type Error = ReissueIdError;

    fn try_from(text: String) -> Result<Self, ReissueIdError> {
        Self::parse(&text)
    }
}

impl std::fmt::Display for ReissueId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What was lost, as the form offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lost {
    /// The letter with both passwords.
    Letter,
    /// The login password.
    LoginPassword,
    /// The issuance password.
    IssuancePassword,
    /// Both passwords.
    Both,
    /// Somebody else may know a password, or has the computer.
    Exposed,
    /// Something else, said in the free text.
    Other,
}
words!(
    Lost,
    "thing that was lost",
    Letter = "letter",
    LoginPassword = "login-password",
    IssuancePassword = "issuance-password",
    Both = "both",
    Exposed = "exposed",
    Other = "other",
);

impl Lost {
    /// Whether somebody else may have, or may open, the private key.
    const fn exposes_the_key(self) -> bool {
        matches!(self, Self::Exposed)
    }

    /// Why certificates are revoked when an application is accepted (RFC 5280 §5.3.1): `all` are the reasons of every
    /// application for the same user ID that is settled with it. One that says that the key is exposed is enough.
    pub fn revocation_reason(all: &[Self]) -> RevocationReason {
        if all.iter().any(|lost| lost.exposes_the_key()) {
            RevocationReason::KeyCompromise
        } else {
            RevocationReason::Superseded
        }
    }
}

/// Where an application stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReissueState {
    /// Waits for an operator.
    Waiting,
    /// The passwords are void, a letter is due.
    Accepted,
    /// An operator said no.
    Rejected,
    /// Another application of the same ID was accepted.
    Settled,
}
words!(
    ReissueState,
    "state of a reissue application",
    Waiting = "waiting",
    Accepted = "accepted",
    Rejected = "rejected",
    Settled = "settled",
);

/// One field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReissueField {
    /// The user ID.
    UserId,
    /// The office's name.
    OfficeName,
    /// Who asks.
    Person,
    /// Where that person can be called.
    Telephone,
    /// Where that person can be written to; may be empty.
    MailAddress,
    /// What was lost.
    Lost,
    /// How, or what else; needed where [`Lost::Other`] was chosen.
    Detail,
}

impl ReissueField {
    /// Every field, in the order of the form.
    pub const ALL: [Self; 7] = [
        Self::UserId,
        Self::OfficeName,
        Self::Person,
        Self::Telephone,
        Self::MailAddress,
        Self::Lost,
        Self::Detail,
    ];

    /// Its name in the form.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserId => "user_id",
            Self::OfficeName => "office_name",
            Self::Person => "person",
            Self::Telephone => "telephone",
            Self::MailAddress => "mail_address",
            Self::Lost => "lost",
            Self::Detail => "detail",
        }
    }
}

/// The form as it was typed, nothing checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReissueForm([String; ReissueField::ALL.len()]);

/// What was applied for, every field checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReissueApplication {
    /// The user ID; whether there is such an account is not known here.
    pub user_id: UserId,
    /// Full-width letters or digits of the ID were taken as half-width ones.
    pub folded: bool,
    /// The office's name.
    pub office_name: String,
    /// Who asks.
    pub person: String,
    /// Digits and hyphens.
    pub telephone: String,
    /// Where that person can be written to.
    pub mail_address: Option<String>,
    /// What was lost.
    pub lost: Lost,
    /// How, or what else.
    pub detail: Option<String>,
}

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReissueFieldReason {
    /// Nothing was entered.
    #[error("is empty")]
    Empty,
    /// Not a user ID.
    #[error(transparent)]
    UserId(#[from] UserIdError),
    /// Not a text that the form takes.
    #[error(transparent)]
    Text(#[from] TextError),
    /// Not a telephone number.
    #[error(transparent)]
    Telephone(#[from] TelephoneError),
    /// Not a mail address.
    #[error(transparent)]
    MailAddress(#[from] MailAddressError),
}

type Errors = Vec<(ReissueField, ReissueFieldReason)>;

impl ReissueForm {
    /// Fills in one field.
    pub fn set(&mut self, field: ReissueField, entered: impl Into<String>) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = entered.into();
        }
    }

    /// What was entered into one field.
    pub fn entered(&self, field: ReissueField) -> &str {
        self.0.get(field as usize).map_or("", String::as_str)
    }

    /// Checks every field.
    ///
    /// # Errors
    /// Every field that is wrong with the reason, in the order of the form.
    pub fn check(&self, classes: &Classes) -> Result<ReissueApplication, Errors> {
        use ReissueField as F;
        let mut errors = Vec::new();
        let user_id = self.user_id(classes, &mut errors);
        let office_name = self.line(F::OfficeName, &mut errors);
        let person = self.line(F::Person, &mut errors);
        let telephone = self.read(F::Telephone, &mut errors, |typed| {
            telephone::parse(typed).map_err(ReissueFieldReason::from)
        });
        let mail_address = self.optional(F::MailAddress, &mut errors, |typed| {
            Ok(parse_mail_address(typed)?)
        });
        let lost = self.read(F::Lost, &mut errors, |typed| {
            Lost::try_from(typed.to_owned()).map_err(|_| ReissueFieldReason::Empty)
        });
        let detail = self.optional(F::Detail, &mut errors, |typed| {
            Ok(EnteredLines::parse(typed, LONGEST_TEXT)?.into())
        });
        if lost == Some(Lost::Other) && self.is_blank(F::Detail) {
            errors.push((F::Detail, ReissueFieldReason::Empty));
        }
        match (user_id, office_name, person, telephone, lost) {
            (Some(typed), Some(office_name), Some(person), Some(telephone), Some(lost))
                if errors.is_empty() =>
            {
                Ok(ReissueApplication {
                    user_id: typed.user_id,
                    folded: typed.folded,
                    office_name,
                    person,
                    telephone,
                    mail_address,
                    lost,
                    detail,
                })
            }
            _ => Err(errors),
        }
    }

    fn user_id(&self, classes: &Classes, errors: &mut Errors) -> Option<TypedUserId> {
        self.read(ReissueField::UserId, errors, |typed| {
            Ok(UserId::parse(typed, classes)?)
        })
    }

    fn line(&self, field: ReissueField, errors: &mut Errors) -> Option<String> {
        self.read(field, errors, |typed| {
            refuse_formula(typed)?;
            Ok(EnteredText::parse(typed, LONGEST_NAME)?.into())
        })
    }

    fn is_blank(&self, field: ReissueField) -> bool {
        self.entered(field)
            .trim_matches([' ', '\u{3000}'])
            .is_empty()
    }

    fn optional<T>(
        &self,
        field: ReissueField,
        errors: &mut Errors,
        read: impl FnOnce(&str) -> Result<T, ReissueFieldReason>,
    ) -> Option<T> {
        if self.is_blank(field) {
            return None;
        }
        self.read(field, errors, read)
    }

    /// Keeps what was read of a field, or notes why it could not be.
    fn read<T>(
        &self,
        field: ReissueField,
        errors: &mut Errors,
        read: impl FnOnce(&str) -> Result<T, ReissueFieldReason>,
    ) -> Option<T> {
        let typed = self.entered(field).trim_matches([' ', '\u{3000}']);
        let read = if typed.is_empty() {
            Err(ReissueFieldReason::Empty)
        } else {
            read(typed)
        };
        read.map_err(|reason| errors.push((field, reason))).ok()
    }
}

#[cfg(test)]
mod tests;
