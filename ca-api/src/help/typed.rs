//! A thumbprint as a person typed it, beside the real one: equal, different (and where), or no thumbprint at all.

use ca_core::domain::thumbprint::{Thumbprint, bare_digits};

/// Digits of a SHA-1 thumbprint, which Windows shows and the letter prints.
const SHA1_DIGITS: usize = 40;
/// Digits of a SHA-256 thumbprint, which the letter prints small.
const SHA256_DIGITS: usize = 64;
/// Digits in a group of Windows' warning box.
const GROUP: usize = 8;

/// The answer to what was typed.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing typed.
    Empty,
    /// A character that no thumbprint has.
    Foreign {
        /// The character as typed.
        character: char,
        /// The digit it may have been read for.
        meant: Option<char>,
    },
    /// Neither 40 nor 64 digits.
    Length(usize),
    /// The site's own thumbprint.
    Same,
    /// A thumbprint, but another one.
    Different(Vec<Group>),
}

/// Up to eight digits of what was typed.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Capitals, as Windows shows them.
    pub digits: String,
    /// Whether the site's own thumbprint has the same here.
    pub same: bool,
}

/// Compares what was typed with the site's own thumbprint.
pub fn compare(typed: &str, own: &Thumbprint) -> Answer {
    let digits = bare_digits(typed);
    if digits.is_empty() {
        return Answer::Empty;
    }
    if let Some(character) = digits.chars().find(|c| !c.is_ascii_hexdigit()) {
        let meant = read_for(character);
        return Answer::Foreign { character, meant };
    }
    let real = match digits.len() {
        SHA1_DIGITS => own.sha1_hex(),
        SHA256_DIGITS => own.sha256_hex(),
        length => return Answer::Length(length),
    };
    if digits == real {
        return Answer::Same;
    }
    Answer::Different(groups(&digits, &real))
}

/// Letters that eyes take for a digit.
fn read_for(character: char) -> Option<char> {
    match character {
        'o' => Some('0'),
        'i' | 'l' | '|' => Some('1'),
        's' => Some('5'),
        _ => None,
    }
}

fn groups(typed: &str, real: &str) -> Vec<Group> {
    let pairs = typed
        .as_bytes()
        .chunks(GROUP)
        .zip(real.as_bytes().chunks(GROUP));
    let group = |(typed, real): (&[u8], &[u8])| Group {
        digits: String::from_utf8_lossy(typed).to_uppercase(),
        same: typed == real,
    };
    pairs.map(group).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> Thumbprint {
        Thumbprint::of_der(b"abc")
    }

    #[test]
    fn every_form_of_the_right_one_is_the_same() {
        for typed in [own().sha1_hex(), own().sha1_windows(), own().sha256_hex()] {
            assert_eq!(compare(&typed, &own()), Answer::Same, "{typed}");
        }
    }

    #[test]
    fn a_misread_digit_is_found_in_its_group() {
        let typed = own().sha1_windows().replacen("4706816A", "47068l6A", 1);
        let foreign = Answer::Foreign {
            character: 'l',
            meant: Some('1'),
        };
        assert_eq!(compare(&typed, &own()), foreign);
        let typed = own().sha1_windows().replacen("4706816A", "4706876A", 1);
        let Answer::Different(groups) = compare(&typed, &own()) else {
            panic!("it differs")
        };
        let marks: Vec<bool> = groups.iter().map(|group| group.same).collect();
        assert_eq!(marks, [true, false, true, true, true]);
        assert_eq!(groups[1].digits, "4706876A");
    }

    #[test]
    fn what_is_no_thumbprint_is_told_apart() {
        assert_eq!(compare(" \u{200e}", &own()), Answer::Empty);
        assert_eq!(compare("a9993e36", &own()), Answer::Length(8));
        let foreign = Answer::Foreign {
            character: '拇',
            meant: None,
        };
        assert_eq!(compare("拇印", &own()), foreign);
    }
}
