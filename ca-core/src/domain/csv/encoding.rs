//! Which characters a file holds: UTF-8, or CP932 as a Japanese Excel writes it.

use std::borrow::Cow;
use std::fmt;

use encoding_rs::SHIFT_JIS;
use thiserror::Error;

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
    /// Lines (from 1) that cannot be read, and why.
    Lines(Vec<(usize, ByteError)>),
}

/// What is wrong with the bytes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ByteError {
    /// Bytes that are no character.
    #[error("has bytes that are no {0} character; save the file as \"CSV UTF-8\"")]
    Undecodable(Encoding),
    /// The end mark of CP/M and MS-DOS.
    #[error(
        "has Ctrl-Z (U+001A), which old programs write at the end of a file; delete that character"
    )]
    CtrlZ,
    /// A carriage return that no line feed follows.
    #[error(
        "has a carriage return (CR, U+000D) without a line feed; save the file with Windows (CR LF) or Unix (LF) line ends"
    )]
    LoneCr,
    /// A byte order mark that does not begin the file.
    #[error(
        "has a byte order mark (U+FEFF) that does not begin the file, as in files joined together; delete that character"
    )]
    Mark,
}

impl ByteError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(self) -> String {
        match self {
            Self::Undecodable(encoding) => format!(
                "{encoding}として読めない文字があります。「CSV UTF-8」形式で保存してください"
            ),
            Self::CtrlZ => "古いソフトがファイルの末尾に付けるCtrl-Z（U+001A）があります。この文字を削除してください".to_owned(),
            Self::LoneCr => "改行コードがCR（U+000D）だけの箇所があります。改行をCR+LFまたはLFにして保存してください".to_owned(),
            Self::Mark => "ファイルの先頭以外にバイト順マーク（BOM、U+FEFF）があります。ファイルをつなげた箇所などを確認し、この文字を削除してください".to_owned(),
        }
    }
}

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// Decodes a file, or names every line that cannot be.
pub(in crate::domain) fn decode(bytes: &[u8]) -> Result<(Encoding, String), DecodeError> {
    // UTF-16 is what Excel calls "Unicode text"; half of its bytes are zero.
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") || bytes.contains(&0) {
        return Err(DecodeError::NoText);
    }
    let marked = bytes.strip_prefix(MARK);
    let bytes = marked.unwrap_or(bytes);
    let encoding = if marked.is_some() {
        Encoding::Utf8
    } else {
        guess(bytes)
    };
    let mut text = String::with_capacity(bytes.len());
    let mut errors = Vec::new();
    for (line, raw) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        if line > 1 {
            text.push('\n');
        }
        let stray = stray(raw);
        errors.extend(stray.iter().map(|error| (line, *error)));
        match encoding.decode(raw) {
            Some(decoded) => text.push_str(&decoded),
            // A mark is no character of CP932; it has its own name.
            None if stray.contains(&ByteError::Mark) => {}
            None => errors.push((line, ByteError::Undecodable(encoding))),
        }
    }
    if errors.is_empty() {
        Ok((encoding, text))
    } else {
        Err(DecodeError::Lines(errors))
    }
}

/// Characters in a line that belong to the file, not to its text. (No byte of another character is one of these.)
fn stray(line: &[u8]) -> Vec<ByteError> {
    let text = line.strip_suffix(b"\r").unwrap_or(line);
    let found = [
        (text.contains(&0x1A), ByteError::CtrlZ),
        (text.contains(&b'\r'), ByteError::LoneCr),
        (
            text.windows(MARK.len()).any(|own| own == MARK),
            ByteError::Mark,
        ),
    ];
    found
        .into_iter()
        .filter_map(|(is_there, error)| is_there.then_some(error))
        .collect()
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
