//! Thumbprints of certificates: what the posted letter prints and people compare by eye.

use std::fmt;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use super::text::half_width;

/// Hashes over the whole DER certificate, signature included.
///
/// SHA-1 is here because it is what Windows' warning box shows; it tells certificates apart for a
/// person who holds the letter, and no program trusts it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint {
    sha1: [u8; 20],
    sha256: [u8; 32],
}

impl Thumbprint {
    /// The thumbprint of a certificate given as DER.
    #[must_use]
    pub fn of_der(der: &[u8]) -> Self {
        Self {
            sha1: Sha1::digest(der).into(),
            sha256: Sha256::digest(der).into(),
        }
    }

    /// SHA-1 as 40 lower-case digits: the form on the letter.
    #[must_use]
    pub fn sha1_hex(&self) -> String {
        hex::encode(self.sha1)
    }

    /// SHA-1 as five groups of eight capitals: the form in Windows' warning box.
    #[must_use]
    pub fn sha1_windows(&self) -> String {
        let groups: Vec<String> = self.sha1.chunks(4).map(hex::encode_upper).collect();
        groups.join(" ")
    }

    /// SHA-256 as 64 lower-case digits.
    #[must_use]
    pub fn sha256_hex(&self) -> String {
        hex::encode(self.sha256)
    }

    /// Whether what a person typed or pasted is this thumbprint, SHA-1 or SHA-256.
    ///
    /// Case, full-width digits, spaces, colons and hyphens do not matter, nor do the invisible
    /// characters that older Windows dialogs copy along (U+200E before the first digit).
    #[must_use]
    pub fn matches_typed(&self, typed: &str) -> bool {
        let digits = bare_digits(typed);
        digits == self.sha1_hex() || digits == self.sha256_hex()
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Thumbprint({})", self.sha1_hex())
    }
}

/// What is left of a typed thumbprint when everything that does not matter is taken away, in lower case.
#[must_use]
pub fn bare_digits(typed: &str) -> String {
    typed
        .chars()
        .map(half_width)
        .filter(|character| !is_separator(*character))
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, ':' | '-')
        || character.general_category() == GeneralCategory::Format
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // The hashes of "abc", FIPS 180-4's example.
    const SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";
    const SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn prints_the_letters_form_the_windows_form_and_sha256() {
        let thumbprint = Thumbprint::of_der(b"abc");
        assert_eq!(thumbprint.sha1_hex(), SHA1);
        assert_eq!(thumbprint.sha256_hex(), SHA256);
        assert_eq!(
            thumbprint.sha1_windows(),
            "A9993E36 4706816A BA3E2571 7850C26C 9CD0D89D"
        );
    }

    #[test]
    fn takes_every_form_that_a_person_may_type() {
        let thumbprint = Thumbprint::of_der(b"abc");
        let pairs: Vec<&str> = (0..20).map(|i| &SHA1[2 * i..2 * i + 2]).collect();
        let full_width: String = SHA1
            .chars()
            .map(|c| char::from_u32(c as u32 + 0xFEE0).unwrap())
            .collect();
        for typed in [
            SHA1.to_owned(),
            SHA256.to_uppercase(),
            thumbprint.sha1_windows(),
            format!("\u{200E}{}", pairs.join(" ")),
            pairs.join(":").to_uppercase(),
            format!("\u{FEFF}{}\u{3000}\r\n", pairs.join("\u{A0}")),
            full_width,
        ] {
            assert!(thumbprint.matches_typed(&typed), "{typed:?}");
        }
    }

    #[test]
    fn refuses_what_is_not_the_whole_thumbprint() {
        let thumbprint = Thumbprint::of_der(b"abc");
        let longer = format!("{SHA1}0");
        for typed in ["", " ", &SHA1[1..], &SHA1[..39], &longer, "あ"] {
            assert!(!thumbprint.matches_typed(typed), "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn another_certificate_never_matches(one in any::<Vec<u8>>(), other in any::<Vec<u8>>()) {
            let thumbprint = Thumbprint::of_der(&one);
            let typed = Thumbprint::of_der(&other).sha1_windows();
            prop_assert_eq!(thumbprint.matches_typed(&typed), one == other);
        }
    }
}
