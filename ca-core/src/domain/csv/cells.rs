//! One line of CSV (RFC 4180) into its cells, strictly: what a lenient reader would guess becomes an
//! office's name on a letter.

use thiserror::Error;

/// Why a line cannot be split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CellError {
    /// A quoted cell goes on in the next line.
    #[error(
        "cell {cell} opens a quotation mark that the line does not close; a cell cannot hold a line break"
    )]
    Open {
        /// The cell, from 1.
        cell: usize,
    },
    /// A quotation mark where none may stand.
    #[error(
        "cell {cell} has a quotation mark in the middle; quote the whole cell and double the mark"
    )]
    Stray {
        /// The cell, from 1.
        cell: usize,
    },
}

impl CellError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(self) -> String {
        match self {
            Self::Open { cell } => format!(
                "{cell}列目の引用符（\"）が閉じられていません。セルの中で改行することはできません"
            ),
            Self::Stray { cell } => format!(
                "{cell}列目の途中に引用符（\"）があります。セル全体を\"で囲み、中の\"は2つ重ねてください"
            ),
        }
    }
}

/// Splits one line without its line end.
pub(in crate::domain) fn split(line: &str) -> Result<Vec<String>, CellError> {
    let mut cells = Vec::new();
    let mut rest = Some(line);
    while let Some(text) = rest {
        let cell = cells.len() + 1;
        let (read, after) = match text.strip_prefix('"') {
            Some(quoted) => read_quoted(quoted, cell)?,
            None => read_plain(text, cell)?,
        };
        cells.push(read);
        rest = after;
    }
    Ok(cells)
}

/// The cell, and what stands after its comma if it has one.
type Read<'a> = (String, Option<&'a str>);

fn read_plain(text: &str, cell: usize) -> Result<Read<'_>, CellError> {
    let (read, after) = match text.split_once(',') {
        Some((read, after)) => (read, Some(after)),
        None => (text, None),
    };
    if read.contains('"') {
        return Err(CellError::Stray { cell });
    }
    Ok((read.to_owned(), after))
}

fn read_quoted(mut text: &str, cell: usize) -> Result<Read<'_>, CellError> {
    let mut read = String::new();
    loop {
        let (part, after) = text.split_once('"').ok_or(CellError::Open { cell })?;
        read.push_str(part);
        if after.is_empty() {
            return Ok((read, None));
        }
        if let Some(next) = after.strip_prefix(',') {
            return Ok((read, Some(next)));
        }
        text = after.strip_prefix('"').ok_or(CellError::Stray { cell })?;
        read.push('"');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn splits_plain_and_quoted_cells() {
        for (line, cells) in [
            ("", vec![""]),
            ("a,b", vec!["a", "b"]),
            (",", vec!["", ""]),
            ("\"a,b\",\"\",c", vec!["a,b", "", "c"]),
            ("\"say \"\"hi\"\"\",\"\"\"\"", vec!["say \"hi\"", "\""]),
            ("a,\"b\",", vec!["a", "b", ""]),
        ] {
            assert_eq!(split(line).unwrap(), cells, "{line:?}");
        }
    }

    #[test]
    fn refuses_what_a_lenient_reader_would_guess() {
        for (line, error) in [
            ("a,\"b", CellError::Open { cell: 2 }),
            ("\"", CellError::Open { cell: 1 }),
            ("\"a\"\"", CellError::Open { cell: 1 }),
            ("a\"b", CellError::Stray { cell: 1 }),
            ("a, \"b\"", CellError::Stray { cell: 2 }),
            ("\"a\" ,b", CellError::Stray { cell: 1 }),
            ("\"a\"b\"", CellError::Stray { cell: 1 }),
        ] {
            assert_eq!(split(line), Err(error), "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_writes_is_read_back(
            cells in proptest::collection::vec("[a\", 字]{0,5}", 2..6)
        ) {
            let mut writer = csv::WriterBuilder::new().from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            prop_assert_eq!(split(line.trim_end_matches('\n')).unwrap(), cells);
        }
    }
}
