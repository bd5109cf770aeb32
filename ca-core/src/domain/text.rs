//! Text that a person entered: names and addresses that must survive in a database, a certificate,
//! a letter, a mail and a spreadsheet.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

mod lines;

pub use lines::EnteredLines;

/// The longest text that any field takes, in characters.
pub const LONGEST_TEXT: usize = 200;

/// One line of text, trimmed, composed (NFC), without a character that cannot be seen or printed.
///
/// Characters outside the basic plane (𠮷) are welcome: whether the letter's font has them is the
/// letter's question. CJK compatibility ideographs (神, 都) are kept although NFC would replace them:
/// in a name they are another letter than their plain form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EnteredText(String);

impl EnteredText {
    /// Reads a text of at most `longest` characters.
    ///
    /// # Errors
    /// When nothing is left after trimming, when it is too long, and at the first character that
    /// no field may hold.
    pub fn parse(entered: &str, longest: usize) -> Result<Self, TextError> {
        // Bounded before the work: composing never makes more than a few characters of one.
        let length = entered.chars().take(LONGEST_TEXT * 8).count();
        if length > longest.saturating_mul(4).saturating_add(64) {
            return Err(TextError::TooLong { length, longest });
        }
        let entered = entered.trim_matches([' ', '\u{3000}']);
        if let Some(refused) = first_refused(entered) {
            return Err(refused);
        }
        let text = compose(entered);
        let length = text.chars().count();
        match length {
            0 => Err(TextError::Empty),
            _ if length > longest => Err(TextError::TooLong { length, longest }),
            _ => Ok(Self(text)),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnteredText {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl TryFrom<String> for EnteredText {
    type Error = TextError;

    fn try_from(stored: String) -> Result<Self, TextError> {
        Self::parse(&stored, LONGEST_TEXT)
    }
}

impl From<EnteredText> for String {
    fn from(text: EnteredText) -> Self {
        text.0
    }
}

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing but spaces.
    #[error("is empty")]
    Empty,
    /// More characters than the field takes.
    #[error("has {length} characters; at most {longest} fit")]
    TooLong {
        /// Characters found (counted up to a bound).
        length: usize,
        /// Characters that fit.
        longest: usize,
    },
    /// A character that no field may hold.
    #[error("has {kind} U+{:04X} at character {position}; remove it or write it otherwise", u32::from(*character))]
    Refused {
        /// The character.
        character: char,
        /// Its place, from 1, after leading spaces.
        position: usize,
        /// What is wrong with it.
        kind: RefusedKind,
    },
    /// A spreadsheet would run the text as a formula.
    #[error(
        "begins with {0:?}, which a spreadsheet runs as a formula; begin with another character"
    )]
    Formula(char),
}

impl TextError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::Empty => "入力されていません".to_owned(),
            Self::TooLong { length, longest } => {
                format!("{length}文字あります（{longest}文字以内で入力してください）")
            }
            Self::Refused {
                character,
                position,
                kind,
            } => format!(
                "{position}文字目に使えない文字があります（{} U+{:04X}）。取り除くか、別の文字で入力してください",
                kind.japanese(),
                u32::from(*character)
            ),
            Self::Formula(character) => {
                format!("先頭の「{character}」は表計算ソフトで数式として実行されるため使えません")
            }
        }
    }
}

/// What is wrong with a refused character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedKind {
    /// A control character, tab and line end included.
    Control,
    /// It changes the direction of the text that follows.
    Direction,
    /// It has no shape of its own (zero width, fillers, variation selectors).
    Invisible,
    /// A space that looks like the usual one and is not.
    UnusualSpace,
    /// A character of the user's own (外字): every computer shows another one.
    PrivateUse,
    /// Not a character (yet).
    Unassigned,
    /// U+FFFD: a character was lost before the text came here.
    Lost,
}

impl RefusedKind {
    const fn japanese(self) -> &'static str {
        match self {
            Self::Control => "制御文字",
            Self::Direction => "文字の向きを変える制御文字",
            Self::Invisible => "目に見えない文字",
            Self::UnusualSpace => "特殊な空白",
            Self::PrivateUse => "外字",
            Self::Unassigned => "未定義の文字",
            Self::Lost => "文字化けした文字",
        }
    }
}

