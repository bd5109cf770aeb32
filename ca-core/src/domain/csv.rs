//! What every CSV file of staff's has in common: its characters, its lines, its cells.

mod cells;
mod encoding;

use super::text::half_width;

pub use cells::CellError;
pub use encoding::{ByteError, DecodeError, Encoding};

pub(super) use cells::split;
pub(super) use encoding::decode;

/// The lines with anything in them, numbered from 1. A spreadsheet writes emptied rows as commas.
pub(super) fn rows(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.split('\n'))
        .map(|(line, row)| (line, row.strip_suffix('\r').unwrap_or(row)))
        .filter(|(_, row)| !row.trim_matches([',', ' ', '\u{3000}', '\t']).is_empty())
}

/// Drops empty cells at the end, down to `keep` cells.
pub(super) fn drop_blank_end(cells: &mut Vec<String>, keep: usize) {
    while cells.len() > keep && cells.last().is_some_and(|last| last.trim().is_empty()) {
        cells.pop();
    }
}

/// A column's name or a word as it is compared: case, width and spaces around do not matter.
pub(super) fn plain(name: &str) -> String {
    let narrow: String = name.chars().map(half_width).collect();
    narrow.trim().to_lowercase()
}
