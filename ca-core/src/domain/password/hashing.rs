//! Argon2id hashes of passwords, as PHC strings.
//!
//! One hash costs tens of milliseconds on purpose: call it off the async threads, and bound how
//! many run at once.

use std::fmt;
use std::hint::black_box;

use argon2::password_hash::phc;
use argon2::password_hash::{Error, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use schemars::JsonSchema;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

use crate::domain::random::Random;

/// 1 GiB: more than that for one login is a mistake, or an attack through a planted hash.
const MOST_MEMORY_KIB: u32 = 1024 * 1024;
const MOST_ITERATIONS: u32 = 100;

/// What one password hash costs (Argon2id, RFC 9106, one lane).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PasswordCost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
}

impl Default for PasswordCost {
    /// The first of [`PasswordCost::RECOMMENDED`], which takes the most memory: 46 MiB and one pass.
    fn default() -> Self {
        Self::RECOMMENDED[0]
    }
}

impl PasswordCost {
    /// What OWASP's Password Storage Cheat Sheet recommends at least for Argon2id with one lane, each as good as another: the
    /// more memory, the fewer passes.
    pub const RECOMMENDED: [Self; 5] = [
        Self::new(47_104, 1),
        Self::new(19_456, 2),
        Self::new(12_288, 3),
        Self::new(9_216, 4),
        Self::new(7_168, 5),
    ];

    /// So many KiB and so many passes.
    #[must_use]
    pub const fn new(memory_kib: u32, iterations: u32) -> Self {
        Self {
            memory_kib,
            iterations,
        }
    }

    /// Whether every recommendation asks for more memory or more passes.
    #[must_use]
    pub fn is_below_recommendation(self) -> bool {
        let reaches = |least: &Self| {
            self.memory_kib >= least.memory_kib && self.iterations >= least.iterations
        };
        !Self::RECOMMENDED.iter().any(reaches)
    }

    fn hasher(self) -> Result<Argon2<'static>, PasswordHashError> {
        if self.is_excessive() {
            return Err(PasswordHashError::Cost(self));
        }
        Params::new(self.memory_kib, self.iterations, 1, None)
            .map(|params| Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
            .map_err(|_| PasswordHashError::Cost(self))
    }

    const fn is_excessive(self) -> bool {
        self.memory_kib > MOST_MEMORY_KIB || self.iterations > MOST_ITERATIONS
    }
}

/// A stored hash: salt, cost and output in one text. Kept out of debug output, since it can be
/// attacked off line.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password under a fresh salt.
    ///
    /// # Errors
    /// When the cost is impossible or the memory cannot be had.
    pub fn of(
        password: &SecretString,
        cost: PasswordCost,
        random: &dyn Random,
    ) -> Result<Self, PasswordHashError> {
        let mut salt = [0_u8; 16];
        random.fill(&mut salt);
        let hash = cost
            .hasher()?
            .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
            .map_err(PasswordHashError::Hashing)?;
        Ok(Self(hash.to_string()))
    }

    /// Whether this is the password; compared in constant time, at the cost named in the hash.
    ///
    /// # Errors
    /// When the memory cannot be had.
    pub fn verify(&self, password: &SecretString) -> Result<bool, PasswordHashError> {
        let parsed = parse(&self.0)?;
        let typed = password.expose_secret().as_bytes();
        match Argon2::default().verify_password(typed, &parsed) {
            Ok(()) => Ok(true),
            Err(Error::PasswordInvalid) => Ok(false),
            Err(error) => Err(PasswordHashError::Hashing(error)),
        }
    }

    /// Whether it was made at another cost than is configured now: hash again after the next right
    /// password, or an unknown ID answers faster or slower than a known one.
    #[must_use]
    pub fn needs_rehash(&self, cost: PasswordCost) -> bool {
        parse(&self.0).and_then(|parsed| cost_of(&parsed)) != Ok(cost)
    }

    /// The PHC string, for the store.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PasswordHash(..)")
    }
}

impl TryFrom<String> for PasswordHash {
    type Error = PasswordHashError;

    fn try_from(stored: String) -> Result<Self, PasswordHashError> {
        parse(&stored)?;
        Ok(Self(stored))
    }
}

/// Spends what a verification costs, for a user ID that does not exist: the answer must not come
/// sooner than for one that does.
///
/// # Errors
/// When the cost is impossible or the memory cannot be had.
pub fn verify_dummy(password: &SecretString, cost: PasswordCost) -> Result<(), PasswordHashError> {
    let mut output = [0_u8; Params::DEFAULT_OUTPUT_LEN];
    cost.hasher()?
        .hash_password_into(password.expose_secret().as_bytes(), &[0; 16], &mut output)
        .map_err(|error| PasswordHashError::Hashing(error.into()))?;
    black_box(output);
    Ok(())
}

