//! What may stand in a typed password at all, and the hint for a keyboard that types Japanese.

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// The longest password that is looked at, in characters.
pub const LONGEST_PASSWORD: usize = 128;

/// Why what was typed cannot be anybody's password.
///
/// It depends on the typed characters alone and says nothing about any account, so a page may show
/// it, and it costs no try. Positions count from 1; the characters themselves are not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TypedError {
    /// Nothing was typed.
    #[error("the password is empty")]
    Empty,
    /// Longer than any password here.
    #[error("the password is longer than {LONGEST_PASSWORD} characters")]
    TooLong,
    /// Full-width, kana or kanji: the input method is switched on.
    #[error(
        "character {position} of the password is not half-width; switch the Japanese input \
         method off (half-width/full-width key) and type it again"
    )]
    NotHalfWidth {
        /// Its place.
        position: usize,
    },
    /// A space, tab or other character without a shape.
    #[error(
        "character {position} of the password is a space or a control character; a password has none"
    )]
    NotPrintable {
        /// Its place.
        position: usize,
    },
}

impl TypedError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::Empty => "パスワードが入力されていません".to_owned(),
            Self::TooLong => format!("パスワードは{LONGEST_PASSWORD}文字以内です"),
            Self::NotHalfWidth { position } => format!(
                "パスワードの{position}文字目が半角ではありません。日本語入力（ＩＭＥ）をオフにして、半角で入力し直してください"
            ),
            Self::NotPrintable { position } => {
                format!(
                    "パスワードの{position}文字目に空白または制御文字があります。取り除いてください"
                )
            }
        }
    }
}

/// Checks that every character is a half-width letter, digit or symbol.
pub(super) fn check(typed: &SecretString) -> Result<(), TypedError> {
    let typed = typed.expose_secret();
    if typed.is_empty() {
        return Err(TypedError::Empty);
    }
    if typed.chars().nth(LONGEST_PASSWORD).is_some() {
        return Err(TypedError::TooLong);
    }
    for (character, position) in typed.chars().zip(1..) {
        match character {
            '!'..='~' => {}
            '\0'..=' ' | '\u{7F}' => return Err(TypedError::NotPrintable { position }),
            _ => return Err(TypedError::NotHalfWidth { position }),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_text(typed: &str) -> Result<(), TypedError> {
        check(&SecretString::from(typed))
    }

    #[test]
    fn every_half_width_sign_is_allowed() {
        let all: String = ('!'..='~').collect();
        assert_eq!(all.len(), 94);
        assert_eq!(check_text(&all), Ok(()));
        assert_eq!(check_text(&"a".repeat(128)), Ok(()));
    }

    #[test]
    fn what_an_input_method_types_gets_its_own_hint() {
        for (typed, position) in [
            ("ａbc", 1),
            ("abｃ", 3),
            ("ぱすわーど", 1),
            ("12３", 3),
            ("a\u{3000}", 2),
            ("aﾊﾟ", 2),
            ("aé", 2),
        ] {
            assert_eq!(
                check_text(typed),
                Err(TypedError::NotHalfWidth { position }),
                "{typed:?}"
            );
        }
        assert!(
            TypedError::NotHalfWidth { position: 1 }
                .japanese()
                .contains("ＩＭＥ")
        );
    }

    #[test]
    fn spaces_control_characters_and_wrong_lengths_are_refused() {
        for (typed, position) in [
            (" abc", 1),
            ("ab\tc", 3),
            ("abc\n", 4),
            ("\0", 1),
            ("a\u{7F}", 2),
        ] {
            assert_eq!(
                check_text(typed),
                Err(TypedError::NotPrintable { position }),
                "{typed:?}"
            );
        }
        assert_eq!(check_text(""), Err(TypedError::Empty));
        assert_eq!(check_text(&"a".repeat(129)), Err(TypedError::TooLong));
    }
}
