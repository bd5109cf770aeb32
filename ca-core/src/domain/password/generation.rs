//! Passwords made by the system: an alphabet that survives paper, drawn without bias.

use secrecy::SecretString;
use zeroize::Zeroizing;

use crate::domain::random::Random;

/// The letters on paper: of each group that looks alike (`0 o`, `1 l i`, `2 z`, `5 s`, `9 q`, `u v`)
/// one at most; no capitals, no vowels, so that chance writes no words.
///
/// Letters in circulation hold these characters: the alphabet may grow, never shrink.
const ALPHABET: &[u8] = b"bcdfghjkmnprtwxy23456789";

/// Characters in a group, as printed.
const GROUP: usize = 4;

/// Bytes at or above this are thrown away: the rest divides evenly among the letters.
const UNBIASED: usize = 256 - 256 % ALPHABET.len();

/// Log2 of the number of passwords of `length` letters, rounded down.
pub(super) const fn bits(length: u32) -> u32 {
    (ALPHABET.len() as u128).pow(length).ilog2()
}

/// Draws a password of `length` letters, each equally likely.
pub(super) fn draw(length: usize, random: &dyn Random) -> SecretString {
    let mut letters = Zeroizing::new(String::with_capacity(length));
    let mut bytes = Zeroizing::new([0_u8; 32]);
    while letters.len() < length {
        random.fill(bytes.as_mut_slice());
        let missing = length - letters.len();
        letters.extend(bytes.iter().filter_map(|byte| letter(*byte)).take(missing));
    }
    SecretString::from(letters.as_str())
}

/// The password in printed groups: `bcdf ghjk mnpr`.
pub(super) fn group(plain: &str) -> SecretString {
    let mut grouped = Zeroizing::new(String::with_capacity(plain.len() * 2));
    for (index, character) in plain.chars().enumerate() {
        if index > 0 && index.is_multiple_of(GROUP) {
            grouped.push(' ');
        }
        grouped.push(character);
    }
    SecretString::from(grouped.as_str())
}

/// The password without spaces and hyphens, which people type where the paper shows a gap.
///
/// No password made here has either, so nothing is lost.
pub(super) fn ungroup(typed: &str) -> SecretString {
    let mut plain = Zeroizing::new(String::with_capacity(typed.len()));
    plain.extend(typed.chars().filter(|character| !is_gap(*character)));
    SecretString::from(plain.as_str())
}

fn is_gap(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '－' | 'ー'
        )
}

fn letter(byte: u8) -> Option<char> {
    let byte = usize::from(byte);
    let unbiased = (byte < UNBIASED).then_some(byte)?;
    ALPHABET
        .get(unbiased % ALPHABET.len())
        .copied()
        .map(char::from)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;
    use secrecy::ExposeSecret;

    use super::*;
    use crate::domain::random::OsRandom;

    #[test]
    fn the_alphabet_has_no_look_alikes_and_no_repeats() {
        let alphabet = std::str::from_utf8(ALPHABET).unwrap();
        for alike in ["0OoDQ", "1lIi|", "2Zz", "5Ss", "8B", "9q", "uvUV", "aeiou"] {
            let present = alike.chars().filter(|letter| alphabet.contains(*letter));
            assert!(present.count() <= 1, "{alike}");
        }
        let mut letters = ALPHABET.to_vec();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), ALPHABET.len());
    }

    #[test]
    fn every_letter_comes_from_the_same_number_of_bytes() {
        let mut counts = HashMap::new();
        for drawn in (0..=u8::MAX).filter_map(letter) {
            *counts.entry(drawn).or_insert(0) += 1;
        }
        assert_eq!(counts.len(), ALPHABET.len());
        assert!(counts.values().all(|count| *count == 10));
    }

    #[test]
    fn bytes_beyond_the_even_share_are_thrown_away() {
        struct Counting;
        impl Random for Counting {
            fn fill(&self, buffer: &mut [u8]) {
                for (byte, value) in buffer.iter_mut().zip((230..=255).chain(0..6)) {
                    *byte = value;
                }
            }
        }
        // 230..=239 give the last ten letters, 240..=255 nothing, then 0..6 the first six.
        assert_eq!(draw(16, &Counting).expose_secret(), "xy23456789bcdfgh");
    }

    #[test]
    fn two_passwords_are_never_the_same() {
        let one = draw(16, &OsRandom);
        assert_eq!(one.expose_secret().len(), 16);
        assert_ne!(one.expose_secret(), draw(16, &OsRandom).expose_secret());
    }

    #[test]
    fn gaps_that_people_type_fall_out() {
        for typed in [
            "bcdf-ghjk-mnpr",
            "bcdf ghjk mnpr",
            " bcdfghjk\u{3000}mnpr\n",
            "bcdf－ghjkーmnpr",
        ] {
            assert_eq!(ungroup(typed).expose_secret(), "bcdfghjkmnpr", "{typed:?}");
        }
    }

    proptest! {
        #[test]
        fn grouping_is_undone_by_ungrouping(length in 0..40_usize) {
            let plain = draw(length, &OsRandom);
            let grouped = group(plain.expose_secret());
            prop_assert!(grouped.expose_secret().split(' ').all(|part| part.len() <= GROUP));
            let back = ungroup(grouped.expose_secret());
            prop_assert_eq!(back.expose_secret(), plain.expose_secret());
        }
    }
}
