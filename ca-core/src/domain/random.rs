//! Randomness as an argument: the operating system's in programs, a repeatable stream in tests.
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A source of cryptographic randomness.
pub trait Random: Send + Sync {
    /// Fills `buffer` with fresh random bytes.
    fn fill(&self, buffer: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    /// # Panics
    /// When the operating system has no randomness to give: nothing that this
    /// product does is safe then, and no caller can do better than to stop.
    fn fill(&self, buffer: &mut [u8]) {
        if let Err(error) = getrandom::fill(buffer) {
            panic!("the operating system gives no randomness: {error}");
        }
    }
}

/// A repeatable stream for tests and drawings; never for anything secret.
#[derive(Debug)]
pub struct SeededRandom {
    seed: u64,
    block: Mutex<u64>,
}

impl SeededRandom {
    /// The stream that `seed` stands for.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            block: Mutex::new(0),
        }
    }
}

impl Random for SeededRandom {
    fn fill(&self, buffer: &mut [u8]) {
        let mut block = self
            .block
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        for chunk in buffer.chunks_mut(32) {
            let mut hash = Sha256::new();
            hash.update(self.seed.to_be_bytes());
            hash.update(block.to_be_bytes());
            *block += 1;
            for (to, from) in chunk.iter_mut().zip(hash.finalize().iter()) {
                *to = *from;
            }
        }
    }
}

/// A fresh UUIDv7 (RFC 9562 §5.7) of the instant `at`: 74 random bits behind the time.
pub(super) fn uuid_v7(at: DateTime<Utc>, random: &dyn Random) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &bytes(random)).into_uuid()
}

/// `N` fresh random bytes.
pub fn bytes<const N: usize>(random: &dyn Random) -> [u8; N] {
    let mut buffer = [0; N];
    random.fill(&mut buffer);
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_stream_and_never_repeats_a_block() {
        let (one, two) = (SeededRandom::new(7), SeededRandom::new(7));
        assert_eq!(bytes::<48>(&one), bytes::<48>(&two));
        assert_ne!(bytes::<32>(&one), bytes::<32>(&SeededRandom::new(8)));
        assert_ne!(bytes::<32>(&one), bytes::<32>(&one));
    }
}