/// Why a password could not be hashed or compared. It is never the user's fault.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum PasswordHashError {
    /// The configured cost cannot be met.
    #[error(
        "password cost memory_kib={}, iterations={}: use at most {MOST_MEMORY_KIB} KiB and \
         {MOST_ITERATIONS} iterations, and at least 8 KiB and 1", .0.memory_kib, .0.iterations
    )]
    Cost(PasswordCost),
    /// The database holds something else than an Argon2id hash.
    #[error("a stored password hash is damaged; print a new letter for this user ID")]
    Stored,
    /// Out of memory, most likely.
    #[error("the password could not be hashed: {0}; is there enough free memory?")]
    Hashing(Error),
}

/// Reads a stored hash; one that would cost absurdly much is taken for damage.
fn parse(stored: &str) -> Result<phc::PasswordHash, PasswordHashError> {
    let parsed = phc::PasswordHash::new(stored).map_err(|_| PasswordHashError::Stored)?;
    let cost = cost_of(&parsed)?;
    let usable = parsed.algorithm == Algorithm::Argon2id.ident()
        && parsed.salt.is_some()
        && parsed.hash.is_some()
        && !cost.is_excessive();
    if usable {
        Ok(parsed)
    } else {
        Err(PasswordHashError::Stored)
    }
}

fn cost_of(parsed: &phc::PasswordHash) -> Result<PasswordCost, PasswordHashError> {
    let params = Params::try_from(parsed).map_err(|_| PasswordHashError::Stored)?;
    Ok(PasswordCost {
        memory_kib: params.m_cost(),
        iterations: params.t_cost(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::OsRandom;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kib: 64,
        iterations: 1,
    };

    fn hash(password: &str) -> PasswordHash {
        PasswordHash::of(&password.into(), CHEAP, &OsRandom).unwrap()
    }

    #[test]
    fn verifies_the_password_and_no_other() {
        let stored = hash("Tr0ub4dor&3");
        for (typed, right) in [
            ("Tr0ub4dor&3", true),
            ("tr0ub4dor&3", false),
            ("Tr0ub4dor&3 ", false),
            ("", false),
        ] {
            assert_eq!(stored.verify(&typed.into()), Ok(right), "{typed:?}");
        }
    }

    #[test]
    fn nothing_is_cut_off_a_long_password() {
        let long = "x".repeat(128);
        let stored = hash(&long);
        assert_eq!(stored.verify(&long.as_str().into()), Ok(true));
        assert_eq!(stored.verify(&"x".repeat(127).as_str().into()), Ok(false));
    }

    #[test]
    fn equal_passwords_have_different_hashes_that_survive_the_store() {
        let (one, other) = (hash("same"), hash("same"));
        assert_ne!(one, other);
        let back = PasswordHash::try_from(one.as_str().to_owned()).unwrap();
        assert_eq!(back.verify(&"same".into()), Ok(true));
        assert!(!format!("{back:?}").contains("argon2"));
    }

    #[test]
    fn the_default_cost_is_what_the_hash_names() {
        let stored = PasswordHash::of(&"x".into(), PasswordCost::default(), &OsRandom).unwrap();
        assert!(
            stored
                .as_str()
                .starts_with("$argon2id$v=19$m=47104,t=1,p=1$")
        );
        assert!(!stored.needs_rehash(PasswordCost::default()));
        assert!(stored.needs_rehash(CHEAP));
        assert_eq!(verify_dummy(&"x".into(), PasswordCost::default()), Ok(()));
    }

    #[test]
    fn a_cost_reaches_the_recommendation_by_memory_and_passes_of_one_line() {
        for (memory_kib, iterations) in [(47_104, 1), (65_536, 1), (19_456, 2), (7_168, 5)] {
            let cost = PasswordCost::new(memory_kib, iterations);
            assert!(!cost.is_below_recommendation(), "{cost:?}");
        }
        for (memory_kib, iterations) in [(47_103, 1), (19_455, 2), (9_216, 3), (7_167, 100)] {
            let cost = PasswordCost::new(memory_kib, iterations);
            assert!(cost.is_below_recommendation(), "{cost:?}");
        }
        assert!(!PasswordCost::default().is_below_recommendation());
    }

    #[test]
    fn damaged_or_absurd_hashes_are_refused() {
        let good = hash("x").as_str().to_owned();
        for bad in [
            String::new(),
            "plain".to_owned(),
            good.replace("argon2id", "argon2i"),
            good.replace("m=64", "m=4194304"),
            good.replace("t=1", "t=1000"),
            good.rsplit_once('$').unwrap().0.to_owned(),
        ] {
            assert_eq!(
                PasswordHash::try_from(bad.clone()),
                Err(PasswordHashError::Stored),
                "{bad}"
            );
        }
    }

    #[test]
    fn an_impossible_cost_is_refused() {
        for (memory_kib, iterations) in [(0, 1), (64, 0), (2_000_000, 2), (19_456, 101)] {
            let cost = PasswordCost {
                memory_kib,
                iterations,
            };
            let refused = PasswordHashError::Cost(cost);
            assert_eq!(verify_dummy(&"x".into(), cost), Err(refused.clone()));
            assert_eq!(PasswordHash::of(&"x".into(), cost, &OsRandom), Err(refused));
        }
    }
}
