//! Proof codes: sent by mail, typed back within a day by somebody who is logged in.
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::generation;
use crate::domain::random::Random;

/// Letters in a code: three groups of four.
const LENGTH: usize = 12;
/// Longest text that is looked at, in characters: a code with many gaps.
const LONGEST_TYPED: usize = 40;

// Whoever copied the database has a day, and only hashes: 2^55 tries are more than a day.
const _: () = assert!(
    generation::bits(LENGTH as u32) >= 55,
    "proof codes need 55 bits"
);

/// A code, before it is mailed.
pub struct ProofCode(SecretString);

impl fmt::Debug for ProofCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofCode(..)")
    }
}

impl ProofCode {
    /// Makes one.
    #[must_use]
    pub fn draw(random: &dyn Random) -> Self {
        Self(generation::draw(LENGTH, random))
    }

    /// As it is written into the mail: groups with a space between.
    #[must_use]
    pub fn grouped(&self) -> SecretString {
        generation::group(self.0.expose_secret())
    }

    /// What is stored: SHA-256 over what the code is for and the code, hex.
    #[must_use]
    pub fn hash(&self, purpose: &str) -> String {
        hash(self.0.expose_secret(), purpose)
    }
}

/// Whether what was typed is the code behind `stored`. Gaps and capitals are tidied up; compared in constant time.
#[must_use]
pub fn proves(typed: &SecretString, purpose: &str, stored: &str) -> bool {
    let typed = typed.expose_secret();
    if typed.chars().nth(LONGEST_TYPED).is_some() {
        return false;
    }
    let narrow: String = typed.chars().map(crate::domain::text::half_width).collect();
    let plain = generation::ungroup(&narrow.to_ascii_lowercase());
    let shown = hash(plain.expose_secret(), purpose);
    shown.as_bytes().ct_eq(stored.as_bytes()).into()
}

fn hash(plain: &str, purpose: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"inkan/proof-code/v1\0");
    for part in [purpose, plain] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hex::encode(hash.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::SeededRandom;

    #[test]
    fn a_code_is_typed_back_in_any_form_and_for_its_purpose_alone() {
        let code = ProofCode::draw(&SeededRandom::new(3));
        let stored = code.hash("a:new");
        let grouped = code.grouped().expose_secret().to_owned();
        assert_eq!(grouped.len(), 14, "{grouped}");
        let typed = |text: &str| proves(&text.into(), "a:new", &stored);
        assert!(typed(&grouped) && typed(&grouped.to_uppercase()));
        assert!(typed(&grouped.replace(' ', "-")));
        assert!(typed(&grouped.replace(' ', "\u{3000}")));
        assert!(!typed("") && !typed(&grouped[1..]));
        assert!(!typed(&"b".repeat(100_000)));
        assert!(!proves(&grouped.as_str().into(), "a:old", &stored));
        assert!(!format!("{code:?}").contains(&grouped[..4]));
    }
}
