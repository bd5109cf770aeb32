//! Certificate serial numbers (RFC 5280 §4.1.2.2): 126 random bits, positive, 16 octets.
use std::fmt;

use super::random::{self, Random};

/// A serial number of fixed width, so that its hex text sorts and compares as the number does.
///
/// The top bit is clear (positive in DER), the next one is set (always 16 octets).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber([u8; 16]);

/// A text that is not 32 lower-case hex digits of a serial this product makes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a serial number: 32 hex digits that begin with 4 to 7 are expected")]
pub struct SerialError(String);

impl SerialNumber {
    /// Draws a serial number.
    pub fn random(random: &dyn Random) -> Self {
        let mut bytes: [u8; 16] = random::bytes(random);
        let [first, ..] = &mut bytes;
        *first = (*first & 0x7f) | 0x40;
        Self(bytes)
    }

    /// Reads 32 hex digits, either case.
    pub fn from_hex(text: &str) -> Result<Self, SerialError> {
        let refuse = || SerialError(text.chars().take(64).collect());
        let mut bytes = [0; 16];
        hex::decode_to_slice(text, &mut bytes).map_err(|_| refuse())?;
        Self::from_bytes(bytes)
    }

    /// Reads the 16 octets of a DER INTEGER.
    pub fn from_bytes(bytes: [u8; 16]) -> Result<Self, SerialError> {
        let [first, ..] = bytes;
        if first & 0xc0 != 0x40 {
            return Err(SerialError(hex::encode(bytes)));
        }
        Ok(Self(bytes))
    }

    /// 32 lower-case hex digits.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// The 16 octets of the DER INTEGER.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl TryFrom<String> for SerialNumber {
    type Error = SerialError;

    fn try_from(text: String) -> Result<Self, SerialError> {
        Self::from_hex(&text)
    }
}

impl fmt::Display for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SerialNumber({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::random::OsRandom;

    #[test]
    fn ten_thousand_serials_are_unique_and_vary_in_every_free_bit() {
        let serials: Vec<_> = (0..10_000)
            .map(|_| SerialNumber::random(&OsRandom))
            .collect();
        let unique: std::collections::HashSet<_> = serials.iter().collect();
        assert_eq!(unique.len(), serials.len());
        for bit in 2..128 {
            let ones = serials
                .iter()
                .filter(|s| s.0[bit / 8] >> (7 - bit % 8) & 1 == 1)
                .count();
            assert!(
                (4_500..5_500).contains(&ones),
                "bit {bit} is one in {ones} of 10,000"
            );
        }
        assert!(serials.iter().all(|s| s.0[0] & 0xc0 == 0x40));
    }

    #[test]
    fn hex_goes_round_and_strangers_are_refused() {
        let serial = SerialNumber::random(&OsRandom);
        assert_eq!(SerialNumber::from_hex(&serial.to_hex()), Ok(serial));
        for bad in [
            "",
            "00",
            &"f".repeat(32),
            &"3".repeat(32),
            &"4".repeat(31),
            "zz",
        ] {
            assert!(SerialNumber::from_hex(bad).is_err(), "{bad}");
        }
    }
}
