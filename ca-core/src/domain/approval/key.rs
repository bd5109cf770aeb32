//! The approval key: who does not hold it makes no approval that the worker believes.
//!
//! HMAC-SHA-256 (RFC 2104) over the digest of what was seen, the operator and the time. The console has the key,
//! and the worker; the offices' web tier and the database have not.
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::domain::random::{self, Random};

/// Length of the key in bytes.
const LENGTH: usize = 32;
/// Block of SHA-256 in bytes; a shorter key is followed by zeros (RFC 2104 §2).
const BLOCK: usize = 64;

/// What an operator states by an approval.
#[derive(Debug, Clone, Copy)]
pub struct Statement<'a> {
    /// Digest over what was seen ([`super::digest`]); it names the request.
    pub digest: &'a str,
    /// Row number of the operator.
    pub operator_id: i64,
    /// Login name of the operator.
    pub operator_name: &'a str,
    /// When, to the millisecond.
    pub approved_at: DateTime<Utc>,
}

/// 32 random bytes that the console and the worker share; wiped when dropped.
#[derive(Clone)]
pub struct ApprovalKey(Zeroizing<[u8; BLOCK]>);

/// A text that is no approval key. It is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an approval key is 64 hexadecimal digits on one line")]
pub struct ApprovalKeyForm;

impl ApprovalKey {
    /// Draws a new key.
    pub fn draw(random: &dyn Random) -> Self {
        let drawn: Zeroizing<[u8; LENGTH]> = Zeroizing::new(random::bytes(random));
        Self::of(&drawn)
    }

    /// Reads the 64 hexadecimal digits of a key file; a line feed may follow.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn parse(text: &str) -> Result<Self, ApprovalKeyForm> {
        let mut bytes = Zeroizing::new([0; LENGTH]);
        hex::decode_to_slice(text.trim_end_matches(['\r', '\n']), bytes.as_mut_slice())
            .map_err(|_| ApprovalKeyForm)?;
        Ok(Self::of(&bytes))
    }

    /// The content of a key file.
    pub fn to_file(&self) -> Zeroizing<String> {
        let key: Zeroizing<Vec<u8>> = Zeroizing::new(self.0.iter().take(LENGTH).copied().collect());
        let mut text = Zeroizing::new(hex::encode(&key));
        text.push('\n');
        text
    }

    /// The code over a statement, as 64 lower-case hex digits.
    pub fn mac(&self, statement: &Statement<'_>) -> String {
        hex::encode(self.over(statement).finalize().into_bytes())
    }

    /// Whether `mac` is the code over this statement; compared in constant time.
    pub fn verifies(&self, statement: &Statement<'_>, mac: &str) -> bool {
        let mut bytes = [0; 32];
        hex::decode_to_slice(mac, &mut bytes).is_ok()
            && self.over(statement).verify_slice(&bytes).is_ok()
    }

    fn of(bytes: &[u8; LENGTH]) -> Self {
        let mut block = Zeroizing::new([0; BLOCK]);
        for (place, byte) in block.iter_mut().zip(bytes) {
            *place = *byte;
        }
        Self(block)
    }

    /// Each part is preceded by its length, so that no two statements share their bytes.
    fn over(&self, statement: &Statement<'_>) -> Hmac<Sha256> {
        let block: &[u8; BLOCK] = &self.0;
        let mut mac = Hmac::<Sha256>::new(block.into());
        mac.update(b"inkan/approval-mac/v1");
        let parts: [&[u8]; 4] = [
            statement.digest.as_bytes(),
            &statement.operator_id.to_be_bytes(),
            statement.operator_name.as_bytes(),
            &statement.approved_at.timestamp_millis().to_be_bytes(),
        ];
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac
    }
}

impl std::fmt::Debug for ApprovalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApprovalKey")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use sha2::Digest;

    use super::*;
    use crate::domain::random::SeededRandom;

    fn statement() -> Statement<'static> {
        Statement {
            digest: "ab",
            operator_id: 1,
            operator_name: "suzuki",
            approved_at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
        }
    }

    #[test]
    fn the_code_is_that_of_rfc_2104_computed_by_hand() {
        let key = ApprovalKey::parse(&"07".repeat(32)).unwrap();
        let message = {
            let mut message = b"inkan/approval-mac/v1".to_vec();
            for part in [b"ab".as_slice(), &1_i64.to_be_bytes(), b"suzuki"] {
                message.extend((part.len() as u64).to_be_bytes());
                message.extend(part);
            }
            message.extend(8_u64.to_be_bytes());
            message.extend(1_700_000_000_123_i64.to_be_bytes());
            message
        };
        let mut inner = vec![0x36 ^ 7; 32];
        inner.extend([0x36; 32]);
        let mut outer = vec![0x5c ^ 7; 32];
        outer.extend([0x5c; 32]);
        inner.extend(message);
        outer.extend(Sha256::digest(&inner));
        assert_eq!(key.mac(&statement()), hex::encode(Sha256::digest(&outer)));
    }

    #[test]
    fn any_change_of_any_part_or_of_the_key_voids_it() {
        let key = ApprovalKey::draw(&SeededRandom::new(1));
        let mac = key.mac(&statement());
        assert!(key.verifies(&statement(), &mac));
        let later = statement().approved_at + chrono::Duration::milliseconds(1);
        let changed = [
            Statement {
                digest: "ac",
                ..statement()
            },
            Statement {
                operator_id: 2,
                ..statement()
            },
            Statement {
                operator_name: "sato",
                ..statement()
            },
            Statement {
                approved_at: later,
                ..statement()
            },
            // The same bytes, cut elsewhere.
            Statement {
                digest: "",
                operator_name: "absuzuki",
                ..statement()
            },
        ];
        for other in changed {
            assert!(!key.verifies(&other, &mac), "{other:?}");
        }
        let other = ApprovalKey::draw(&SeededRandom::new(2));
        assert!(!other.verifies(&statement(), &mac));
    }

    #[test]
    fn a_key_goes_through_its_file_and_is_never_shown() {
        let key = ApprovalKey::draw(&SeededRandom::new(1));
        let file = key.to_file();
        let again = ApprovalKey::parse(&file).unwrap();
        assert_eq!(again.mac(&statement()), key.mac(&statement()));
        assert_eq!(format!("{key:?}"), "ApprovalKey");
        for bad in [
            "",
            "00",
            &"0".repeat(63),
            &"g".repeat(64),
            &"0".repeat(66),
            "\n",
        ] {
            let said = ApprovalKey::parse(bad).unwrap_err().to_string();
            assert!(said.contains("64 hexadecimal"), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_passes_for_a_code(text in "\\PC{0,80}|[0-9a-fA-F]{0,130}") {
            let key = ApprovalKey::draw(&SeededRandom::new(1));
            prop_assert!(!key.verifies(&statement(), &text));
        }

        #[test]
        fn no_text_upsets_the_key_reader(text in "(?s).{0,200}|[0-9a-fA-F]{64}\n?") {
            if let Ok(key) = ApprovalKey::parse(&text) {
                let file = key.to_file();
                prop_assert_eq!(text.trim_end().to_ascii_lowercase(), file.trim_end());
            }
        }
    }
}
