//! Accounts from a CSV file: all of them, or every reason why not.
//!
//! The columns are those of docs/accounts-csv.md, found by their names in the first line, Japanese or
//! English, in any order.

mod error;

use std::collections::HashMap;

use super::account::{AccountDetails, AccountField, AccountForm};
use super::csv::{self, drop_blank_end, plain, rows};
use super::text::refused_character;
use super::user_id::{Classes, UserId};

pub use super::csv::{CellError, Encoding};
pub use error::{LineError, LineReason};

/// The bounds of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvLimits {
    /// Bytes of the whole file.
    pub bytes: usize,
    /// Accounts in it.
    pub accounts: usize,
}

impl Default for CsvLimits {
    /// 16 MiB, 50,000 accounts.
    fn default() -> Self {
        Self {
            bytes: 16 * 1024 * 1024,
            accounts: 50_000,
        }
    }
}

/// A file without fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFile {
    /// How its characters were written.
    pub encoding: Encoding,
    /// Its accounts, in its order; no user ID twice.
    pub lines: Vec<AccountLine>,
}

/// One account and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountLine {
    /// Line number, from 1; the column names stand in line 1.
    pub line: usize,
    /// The account.
    pub details: AccountDetails,
}

/// Reads a file as UTF-8 (with or without a byte order mark) or CP932.
///
/// # Errors
/// Every fault of every line, in the order of the lines. With one fault nothing is read.
pub fn read(
    bytes: &[u8],
    classes: &Classes,
    limits: CsvLimits,
) -> Result<AccountFile, Vec<LineError>> {
    if bytes.len() > limits.bytes {
        let most = limits.bytes;
        return Err(vec![LineError::of_file(LineReason::TooLarge { most })]);
    }
    let (encoding, text) = csv::decode(bytes).map_err(LineError::undecoded)?;
    let mut rows = rows(&text);
    let columns = match rows.next() {
        Some((1, heading)) => columns(heading)?,
        _ => return Err(vec![LineError::of_line(1, LineReason::NoHeading)]),
    };
    let mut reading = Reading::new(columns, classes);
    for (line, row) in rows {
        if reading.accounts_seen == limits.accounts {
            let most = limits.accounts;
            reading
                .errors
                .push(LineError::of_line(line, LineReason::TooMany { most }));
            break;
        }
        reading.read_row(line, row);
    }
    reading.finish(encoding)
}

/// Reads the column names.
fn columns(heading: &str) -> Result<Vec<AccountField>, Vec<LineError>> {
    let of_heading = |reason| LineError::of_line(1, reason);
    let mut names = csv::split(heading).map_err(|error| vec![of_heading(error.into())])?;
    drop_blank_end(&mut names, 0);
    let found: Vec<Option<AccountField>> = names.iter().map(|name| column(name)).collect();
    if found.iter().all(Option::is_none)
        && !names.iter().any(|name| refused_character(name).is_some())
    {
        return Err(vec![of_heading(LineReason::NoHeading)]);
    }
    let mut errors = Vec::new();
    for (column, name) in found.iter().zip(&names) {
        if column.is_none() {
            errors.push(of_heading(unknown_column(name)));
        }
    }
    let known: Vec<AccountField> = found.into_iter().flatten().collect();
    for field in AccountField::ALL {
        match known.iter().filter(|known| **known == field).count() {
            0 if field.is_required() => errors.push(of_heading(LineReason::NoColumn(field))),
            0 | 1 => {}
            _ => errors.push(of_heading(LineReason::ColumnTwice(field))),
        }
    }
    if errors.is_empty() {
        Ok(known)
    } else {
        Err(errors)
    }
}

fn unknown_column(name: &str) -> LineReason {
    let short = name.chars().take(40).collect();
    match refused_character(name) {
        Some(reason) => LineReason::ColumnText {
            name: short,
            reason,
        },
        None => LineReason::UnknownColumn { name: short },
    }
}

/// The field that a column name stands for; case, width and spaces around do not matter.
fn column(name: &str) -> Option<AccountField> {
    let name = plain(name);
    AccountField::ALL
        .into_iter()
        .find(|field| name == field.name() || name == plain(field.japanese()))
}

/// A file half read.
struct Reading<'a> {
    columns: Vec<AccountField>,
    classes: &'a Classes,
    accounts_seen: usize,
    lines: Vec<AccountLine>,
    errors: Vec<LineError>,
    first_seen: HashMap<UserId, usize>,
}

impl<'a> Reading<'a> {
    fn new(columns: Vec<AccountField>, classes: &'a Classes) -> Self {
        Self {
            columns,
            classes,
            accounts_seen: 0,
            lines: Vec::new(),
            errors: Vec::new(),
            first_seen: HashMap::new(),
        }
    }

    fn read_row(&mut self, line: usize, row: &str) {
        self.accounts_seen += 1;
        let form = match self.form(row) {
            Ok(form) => form,
            Err(reason) => return self.errors.push(LineError::of_line(line, reason)),
        };
        self.note_user_id(line, &form);
        match form.check(self.classes) {
            Ok(details) => self.lines.push(AccountLine { line, details }),
            Err(errors) => {
                let errors = errors.into_iter();
                self.errors
                    .extend(errors.map(|error| LineError::of_field(line, error)));
            }
        }
    }

    fn form(&self, row: &str) -> Result<AccountForm, LineReason> {
        let mut cells = csv::split(row)?;
        drop_blank_end(&mut cells, self.columns.len());
        let (found, expected) = (cells.len(), self.columns.len());
        if found != expected {
            return Err(LineReason::Cells { found, expected });
        }
        let mut form = AccountForm::default();
        for (field, cell) in self.columns.iter().zip(cells) {
            form.set(*field, cell);
        }
        Ok(form)
    }

    /// Names a user ID that stands in an earlier line, even one with other faults.
    fn note_user_id(&mut self, line: usize, form: &AccountForm) {
        let typed = form.entered(AccountField::UserId);
        let Ok(read) = UserId::parse(typed, self.classes) else {
            return;
        };
        let first = *self.first_seen.entry(read.user_id.clone()).or_insert(line);
        if first != line {
            let user_id = read.user_id;
            self.errors.push(LineError::of_line(
                line,
                LineReason::Twice { user_id, first },
            ));
        }
    }

    fn finish(mut self, encoding: Encoding) -> Result<AccountFile, Vec<LineError>> {
        if self.accounts_seen == 0 {
            self.errors.push(LineError::of_file(LineReason::NoAccounts));
        }
        if self.errors.is_empty() {
            Ok(AccountFile {
                encoding,
                lines: self.lines,
            })
        } else {
            Err(self.errors)
        }
    }
}

#[cfg(test)]
mod tests;
