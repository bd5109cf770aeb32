//! Listings: the same rows as columns for people or as JSON for scripts.

use std::io::{self, Write};

use ca_core::domain::account::FieldChange;
use serde::Serialize;

/// Columns apart by two spaces, headings first; full-width characters count as two.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<const N: usize>(headings: [&str; N]) -> Self {
        Self {
            rows: vec![headings.map(str::to_owned).to_vec()],
        }
    }

    /// Adds a row.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.to_vec());
    }

    /// Writes it.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(|column| self.width_of(column)).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(cell, &wide)| {
                let gap = wide.saturating_sub(width(cell));
                format!("{cell}{}", " ".repeat(gap))
            });
            writeln!(out, "{}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        Ok(())
    }

    fn width_of(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| width(cell)).max().unwrap_or(0)
    }
}

/// Writes what a field was and is; `none` is the word for a field with nothing in it.
pub fn write_change(out: &mut dyn Write, change: &FieldChange, none: &str) -> io::Result<()> {
    let of = |value: &Option<String>| value.clone().unwrap_or_else(|| none.to_owned());
    let (old, new) = (of(&change.old), of(&change.new));
    writeln!(out, "      {}: {old} → {new}", change.field)
}

/// Writes `value` as indented JSON.
pub fn write_json<T: Serialize>(out: &mut dyn Write, value: &T) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)?;
    Ok(())
}

/// Places on a terminal: what East Asian scripts write is two wide (UAX #11, the blocks that we meet).
fn width(text: &str) -> usize {
    let wide = |character: char| {
        matches!(u32::from(character), 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3
            | 0xF900..=0xFAFF | 0xFE30..=0xFE6F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x3FFFD)
    };
    text.chars()
        .map(|character| if wide(character) { 2 } else { 1 })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_cells_line_up() {
        let mut table = Table::new(["ID", "NAME", "STATE"]);
        table.row(["KJ1".into(), "青空".into(), "active".into()]);
        table.row(["KJ22".into(), "abcdef".into(), "x".into()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let said = String::from_utf8(out).unwrap();
        assert_eq!(
            said,
            "ID    NAME    STATE\nKJ1   青空    active\nKJ22  abcdef  x\n"
        );
    }
}
