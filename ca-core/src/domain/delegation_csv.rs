//! Delegations from a CSV file: all of them, or every reason why not.
//!
//! The columns are those of docs/agents.md, found by their names in the first line, Japanese or English, in
//! any order.

mod error;

use super::csv::{self, drop_blank_end, plain, rows};
use super::delegation::{DelegationDetails, DelegationField, DelegationForm};
use super::text::refused_character;
use super::user_id::Classes;

pub use error::{LineError, LineReason};

/// Bytes of the whole file.
pub const MOST_BYTES: usize = 4 * 1024 * 1024;
/// Delegations in it.
pub const MOST_LINES: usize = 50_000;

/// One delegation and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelegationLine {
    /// Line number, from 1; the column names stand in line 1.
    pub line: usize,
    /// The delegation.
    pub details: DelegationDetails,
}

/// Reads a file as UTF-8 (with or without a byte order mark) or CP932.
///
/// # Errors
/// Every fault of every line, in the order of the lines. With one fault nothing is read.
pub fn read(bytes: &[u8], classes: &Classes) -> Result<Vec<DelegationLine>, Vec<LineError>> {
    if bytes.len() > MOST_BYTES {
        return Err(vec![LineError::of_file(LineReason::TooLarge)]);
    }
    let (_, text) = csv::decode(bytes).map_err(LineError::undecoded)?;
    let mut rows = rows(&text);
    let columns = match rows.next() {
        Some((1, heading)) => columns(heading)?,
        _ => return Err(vec![LineError::of_line(1, LineReason::NoHeading)]),
    };
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for (seen, (line, row)) in rows.enumerate() {
        if seen == MOST_LINES {
            errors.push(LineError::of_line(line, LineReason::TooMany));
            break;
        }
        match read_row(row, &columns, classes) {
            Ok(details) => lines.push(DelegationLine { line, details }),
            Err(faults) => errors.extend(faults.into_iter().map(|fault| fault.at(line))),
        }
    }
    if lines.is_empty() && errors.is_empty() {
        errors.push(LineError::of_file(LineReason::Empty));
    }
    if errors.is_empty() {
        Ok(lines)
    } else {
        Err(errors)
    }
}

/// Reads the column names.
fn columns(heading: &str) -> Result<Vec<DelegationField>, Vec<LineError>> {
    let of_heading = |reason| LineError::of_line(1, reason);
    let mut names = csv::split(heading).map_err(|error| vec![of_heading(error.into())])?;
    drop_blank_end(&mut names, 0);
    let (mut known, mut errors) = (Vec::new(), Vec::new());
    for name in &names {
        match column(name) {
            Some(field) => known.push(field),
            None => {
                errors.push(of_heading(unknown_column(name)));
            }
        }
    }
    if known.is_empty() {
        return Err(vec![of_heading(LineReason::NoHeading)]);
    }
    for field in DelegationField::ALL {
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

/// The field that a column name stands for.
fn column(name: &str) -> Option<DelegationField> {
    let name = plain(name);
    DelegationField::ALL
        .into_iter()
        .find(|field| name == field.name() || name == plain(field.japanese()))
}

fn read_row(
    row: &str,
    columns: &[DelegationField],
    classes: &Classes,
) -> Result<DelegationDetails, Vec<LineError>> {
    let whole = |reason| vec![LineError::of_file(reason)];
    let mut cells = csv::split(row).map_err(|error| whole(error.into()))?;
    drop_blank_end(&mut cells, columns.len());
    let (found, expected) = (cells.len(), columns.len());
    if found != expected {
        return Err(whole(LineReason::Cells { found, expected }));
    }
    let mut form = DelegationForm::default();
    for (field, cell) in columns.iter().zip(cells) {
        form.set(*field, cell);
    }
    form.check(classes).map_err(|faults| {
        let faults = faults.into_iter();
        faults
            .map(|(field, reason)| LineError::of_field(field, reason))
            .collect()
    })
}

#[cfg(test)]
mod tests;
