//! User IDs: two letters for the class of user, ten digits.

mod class;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::text::{TextError, half_width, refused_character};

pub use class::{Class, ClassKind, Classes, ClassesError};

const LETTERS: usize = 2;
const DIGITS: usize = 10;

/// More characters than any way of typing an ID needs; a bound on the work for hostile input.
const LONGEST_TYPED: usize = 64;

/// A user ID such as `KJ2700000001`.
///
/// Conversion from a `String` checks the shape alone; [`UserId::parse`] reads what people type and
/// knows the classes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct UserId(String);

/// What a person typed, read as a user ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedUserId {
    /// The ID.
    pub user_id: UserId,
    /// Full-width letters or digits were taken as half-width ones: the input method is switched on,
    /// and a password typed next would fail. Worth a note to the person.
    pub folded: bool,
}

impl UserId {
    /// Reads an ID as people type it: spaces dropped, small letters and full-width forms accepted.
    ///
    /// # Errors
    /// When it is empty, has another shape than two letters and ten digits, or begins with letters
    /// that no class has.
    pub fn parse(typed: &str, classes: &Classes) -> Result<TypedUserId, UserIdError> {
        if typed.chars().nth(LONGEST_TYPED).is_some() {
            return Err(UserIdError::Shape);
        }
        let plain: String = typed
            .chars()
            .map(half_width)
            .filter(|character| !character.is_whitespace())
            .map(|character| character.to_ascii_uppercase())
            .collect();
        if plain.is_empty() {
            return Err(UserIdError::Empty);
        }
        if let Some(refused) = refused_character(typed) {
            return Err(UserIdError::Text(refused));
        }
        let user_id = Self::try_from(plain)?;
        classes.class_of(&user_id)?;
        let folded = typed.chars().any(is_full_width_sign);
        Ok(TypedUserId { user_id, folded })
    }

    /// The ID without spaces: `KJ2700000001`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The letters of its class: `KJ`.
    #[must_use]
    pub fn letters(&self) -> &str {
        self.0.get(..LETTERS).unwrap_or_default()
    }

    /// The ten digits after the letters.
    #[must_use]
    pub fn digits(&self) -> &str {
        self.0.get(LETTERS..).unwrap_or_default()
    }

    /// The ID in groups that are easy to read aloud: `KJ 2700 000 001`.
    #[must_use]
    pub fn display_grouped(&self) -> String {
        let digits = self.digits();
        let (office, rest) = digits.split_at_checked(4).unwrap_or((digits, ""));
        let (middle, end) = rest.split_at_checked(3).unwrap_or((rest, ""));
        format!("{} {office} {middle} {end}", self.letters())
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for UserId {
    type Error = UserIdError;

    fn try_from(plain: String) -> Result<Self, UserIdError> {
        let (letters, digits) = plain.split_at_checked(LETTERS).ok_or(UserIdError::Shape)?;
        let fits = letters.bytes().all(|byte| byte.is_ascii_uppercase())
            && digits.len() == DIGITS
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        if fits {
            Ok(Self(plain))
        } else {
            Err(UserIdError::Shape)
        }
    }
}

impl From<UserId> for String {
    fn from(user_id: UserId) -> Self {
        user_id.0
    }
}

/// Why something is not a user ID here.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UserIdError {
    /// Nothing was typed.
    #[error("the user ID is empty; type it as printed on the letter")]
    Empty,
    /// Not two letters and ten digits.
    #[error("a user ID is two letters and ten digits, such as KJ2700000001")]
    Shape,
    /// A character that cannot be seen or printed.
    #[error("the user ID {0}")]
    Text(TextError),
    /// No class has these letters.
    #[error("no user ID here begins with {letters}; it begins with {}", known.join(", "))]
    UnknownClass {
        /// The letters found.
        letters: String,
        /// The letters of every class.
        known: Vec<String>,
    },
}

impl UserIdError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::Empty => "ユーザＩＤが入力されていません".to_owned(),
            Self::Shape => "ユーザＩＤは英字2文字と数字10文字です（例：KJ2700000001）".to_owned(),
            Self::Text(error) => format!("ユーザＩＤの{}", error.japanese()),
            Self::UnknownClass { letters, known } => format!(
                "ユーザＩＤの先頭の英字「{letters}」は使われていません（{}のいずれか）",
                known.join("、")
            ),
        }
    }
}

