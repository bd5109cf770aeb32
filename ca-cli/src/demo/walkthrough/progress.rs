//! What the walkthrough is doing, a line a step, Japanese and English.

use std::io::Write;
use std::path::Path;

/// Numbers and tells the steps.
pub(super) struct Progress<'a> {
    out: &'a mut dyn Write,
    number: u32,
}

impl<'a> Progress<'a> {
    /// Tells to `out`.
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, number: 0 }
    }

    /// The next step begins. The last line before an error says which step failed.
    pub(super) fn step(&mut self, japanese: &str, english: &str) -> anyhow::Result<()> {
        self.number += 1;
        writeln!(self.out, "{:>3}. {japanese}  ({english})", self.number)?;
        Ok(self.out.flush()?)
    }

    /// Every step held.
    pub(super) fn end(self, result: &Path) -> anyhow::Result<()> {
        writeln!(
            self.out,
            "すべて成功しました。 Every step held. {}",
            result.display()
        )?;
        Ok(self.out.flush()?)
    }
}
