//! Japanese telephone numbers as people write them.
use super::super::text::half_width;

/// Why something is not a telephone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TelephoneError {
    /// Something else than digits, hyphens, spaces and brackets.
    #[error("a telephone number has digits and hyphens only")]
    Characters,
    /// Not ten or eleven digits with a leading zero.
    #[error("a telephone number has 10 or 11 digits and begins with 0; write the area code too")]
    Digits,
}

/// More characters than any way of writing a number needs.
const LONGEST_TYPED: usize = 40;

/// Reads a number: full-width forms folded, brackets and spaces read as hyphens.
pub(super) fn parse(typed: &str) -> Result<String, TelephoneError> {
    if typed.chars().nth(LONGEST_TYPED).is_some() {
        return Err(TelephoneError::Digits);
    }
    let mut number = String::new();
    for character in typed.chars().map(half_width) {
        match character {
            '0'..='9' => number.push(character),
            // The hyphens that Japanese keyboards and spreadsheets give.
            '-' | ' ' | '(' | ')' | 'ー' | '‐' | '‑' | '–' | '—' | '―' | '−' | 'ｰ' => {
                if !number.is_empty() && !number.ends_with('-') {
                    number.push('-');
                }
            }
            _ => return Err(TelephoneError::Characters),
        }
    }
    let number = number.trim_end_matches('-').to_owned();
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    if number.starts_with('0') && (10..=11).contains(&digits) {
        Ok(number)
    } else {
        Err(TelephoneError::Digits)
    }
}
