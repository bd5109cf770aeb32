//! The two keys that a password gives: one encrypts, one authenticates. Nearly all that packing costs.
use ca_core::domain::random::{self, Random};
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::sha::Sha256;
use zeroize::Zeroizing;

use super::Iterations;

/// Bytes of salt, for each of the two.
pub(super) const SALT: usize = 16;

/// Keys derived from one password for one file; wiped when dropped.
///
/// Both bags of the file are encrypted under one key with an initialisation vector each. A second salt
/// and a second derivation would double the cost for the honest side and nothing for a guesser, who needs only
/// one of them, and the MAC is the cheapest to try anyway.
pub(super) struct Derivation {
    /// Rounds of each.
    pub(super) rounds: u32,
    /// PBKDF2's salt.
    pub(super) encryption_salt: [u8; SALT],
    /// AES-256's key.
    pub(super) encryption_key: Zeroizing<[u8; 32]>,
    /// The MAC's salt.
    pub(super) mac_salt: [u8; SALT],
    /// HMAC-SHA-256's key.
    pub(super) mac_key: Zeroizing<[u8; 32]>,
}

impl Derivation {
    /// Draws salts and derives both keys.
    pub(super) fn of(
        password: &str,
        iterations: Iterations,
        random: &dyn Random,
    ) -> Result<Self, ErrorStack> {
        let (encryption_salt, mac_salt) = (random::bytes(random), random::bytes(random));
        let rounds = iterations.rounds();
        Ok(Self {
            rounds,
            encryption_key: encryption_key(password, &encryption_salt, rounds)?,
            encryption_salt,
            mac_key: mac_key(password, &mac_salt, rounds),
            mac_salt,
        })
    }
}

/// PBKDF2 with HMAC-SHA-256 over the password's bytes (RFC 8018 §5.2).
fn encryption_key(
    password: &str,
    salt: &[u8],
    rounds: u32,
) -> Result<Zeroizing<[u8; 32]>, ErrorStack> {
    let mut key = Zeroizing::new([0; 32]);
    let rounds = usize::try_from(rounds).unwrap_or(usize::MAX);
    openssl::pkcs5::pbkdf2_hmac(
        password.as_bytes(),
        salt,
        rounds,
        MessageDigest::sha256(),
        key.as_mut(),
    )?;
    Ok(key)
}

/// RFC 7292 appendix B.2 with SHA-256, ID 3, one block of output, over the password in UTF-16 with its end mark.
fn mac_key(password: &str, salt: &[u8], rounds: u32) -> Zeroizing<[u8; 32]> {
    const BLOCK: usize = 64;
    const ID_MAC: u8 = 3;
    let units = password.encode_utf16().chain([0]);
    let password: Zeroizing<Vec<u8>> = Zeroizing::new(units.flat_map(u16::to_be_bytes).collect());
    let mut input = Zeroizing::new(vec![ID_MAC; BLOCK]);
    for part in [salt, &password] {
        let length = part.len().div_ceil(BLOCK) * BLOCK;
        input.extend(part.iter().cycle().take(length));
    }
    let mut key = Zeroizing::new(sha256(&input));
    for _ in 1..rounds {
        *key = sha256(key.as_ref());
    }
    key
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(bytes);
    hash.finish()
}
