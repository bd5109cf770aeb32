//! What is wrong with a file of accounts, line by line.

use std::fmt;

use thiserror::Error;

use crate::domain::account::{AccountField, AccountFieldError, AccountFieldReason};
use crate::domain::csv::{ByteError, CellError, DecodeError};
use crate::domain::text::TextError;
use crate::domain::user_id::UserId;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Line number, from 1; none when the file as a whole is meant.
    pub line: Option<usize>,
    /// The column, when one is meant.
    pub column: Option<AccountField>,
    /// What is wrong.
    pub reason: LineReason,
}

impl LineError {
    pub(super) const fn of_file(reason: LineReason) -> Self {
        Self {
            line: None,
            column: None,
            reason,
        }
    }

    /// The faults of a file whose characters cannot be read.
    pub(super) fn undecoded(error: DecodeError) -> Vec<Self> {
        match error {
            DecodeError::NoText => vec![Self::of_file(LineReason::Utf16)],
            DecodeError::Lines(lines) => lines
                .into_iter()
                .map(|(line, error)| Self::of_line(line, error.into()))
                .collect(),
        }
    }

    pub(super) const fn of_line(line: usize, reason: LineReason) -> Self {
        Self {
            line: Some(line),
            column: None,
            reason,
        }
    }

    pub(super) fn of_field(line: usize, error: AccountFieldError) -> Self {
        Self {
            line: Some(line),
            column: Some(error.field),
            reason: LineReason::Field(error.reason),
        }
    }

    /// The fault in Japanese: `3行目「名称」：…`.
    #[must_use]
    pub fn japanese(&self) -> String {
        let line = self
            .line
            .map(|line| format!("{line}行目"))
            .unwrap_or_default();
        let column = self
            .column
            .map(|column| format!("「{}」", column.japanese()));
        let place = line + &column.unwrap_or_default();
        let colon = if place.is_empty() { "" } else { "：" };
        format!("{place}{colon}{}", self.reason.japanese())
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (Some(line), Some(column)) => {
                write!(formatter, "line {line}, {column}: {}", self.reason)
            }
            (Some(line), None) => write!(formatter, "line {line}: {}", self.reason),
            _ => self.reason.fmt(formatter),
        }
    }
}

impl std::error::Error for LineError {}

/// What is wrong with a line or a file.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LineReason {
    /// More bytes than are read.
    #[error("the file has more than {most} bytes; split it into several")]
    TooLarge {
        /// Bytes allowed.
        most: usize,
    },
    /// More accounts than are read.
    #[error("the file has more than {most} accounts; split it into several")]
    TooMany {
        /// Accounts allowed.
        most: usize,
    },
    /// UTF-16, or no text at all.
    #[error("the file is not UTF-8 or Shift_JIS text; save it as \"CSV UTF-8\" or \"CSV\"")]
    Utf16,
    /// Bytes that are no text of a line.
    #[error(transparent)]
    Bytes(#[from] ByteError),
    /// The first line is something else.
    #[error(
        "the first line must hold the column names: user_id,name,postal_code,address1 and so on"
    )]
    NoHeading,
    /// A column name that is not known.
    #[error("there is no column {name:?}; known are {}", names().join(", "))]
    UnknownColumn {
        /// The name, shortened.
        name: String,
    },
    /// A column name with a character that cannot be seen or printed.
    #[error("the column name {name:?} {reason}")]
    ColumnText {
        /// The name, shortened.
        name: String,
        /// What is wrong with it.
        reason: TextError,
    },
    /// A required column is missing.
    #[error("the column {0} is missing")]
    NoColumn(AccountField),
    /// Two columns for one field.
    #[error("the column {0} is there twice; keep one")]
    ColumnTwice(AccountField),
    /// Nothing below the column names.
    #[error("the file has no accounts below the column names")]
    NoAccounts,
    /// Not CSV.
    #[error(transparent)]
    Quotation(#[from] CellError),
    /// More or fewer cells than column names.
    #[error("has {found} cells where the first line has {expected}; quote cells that hold a comma")]
    Cells {
        /// Cells in this line.
        found: usize,
        /// Columns named.
        expected: usize,
    },
    /// The same user ID in two lines.
    #[error("{user_id} is in line {first} already; keep one")]
    Twice {
        /// The user ID.
        user_id: UserId,
        /// The line that has it first.
        first: usize,
    },
    /// One cell is wrong.
    #[error(transparent)]
    Field(#[from] AccountFieldReason),
}

impl LineReason {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::TooLarge { most } => {
                format!("ファイルが{most}バイトを超えています。複数のファイルに分けてください")
            }
            Self::TooMany { most } => {
                format!("{most}件を超えています。複数のファイルに分けてください")
            }
            Self::Utf16 => "ファイルがUTF-8またはShift_JISのテキストではありません。「CSV UTF-8」または「CSV」形式で保存してください".to_owned(),
            Self::Bytes(error) => error.japanese(),
            Self::NoHeading => {
                "1行目には列名（ユーザID,名称,郵便番号,住所1 など）が必要です".to_owned()
            }
            Self::UnknownColumn { name } => format!(
                "「{name}」という列はありません（使える列名：{}）",
                AccountField::ALL.map(AccountField::japanese).join("、")
            ),
            Self::ColumnText { name, reason } => {
                format!("列名「{}」：{}", name.escape_debug(), reason.japanese())
            }
            Self::NoColumn(field) => format!("「{}」の列がありません", field.japanese()),
            Self::ColumnTwice(field) => format!("「{}」の列が2つあります", field.japanese()),
            Self::NoAccounts => "列名の下に登録する行がありません".to_owned(),
            Self::Quotation(error) => error.japanese(),
            Self::Cells { found, expected } => format!(
                "項目が{found}個あります（1行目の列名は{expected}個）。カンマを含む項目は\"で囲んでください"
            ),
            Self::Twice { user_id, first } => {
                format!("{user_id}は{first}行目にもあります。どちらか1行にしてください")
            }
            Self::Field(reason) => reason.japanese(),
        }
    }
}

fn names() -> [&'static str; AccountField::ALL.len()] {
    AccountField::ALL.map(AccountField::name)
}
