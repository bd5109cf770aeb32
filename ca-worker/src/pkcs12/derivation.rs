//! The two keys that a password gives: one encrypts, one authenticates. Nearly all that packing costs.
//!
//! Computed by RustCrypto's SHA-256: OpenSSL's functions for the same set up a context for each of the rounds. See
//! docs/decisions/pkcs12.md.
use ca_core::domain::random::{self, Random};
use sha2::{Digest, Sha256};
use tracing::debug_span;
use zeroize::{Zeroizing, zeroize_stack};

use super::Iterations;

/// Bytes of salt, for each of the two.
pub(super) const SALT: usize = 16;

/// More bytes of stack than a derivation uses.
const STACK: usize = 8_192;

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
    pub(super) fn of(password: &str, iterations: Iterations, random: &dyn Random) -> Self {
        let (encryption_salt, mac_salt) = (random::bytes(random), random::bytes(random));
        let rounds = iterations.rounds();
        let (encryption_key, mac_key) = keys(password, rounds, &encryption_salt, &mac_salt);
        Self {
            rounds,
            encryption_salt,
            encryption_key,
            mac_salt,
            mac_key,
        }
    }
}

/// One key from each salt: PBKDF2's, the MAC's.
pub fn keys(
    password: &str,
    rounds: u32,
    encryption_salt: &[u8],
    mac_salt: &[u8],
) -> (Zeroizing<[u8; 32]>, Zeroizing<[u8; 32]>) {
    let _entered = debug_span!("derive").entered();
    let keys = (
        encryption_key(password, encryption_salt, rounds),
        mac_key(password, mac_salt, rounds),
    );
    // What the two left below this frame: blocks that the password was mixed into.
    zeroize_stack::<STACK>();
    keys
}

/// PBKDF2 with HMAC-SHA-256 over the password's bytes (RFC 8018 §5.2).
#[inline(never)]
fn encryption_key(password: &str, salt: &[u8], rounds: u32) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), salt, rounds, key.as_mut());
    key
}

/// RFC 7292 appendix B.2 with SHA-256, ID 3, one block of output, over the password in UTF-16 with its end mark.
#[inline(never)]
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
    let mut key: Zeroizing<[u8; 32]> = Zeroizing::new(Sha256::digest(&input).into());
    for _ in 1..rounds {
        *key = Sha256::digest(key.as_ref()).into();
    }
    key
}
