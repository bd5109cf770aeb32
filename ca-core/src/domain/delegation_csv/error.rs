//! What is wrong with a file of delegations, line by line.

use std::fmt;

use thiserror::Error;

use super::{MOST_BYTES, MOST_LINES};
use crate::domain::csv::{ByteError, CellError, DecodeError};
use crate::domain::delegation::{DelegationField, DelegationReason};
use crate::domain::text::TextError;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineError {
    /// Line number, from 1; none when the file as a whole is meant.
    pub line: Option<usize>,
    /// The column, when one is meant.
    pub column: Option<DelegationField>,
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

    pub(super) const fn of_line(line: usize, reason: LineReason) -> Self {
        Self {
            line: Some(line),
            column: None,
            reason,
        }
    }

    pub(super) const fn of_field(field: DelegationField, reason: DelegationReason) -> Self {
        Self {
            line: None,
            column: Some(field),
            reason: LineReason::Field(reason),
        }
    }

    pub(super) fn undecoded(error: DecodeError) -> Vec<Self> {
        match error {
            DecodeError::NoText => vec![Self::of_file(LineReason::NoText)],
            DecodeError::Lines(lines) => lines
                .into_iter()
                .map(|(line, error)| Self::of_line(line, error.into()))
                .collect(),
        }
    }

    pub(super) fn at(self, line: usize) -> Self {
        Self {
            line: Some(line),
            ..self
        }
    }

    /// The fault in Japanese: `3行目「開始日」：…`.
    #[must_use]
    pub fn japanese(&self) -> String {
        let line = self.line.map(|line| format!("{line}行目"));
        let column = self.column.map(|own| format!("「{}」", own.japanese()));
        let place = line.unwrap_or_default() + &column.unwrap_or_default();
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
    #[error("the file has more than {MOST_BYTES} bytes; split it into several")]
    TooLarge,
    /// More lines than are read.
    #[error("the file has more than {MOST_LINES} delegations; split it into several")]
    TooMany,
    /// UTF-16, or no text at all.
    #[error("the file is not UTF-8 or Shift_JIS text; save it as \"CSV UTF-8\" or \"CSV\"")]
    NoText,
    /// Bytes that are no text of a line.
    #[error(transparent)]
    Bytes(#[from] ByteError),
    /// The first line is something else.
    #[error("the first line must hold the column names: office,agent,from,to")]
    NoHeading,
    /// A column name that is not known.
    #[error("there is no column {name:?}; known are office, agent, from, to")]
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
    NoColumn(DelegationField),
    /// Two columns for one field.
    #[error("the column {0} is there twice; keep one")]
    ColumnTwice(DelegationField),
    /// Nothing below the column names.
    #[error("the file has no delegations below the column names")]
    Empty,
    /// Not CSV.
    #[error(transparent)]
    Quotation(#[from] CellError),
    /// More or fewer cells than column names.
    #[error("has {found} cells where the first line has {expected}")]
    Cells {
        /// Cells in this line.
        found: usize,
        /// Columns named.
        expected: usize,
    },
    /// One cell is wrong.
    #[error(transparent)]
    Field(#[from] DelegationReason),
}

impl LineReason {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::TooLarge => {
                format!("ファイルが{MOST_BYTES}バイトを超えています。複数のファイルに分けてください")
            }
            Self::TooMany => {
                format!("{MOST_LINES}件を超えています。複数のファイルに分けてください")
            }
            Self::NoText => "ファイルがUTF-8またはShift_JISのテキストではありません。「CSV UTF-8」または「CSV」形式で保存してください".to_owned(),
            Self::Bytes(error) => error.japanese(),
            Self::NoHeading => "1行目には列名（事業所,代理人,開始日,終了日）が必要です".to_owned(),
            Self::UnknownColumn { name } => format!(
                "「{name}」という列はありません（使える列名：事業所、代理人、開始日、終了日）"
            ),
            Self::ColumnText { name, reason } => {
                format!("列名「{}」：{}", name.escape_debug(), reason.japanese())
            }
            Self::NoColumn(field) => format!("「{}」の列がありません", field.japanese()),
            Self::ColumnTwice(field) => format!("「{}」の列が2つあります", field.japanese()),
            Self::Empty => "列名の下に登録する行がありません".to_owned(),
            Self::Quotation(error) => error.japanese(),
            Self::Cells { found, expected } => {
                format!("項目が{found}個あります（1行目の列名は{expected}個）")
            }
            Self::Field(reason) => reason.japanese(),
        }
    }
}
