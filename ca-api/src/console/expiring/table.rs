//! A table as CSV that a spreadsheet opens without running anything in it.

use ca_core::domain::text::spreadsheet_safe;

/// Excel takes a file for UTF-8 only behind this mark.
const MARK: &str = "\u{FEFF}";

/// Head and rows, every cell quoted.
pub(super) fn written<const N: usize>(
    head: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
) -> String {
    let mut text = MARK.to_owned();
    push(&mut text, head.iter().copied());
    for row in rows {
        push(&mut text, row.iter().map(String::as_str));
    }
    text
}

fn push<'a>(text: &mut String, cells: impl Iterator<Item = &'a str>) {
    let quoted = |cell: &str| format!("\"{}\"", spreadsheet_safe(cell).replace('"', "\"\""));
    let cells: Vec<String> = cells.map(quoted).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_doubled_and_formulas_are_text() {
        let rows = [["a\"b".to_owned(), "=1+1".to_owned()]];
        let text = written(&["x", "y"], rows.into_iter());
        assert_eq!(text, "\u{FEFF}\"x\",\"y\"\r\n\"a\"\"b\",\"'=1+1\"\r\n");
    }
}
