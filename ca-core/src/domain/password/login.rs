//! The login password: temporary from the letter, then the user's own.

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::generation;
use super::typed::{self, TypedError};
use crate::domain::random::Random;
use crate::domain::user_id::UserId;

/// The shortest login password, in characters.
const SHORTEST: usize = 8;

/// Letters in a temporary login password: three groups of four. It is guessed on line only, against
/// the lock, and must be changed at first use.
const TEMPORARY_LENGTH: usize = 12;

const _: () = assert!(
    generation::bits(TEMPORARY_LENGTH as u32) >= 50,
    "too easy to guess"
);

/// Passwords that everybody tries first, in small letters; none shorter than eight characters.
const COMMON: &str = include_str!("guessed_first.txt");

/// A login password, exactly as typed: case counts, nothing is cut off.
#[derive(Clone, Debug)]
pub struct LoginPassword(SecretString);

impl LoginPassword {
    /// Reads what was typed to log in. Whether it is right is for the hash to say.
    ///
    /// # Errors
    /// When no password could ever look so, above all full-width characters.
    pub fn typed(typed: &SecretString) -> Result<Self, TypedError> {
        typed::check(typed)?;
        Ok(Self(typed.clone()))
    }

    /// Takes the password that a user chose as the new one.
    ///
    /// # Errors
    /// When the rule for new passwords refuses it.
    pub fn choose(typed: &SecretString, user_id: &UserId) -> Result<Self, ChoiceError> {
        let password = Self::typed(typed)?;
        let text = password.0.expose_secret();
        if text.len() < SHORTEST {
            return Err(ChoiceError::TooShort { length: text.len() });
        }
        if text.eq_ignore_ascii_case(user_id.as_str()) || text == user_id.digits() {
            return Err(ChoiceError::SameAsUserId);
        }
        if is_common(text) {
            return Err(ChoiceError::Common);
        }
        Ok(password)
    }

    /// Makes a temporary password for a letter.
    #[must_use]
    pub fn generate_temporary(random: &dyn Random) -> Self {
        Self(generation::draw(TEMPORARY_LENGTH, random))
    }

    /// The password.
    #[must_use]
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The printed form of a temporary password, in groups with a space between.
    #[must_use]
    pub fn grouped(&self) -> SecretString {
        generation::group(self.0.expose_secret())
    }

    /// Reads what was typed where a *temporary* password is expected: spaces and hyphens between
    /// the printed groups fall out. A user's own password may hold hyphens: never use it there.
    ///
    /// # Errors
    /// As [`LoginPassword::typed`].
    pub fn normalise_temporary(typed: &SecretString) -> Result<Self, TypedError> {
        if typed
            .expose_secret()
            .chars()
            .nth(2 * typed::LONGEST_PASSWORD)
            .is_some()
        {
            return Err(TypedError::TooLong);
        }
        Self::typed(&generation::ungroup(typed.expose_secret()))
    }
}

/// Why a new login password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ChoiceError {
    /// Characters that no password may have.
    #[error(transparent)]
    Typed(#[from] TypedError),
    /// Too few characters.
    #[error("the new password has {length} characters; use at least {SHORTEST}")]
    TooShort {
        /// Characters typed.
        length: usize,
    },
    /// Equal to the user ID or its digits.
    #[error("the new password is the user ID; choose another one")]
    SameAsUserId,
    /// On the list of common passwords, one character repeated, or a run like 12345678.
    #[error("the new password is one of those that everybody tries first; choose another one")]
    Common,
}

impl ChoiceError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::Typed(error) => error.japanese(),
            Self::TooShort { length } => {
                format!("新しいパスワードが{length}文字です。{SHORTEST}文字以上にしてください")
            }
            Self::SameAsUserId => {
                "ユーザＩＤと同じパスワードは使えません。別のパスワードにしてください".to_owned()
            }
            Self::Common => "推測されやすいパスワードです。別のパスワードにしてください".to_owned(),
        }
    }
}

fn is_common(text: &str) -> bool {
    is_run(text.as_bytes())
        || COMMON
            .lines()
            .any(|common| text.eq_ignore_ascii_case(common))
}

/// One character repeated, or each the successor (or predecessor) of the one before: `aaaaaaaa`,
/// `12345678`, `hgfedcba`.
fn is_run(bytes: &[u8]) -> bool {
    let steps = bytes.iter().zip(bytes.iter().skip(1));
    let mut steps = steps.map(|(one, next)| i16::from(*next) - i16::from(*one));
    let first = steps.next();
    first.is_none_or(|first| first.abs() <= 1 && steps.all(|step| step == first))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::OsRandom;

    fn choose(typed: &str) -> Result<String, ChoiceError> {
        let user_id = UserId::try_from("KJ2700000001".to_owned()).unwrap();
        LoginPassword::choose(&SecretString::from(typed), &user_id)
            .map(|password| password.secret().expose_secret().to_owned())
    }

    #[test]
    fn a_chosen_password_is_kept_to_the_letter() {
        let long = format!("Aa1{}", "~x".repeat(62));
        for typed in ["Tr0ub4dor&3", "kq7-Wm2~x", "'\"<>&%=+;", &long] {
            assert_eq!(choose(typed).unwrap(), typed);
        }
    }

    #[test]
    fn each_refusal_has_its_own_reason() {
        assert_eq!(choose("kq7-Wm2"), Err(ChoiceError::TooShort { length: 7 }));
        for same in ["KJ2700000001", "kj2700000001", "2700000001"] {
            assert_eq!(choose(same), Err(ChoiceError::SameAsUserId), "{same}");
        }
        for common in [
            "password",
            "PassWord1",
            "12345678",
            "87654321",
            "aaaaaaaa",
            "qwertyuiop",
            "p@ssw0rd",
        ] {
            assert_eq!(choose(common), Err(ChoiceError::Common), "{common}");
        }
        let typed = TypedError::NotHalfWidth { position: 1 };
        assert_eq!(choose("ｋq7-Wm2~x"), Err(ChoiceError::Typed(typed)));
        let typed = TypedError::NotPrintable { position: 4 };
        assert_eq!(choose("kq7 Wm2~x"), Err(ChoiceError::Typed(typed)));
        assert_eq!(
            choose(&"x".repeat(129)),
            Err(ChoiceError::Typed(TypedError::TooLong))
        );
    }

    #[test]
    fn the_list_of_common_passwords_is_tidy() {
        let lines: Vec<&str> = COMMON.lines().collect();
        assert!(lines.len() >= 100);
        for line in &lines {
            assert!(
                line.len() >= SHORTEST,
                "{line} is refused for its length already"
            );
            assert_eq!(*line, line.trim().to_ascii_lowercase());
        }
        let mut sorted = lines.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted, lines, "sorted, none twice");
    }

    #[test]
    fn a_temporary_password_is_typed_with_or_without_its_gaps() {
        let temporary = LoginPassword::generate_temporary(&OsRandom);
        let printed = temporary.grouped();
        let hyphens = SecretString::from(printed.expose_secret().replace(' ', "-"));
        assert_eq!(printed.expose_secret().len(), 14);
        for typed in [&printed, &hyphens, temporary.secret()] {
            let read = LoginPassword::normalise_temporary(typed).unwrap();
            assert_eq!(
                read.secret().expose_secret(),
                temporary.secret().expose_secret()
            );
        }
    }
}
