//! Two Argon2id hashes a letter, on every core: some 40 ms of work each letter.

use std::num::NonZero;
use std::thread;

use ca_core::config::PasswordConfig;
use ca_core::domain::password::{PasswordCost, PasswordHash, PasswordHashError};
use ca_core::domain::random::Random;

use super::LetterText;

/// What the database keeps of a letter's passwords.
#[derive(Debug)]
pub(super) struct Hashes {
    pub(super) login: PasswordHash,
    pub(super) issuance: PasswordHash,
}

/// The hashes of each letter, in the order of the letters.
pub(super) fn all(
    letters: &[LetterText],
    config: &PasswordConfig,
    random: &dyn Random,
) -> Result<Vec<Hashes>, PasswordHashError> {
    let cost = config.cost();
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = letters.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let threads: Vec<_> = letters
            .chunks(share)
            .map(|letters| scope.spawn(move || hash(letters, cost, random)))
            .collect();
        let mut hashes = Vec::with_capacity(letters.len());
        for thread in threads {
            match thread.join() {
                Ok(done) => hashes.extend(done?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(hashes)
    })
}

fn hash(
    letters: &[LetterText],
    cost: PasswordCost,
    random: &dyn Random,
) -> Result<Vec<Hashes>, PasswordHashError> {
    letters
        .iter()
        .map(|letter| {
            Ok(Hashes {
                login: PasswordHash::of(&letter.login_password, cost, random)?,
                issuance: PasswordHash::of(&letter.issuance_password, cost, random)?,
            })
        })
        .collect()
}