impl fmt::Display for RefusedKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Control => "the control character",
            Self::Direction => "the direction mark",
            Self::Invisible => "the invisible character",
            Self::UnusualSpace => "the unusual space",
            Self::PrivateUse => "the private-use character",
            Self::Unassigned => "the unassigned character",
            Self::Lost => "the mark of a lost character,",
        })
    }
}

/// Refuses a text that a spreadsheet would run when somebody opens an export.
///
/// # Errors
/// [`TextError::Formula`], for `= + - @`, tab, CR and LF, and the full-width forms of the first four
/// (a Japanese Excel takes those for formulas too).
pub fn refuse_formula(entered: &str) -> Result<(), TextError> {
    match entered.chars().next() {
        Some(first) if starts_formula(first) => Err(TextError::Formula(first)),
        _ => Ok(()),
    }
}

/// A cell that no spreadsheet runs: a formula gets an apostrophe before it. Quoting is the CSV
/// writer's work.
#[must_use]
pub fn spreadsheet_safe(cell: &str) -> Cow<'_, str> {
    if cell.starts_with(starts_formula) || cell.trim_start().starts_with(starts_formula) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

/// The half-width form of a full-width letter, digit, symbol or space; any other character itself.
#[must_use]
pub fn half_width(character: char) -> char {
    match character {
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(character) - 0xFEE0).unwrap_or(character)
        }
        '\u{3000}' => ' ',
        _ => character,
    }
}

const fn starts_formula(first: char) -> bool {
    matches!(
        first,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠'
    )
}

/// The first character of what is no free text (an ID, a number, a day) that cannot be seen or printed; spaces and
/// line ends are the reader's to judge.
#[must_use]
pub fn refused_character(entered: &str) -> Option<TextError> {
    let judged = entered
        .chars()
        .zip(1..)
        .filter(|(own, _)| !own.is_whitespace());
    judged.into_iter().find_map(refused_at)
}

fn first_refused(text: &str) -> Option<TextError> {
    text.chars().zip(1..).find_map(refused_at)
}

fn refused_at((character, position): (char, usize)) -> Option<TextError> {
    refusal(character).map(|kind| TextError::Refused {
        character,
        position,
        kind,
    })
}

fn refusal(character: char) -> Option<RefusedKind> {
    use GeneralCategory as Category;
    if let Some(kind) = refusal_by_name(character) {
        return Some(kind);
    }
    match character.general_category() {
        Category::Control => Some(RefusedKind::Control),
        Category::Format => Some(RefusedKind::Invisible),
        Category::LineSeparator | Category::ParagraphSeparator => Some(RefusedKind::Control),
        Category::SpaceSeparator => Some(RefusedKind::UnusualSpace),
        Category::PrivateUse => Some(RefusedKind::PrivateUse),
        Category::Unassigned | Category::Surrogate => Some(RefusedKind::Unassigned),
        _ => None,
    }
    .filter(|_| !matches!(character, ' ' | '\u{3000}'))
}

/// Characters whose category does not tell what is wrong with them.
const fn refusal_by_name(character: char) -> Option<RefusedKind> {
    match character {
        '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => {
            Some(RefusedKind::Direction)
        }
        // Joiner, Hangul fillers, Khmer vowels without shape, the Braille blank, variation selectors.
        '\u{34F}'
        | '\u{115F}'
        | '\u{1160}'
        | '\u{3164}'
        | '\u{FFA0}'
        | '\u{17B4}'
        | '\u{17B5}'
        | '\u{2800}'
        | '\u{180B}'..='\u{180F}'
        | '\u{FE00}'..='\u{FE0F}'
        | '\u{E0100}'..='\u{E01EF}' => Some(RefusedKind::Invisible),
        '\u{FFFD}' => Some(RefusedKind::Lost),
        _ => None,
    }
}

/// NFC, with CJK compatibility ideographs kept as they are.
fn compose(text: &str) -> String {
    let mut composed = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_compatibility_ideograph) {
        let kept = piece
            .chars()
            .next_back()
            .filter(|last| is_compatibility_ideograph(*last));
        composed.extend(piece.trim_end_matches(is_compatibility_ideograph).nfc());
        composed.extend(kept);
    }
    composed
}

const fn is_compatibility_ideograph(character: char) -> bool {
    matches!(character, '\u{F900}'..='\u{FAFF}' | '\u{2F800}'..='\u{2FA1F}')
}

#[cfg(test)]
mod tests;
