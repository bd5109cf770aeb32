//! The issuance password: printed on the letter, typed at the gate, and again in the import wizard
//! of Windows, where nobody tidies up what is typed.

use secrecy::{ExposeSecret, SecretString};

use super::generation;
use super::typed::{self, TypedError};
use crate::domain::random::Random;

/// Letters in an issuance password: four groups of four.
const LENGTH: usize = 16;

// It encrypts private keys that an attacker may copy and try at leisure (no lock counts there).
const _: () = assert!(
    generation::bits(LENGTH as u32) >= 70,
    "issuance passwords need 70 bits"
);

/// An issuance password in the one form that is hashed, sealed and used for the PKCS#12: without
/// the gaps of the printed form.
#[derive(Clone, Debug)]
pub struct IssuancePassword(SecretString);

impl IssuancePassword {
    /// Makes one.
    #[must_use]
    pub fn generate(random: &dyn Random) -> Self {
        Self(generation::draw(LENGTH, random))
    }

    /// Reads what was typed at the gate: spaces and hyphens between the groups fall out.
    ///
    /// Nothing else is tidied up. If capitals were taken for small letters here, the person would
    /// pass the gate and then fail in Windows' import wizard, with nobody to say why.
    ///
    /// # Errors
    /// When it is empty, too long, or has characters that are not half-width ASCII.
    pub fn normalise(typed: &SecretString) -> Result<Self, TypedError> {
        if typed
            .expose_secret()
            .chars()
            .nth(2 * typed::LONGEST_PASSWORD)
            .is_some()
        {
            return Err(TypedError::TooLong);
        }
        let plain = generation::ungroup(typed.expose_secret());
        typed::check(&plain)?;
        Ok(Self(plain))
    }

    /// The password as the PKCS#12 has it.
    #[must_use]
    pub const fn secret(&self) -> &SecretString {
        &self.0
    }

    /// The printed form, in groups with a space between.
    #[must_use]
    pub fn grouped(&self) -> SecretString {
        generation::group(self.0.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::OsRandom;

    fn normalise(typed: &str) -> Result<String, TypedError> {
        IssuancePassword::normalise(&SecretString::from(typed))
            .map(|password| password.secret().expose_secret().to_owned())
    }

    #[test]
    fn the_printed_form_is_four_groups_and_reads_back() {
        let password = IssuancePassword::generate(&OsRandom);
        let printed = password.grouped();
        let groups: Vec<&str> = printed.expose_secret().split(' ').collect();
        assert_eq!(
            groups.iter().map(|group| group.len()).collect::<Vec<_>>(),
            [4; 4]
        );
        assert_eq!(
            normalise(printed.expose_secret()).unwrap(),
            password.secret().expose_secret()
        );
    }

    #[test]
    fn the_alphabet_gives_at_least_seventy_bits() {
        assert_eq!(generation::bits(LENGTH as u32), 73);
    }

    #[test]
    fn case_stays_as_typed_because_windows_will_not_mend_it() {
        assert_eq!(normalise("BCDF-ghjk").unwrap(), "BCDFghjk");
    }

    #[test]
    fn kana_and_full_width_get_the_hint_and_gaps_alone_are_empty() {
        assert_eq!(
            normalise("bcdf ｇhjk"),
            Err(TypedError::NotHalfWidth { position: 5 })
        );
        assert_eq!(normalise(" - "), Err(TypedError::Empty));
        assert_eq!(normalise(&"b".repeat(129)), Err(TypedError::TooLong));
        assert_eq!(normalise(&" ".repeat(300)), Err(TypedError::TooLong));
    }

    #[test]
    fn debug_output_tells_nothing() {
        let password = IssuancePassword(SecretString::from("bcdfghjk"));
        assert!(!format!("{password:?}").contains("bcdf"));
    }
}