/// Whether this is a letter, digit or symbol in its full-width form; a full-width space is no hint.
fn is_full_width_sign(character: char) -> bool {
    half_width(character) != character && character != '\u{3000}'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(typed: &str) -> Result<TypedUserId, UserIdError> {
        UserId::parse(typed, &Classes::default())
    }

    #[test]
    fn reads_what_people_type() {
        for (typed, folded) in [
            ("KJ2700000001", false),
            ("kj2700000001", false),
            (" KJ 2700 000 001\u{3000}\r\n", false),
            ("ＫＪ２７０００００００１", true),
            ("ｋｊ2700000001", true),
        ] {
            let read = parse(typed).unwrap();
            assert_eq!(read.user_id.as_str(), "KJ2700000001", "{typed:?}");
            assert_eq!(read.folded, folded, "{typed:?}");
        }
    }

    #[test]
    fn refuses_other_shapes() {
        assert_eq!(parse(" \u{3000}"), Err(UserIdError::Empty));
        let long = " ".repeat(65);
        for typed in [
            "KJ270000001",
            "KJ27000000011",
            "K12700000001",
            "KJ27000000O1",
            "ＫＪ２７",
            "介護2700000001",
            "KJ٢700000001",
            &long,
        ] {
            assert_eq!(parse(typed), Err(UserIdError::Shape), "{typed:?}");
        }
    }

    #[test]
    fn a_character_that_cannot_be_seen_is_named() {
        for (typed, named) in [
            (
                "KJ2700000001\u{200B}",
                "invisible character U+200B at character 13",
            ),
            (
                "\u{FEFF}KJ2700000001",
                "invisible character U+FEFF at character 1",
            ),
            (
                "KJ\u{202E}2700000001",
                "direction mark U+202E at character 3",
            ),
            (
                "KJ27\u{AD}00000001",
                "invisible character U+00AD at character 5",
            ),
            (
                "KJ2700000001\u{1A}",
                "control character U+001A at character 13",
            ),
            ("KJ2700000001\u{FFFD}", "U+FFFD at character 13"),
        ] {
            let error = parse(typed).unwrap_err();
            assert!(error.to_string().contains(named), "{typed:?}: {error}");
            assert!(error.japanese().contains("U+"), "{}", error.japanese());
        }
    }

    #[test]
    fn names_the_known_classes_when_the_letters_are_unknown() {
        let error = parse("ZZ2700000001").unwrap_err();
        assert_eq!(
            error.to_string(),
            "no user ID here begins with ZZ; it begins with KJ, HJ, HD"
        );
        assert!(error.japanese().contains("KJ、HJ、HD"));
    }

    #[test]
    fn groups_for_reading_aloud() {
        let user_id = parse("KJ2700000001").unwrap().user_id;
        assert_eq!(user_id.display_grouped(), "KJ 2700 000 001");
        assert_eq!(user_id.to_string(), "KJ2700000001");
        assert_eq!((user_id.letters(), user_id.digits()), ("KJ", "2700000001"));
    }

    #[test]
    fn the_store_gets_back_what_it_was_given_and_nothing_else() {
        let user_id: UserId = serde_json::from_str("\"ZZ0000000000\"").unwrap();
        assert_eq!(serde_json::to_string(&user_id).unwrap(), "\"ZZ0000000000\"");
        for bad in [
            "\"kj2700000001\"",
            "\"KJ 2700000001\"",
            "\"\"",
            "\"介護事業所\"",
        ] {
            assert!(serde_json::from_str::<UserId>(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_parsing_is_stable(typed in "\\PC{0,70}") {
            if let Ok(read) = parse(&typed) {
                let again = parse(read.user_id.as_str()).unwrap();
                prop_assert_eq!(&again.user_id, &read.user_id);
                prop_assert!(!again.folded);
                let grouped = parse(&read.user_id.display_grouped()).unwrap();
                prop_assert_eq!(grouped.user_id, read.user_id);
            }
        }

        #[test]
        fn every_id_is_read_in_full_width_too(digits in "[0-9]{10}") {
            let plain = format!("HD{digits}");
            let wide: String = plain.chars().map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap()).collect();
            let read = parse(&wide).unwrap();
            prop_assert_eq!(read.user_id.as_str(), plain);
            prop_assert!(read.folded);
        }
    }
}
