//! The letter as its reader has it: text read back from the PDF by poppler.

use crate::program::tool;
use std::path::Path;

/// The text of each page, laid out as printed.
pub fn pages(pdf: &Path) -> Vec<String> {
    let file = pdf.display().to_string();
    let text = tool("pdftotext", ["-layout", "-enc", "UTF-8", &file, "-"])
        .ok()
        .out;
    text.split('\u{c}')
        .map(str::to_owned)
        .filter(|page| !page.trim().is_empty())
        .collect()
}

/// A text without any white space: what counts when groups of characters stand apart on paper.
pub fn solid(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}

/// The fonts of a PDF that are not embedded.
pub fn missing_fonts(pdf: &Path) -> Vec<String> {
    let table = tool("pdffonts", [&pdf.display().to_string()]).ok().out;
    let rows = table.lines().skip(2);
    rows.filter(|row| row.split_whitespace().rev().nth(4) != Some("yes"))
        .map(str::to_owned)
        .collect()
}
