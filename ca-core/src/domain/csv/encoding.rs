//! Which characters a file holds: UTF-8, or CP932 as a Japanese Excel writes it.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::SHIFT_JIS;

/// How a file's characters are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// Microsoft's Shift_JIS (code page 932).
    Cp932,
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Utf8 => "UTF-8",
            Self::Cp932 => "Shift_JIS (CP932)",
        })
    }
}

impl Encoding {
    fn decode(self, line: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(line).ok().map(Cow::Borrowed),
            Self::Cp932 => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(line),
        }
    }
}

/// Why a file cannot be read as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// UTF-16, or no text at all.
    NoText,
    /// Lines (from 1) with bytes that are no character.
    Lines {
        /// What the rest of the file is written in.
        encoding: Encoding,
        /// The lines.
        lines: Vec<usize>,
    },
}

/// Decodes a file, or names every line that cannot be.
pub(in crate::domain) fn decode(bytes: &[u8]) -> Result<(Encoding, String), DecodeError> {
    // UTF-16 is what Excel calls "Unicode text"; half of its bytes are zero.
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.contains(&0) {
        return Err(DecodeError::NoText);
    }
    let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
    let bytes = marked.unwrap_or(bytes);
    let encoding = if marked.is_some() {
        Encoding::Utf8
    } else {
        guess(bytes)
    };
    let mut text = String::with_capacity(bytes.len());
    let mut lines = Vec::new();
    for (line, raw) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line > 1 {
            text.push('\n');
        }
        match encoding.decode(raw) {
            Some(decoded) => text.push_str(&decoded),
            None => lines.push(line),
        }
    }
    if lines.is_empty() {
        Ok((encoding, text))
    } else {
        Err(DecodeError::Lines { encoding, lines })
    }
}

/// The encoding that more lines agree with; only lines beyond ASCII vote.
///
/// By the line, not by the file: one damaged line in a UTF-8 file must be named, not turn the
/// whole file into CP932 gibberish. (No byte of a CP932 character is a line feed.)
fn guess(bytes: &[u8]) -> Encoding {
    let beyond_ascii = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_ascii());
    let (utf8, other): (Vec<_>, Vec<_>) =
        beyond_ascii.partition(|line| Encoding::Utf8.decode(line).is_some());
    if other.len() > utf8.len() {
        Encoding::Cp932
    } else {
        Encoding::Utf8
    }
}
