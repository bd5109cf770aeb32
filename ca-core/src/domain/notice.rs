//! お知らせ: what operators publish in the portal, to one account, to a class, or to everybody.
mod dates;
mod text;

use super::request::words;

pub use dates::{DateError, ShownDays};
pub use text::{NoticeBody, Piece};

use super::text::{EnteredText, TextError};

/// Longest title, in characters: it is the line of a list and of a mail.
pub const LONGEST_TITLE: usize = 60;
/// Longest text, in characters.
pub const LONGEST_BODY: usize = 4_000;

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readers {
    /// Every account.
    Everybody,
    /// The accounts whose user ID begins with these letters.
    Class(String),
    /// One account, by its number.
    Account(i64),
}

/// The same as a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReaderKind {
    /// Every account.
    Everybody,
    /// A class of user IDs.
    Class,
    /// One account.
    Account,
}
words!(
    ReaderKind,
    "kind of readers",
    Everybody = "everybody",
    Class = "class",
    Account = "account",
);

impl Readers {
    /// Its word.
    pub const fn kind(&self) -> ReaderKind {
        match self {
            Self::Everybody => ReaderKind::Everybody,
            Self::Class(_) => ReaderKind::Class,
            Self::Account(_) => ReaderKind::Account,
        }
    }
}

/// A notice before it is published, every part checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeDraft {
    /// The line in the list.
    pub title: EnteredText,
    /// The text.
    pub body: NoticeBody,
    /// Whom it is for.
    pub readers: Readers,
    /// When it is shown.
    pub days: ShownDays,
}

/// Reads a title.
///
/// # Errors
/// As every line of text that people enter.
pub fn title(entered: &str) -> Result<EnteredText, TextError> {
    EnteredText::parse(entered, LONGEST_TITLE)
}
