//! Text of several lines, as people type it into a text area or paste it from a mail or a word processor.

use std::fmt;

use super::{TextError, compose, first_refused};

/// Lines ended by LF, by the rules of [`EnteredText`](super::EnteredText) for all other characters.
///
/// Every kind of line end is accepted (HTML forms send CR LF; word processors VT, NEL, U+2028), a tab counts as a
/// space. Blank lines at both ends are dropped and several in a row become one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnteredLines(String);

impl EnteredLines {
    /// Reads a text of at most `longest` characters, line ends included.
    ///
    /// # Errors
    /// When nothing but blanks is there, when it is too long, and at the first character that no field may hold.
    pub fn parse(entered: &str, longest: usize) -> Result<Self, TextError> {
        // Bounded before the work: composing and tidying never make more of it.
        let most = longest.saturating_mul(4).saturating_add(64);
        let length = entered.chars().take(most.saturating_add(1)).count();
        if length > most {
            return Err(TextError::TooLong { length, longest });
        }
        let lines = unified(entered);
        if let Some(refused) = first_refused(&lines.replace('\n', " ")) {
            return Err(refused);
        }
        let text = tidied(&compose(&lines));
        let length = text.chars().count();
        match length {
            0 => Err(TextError::Empty),
            _ if length > longest => Err(TextError::TooLong { length, longest }),
            _ => Ok(Self(text)),
        }
    }

    /// The text, lines ended by LF.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnteredLines {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl From<EnteredLines> for String {
    fn from(lines: EnteredLines) -> Self {
        lines.0
    }
}

/// Line ends of every kind as LF (Unicode Standard, section 5.8), tabs as spaces.
fn unified(entered: &str) -> String {
    let unified = entered.replace("\r\n", "\n");
    unified
        .replace(
            ['\r', '\u{B}', '\u{C}', '\u{85}', '\u{2028}', '\u{2029}'],
            "\n",
        )
        .replace('\t', " ")
}

/// Lines without blanks at their ends, and at most one blank line in a row.
fn tidied(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    for line in text.split('\n') {
        let line = line.trim_end_matches([' ', '\u{3000}']);
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines
        .join("\n")
        .trim_end_matches('\n')
        .trim_start_matches(' ')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(entered: &str) -> Result<String, TextError> {
        EnteredLines::parse(entered, 200).map(String::from)
    }

    #[test]
    fn every_kind_of_line_end_is_one() {
        for end in [
            "\r\n", "\n", "\r", "\u{B}", "\u{85}", "\u{2028}", "\u{2029}",
        ] {
            let entered = format!("一行目{end}　二行目 {end}{end}{end}三行目{end}");
            assert_eq!(
                parse(&entered).unwrap(),
                "一行目\n　二行目\n\n三行目",
                "{end:?}"
            );
        }
        assert_eq!(parse("項目\t値").unwrap(), "項目 値");
    }

    #[test]
    fn blanks_alone_are_nothing() {
        for blank in ["", " \r\n\u{3000}\r\n", "\n\n", "\t"] {
            assert_eq!(parse(blank), Err(TextError::Empty), "{blank:?}");
        }
    }

    #[test]
    fn what_no_field_may_hold_is_refused_where_it_stands() {
        for (bad, place) in [
            ("ab\r\nc\u{0}", 5),
            ("\u{202E}b", 1),
            ("a\u{200B}b", 2),
            ("a\u{1b}[31m", 2),
        ] {
            match parse(bad) {
                Err(TextError::Refused { position, .. }) => assert_eq!(position, place, "{bad:?}"),
                other => panic!("{bad:?} gave {other:?}"),
            }
        }
    }

    #[test]
    fn a_line_end_counts_as_one_character() {
        let full = "あ".repeat(100) + "\r\n" + &"い".repeat(99);
        assert_eq!(parse(&full).unwrap().chars().count(), 200);
        let over = full + "う";
        assert_eq!(
            parse(&over),
            Err(TextError::TooLong {
                length: 201,
                longest: 200
            })
        );
    }
}
