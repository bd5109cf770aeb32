//! Text files that people write: configuration, mail texts, templates, passphrases.
//!
//! Windows editors begin a file with a byte order mark and end its lines with CR LF; neither means anything.

use std::io::{Error, ErrorKind, Result};
use std::path::Path;

use zeroize::Zeroizing;

const MARK: &str = "\u{FEFF}";

/// The text of the file at `path`, without a byte order mark at its head, lines ended by LF.
///
/// # Errors
/// When the file cannot be read; when it is not UTF-8, with what to do about it ([`ErrorKind::InvalidData`]).
pub fn read(path: &Path) -> Result<String> {
    text_of(&Zeroizing::new(std::fs::read(path)?))
}

/// The same for the content of a file that is open already.
///
/// # Errors
/// When the content is not UTF-8.
pub fn text_of(bytes: &[u8]) -> Result<String> {
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(Error::new(
            ErrorKind::InvalidData,
            "it is UTF-16; save it as UTF-8",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.split(|byte| *byte == b'\n').count();
        let why = format!("it is not UTF-8 (line {line}); save it as UTF-8");
        Error::new(ErrorKind::InvalidData, why)
    })?;
    let text = text.strip_prefix(MARK).unwrap_or(text);
    Ok(text.replace("\r\n", "\n").replace('\r', "\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_and_line_ends_of_windows_mean_nothing() {
        for bytes in [
            "一\n二\n".as_bytes(),
            "一\r\n二\r\n".as_bytes(),
            "一\r二\r".as_bytes(),
            "\u{FEFF}一\r\n二\n".as_bytes(),
        ] {
            assert_eq!(text_of(bytes).unwrap(), "一\n二\n");
        }
    }

    #[test]
    fn another_encoding_is_named_with_what_to_do() {
        let utf16: Vec<u8> = "\u{FEFF}a"
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect();
        let why = text_of(&utf16).unwrap_err().to_string();
        assert_eq!(why, "it is UTF-16; save it as UTF-8");
        // 「証」 in CP932, on the second line.
        let why = text_of(b"a\n\x8f\xd8").unwrap_err().to_string();
        assert_eq!(why, "it is not UTF-8 (line 2); save it as UTF-8");
    }
}
