//! Certificate serial numbers (RFC 5280 §4.1.2.2): 20 octets, positive, the second in which they were drawn and 128
//! random bits.
use std::fmt;

use chrono::{DateTime, Utc};

use super::random::Random;

/// Octets of a serial number: as many as §4.1.2.2 allows.
const LENGTH: usize = 20;

/// Octets of those that versions before 30 November 2026 drew: all of them random.
const FORMER_LENGTH: usize = 16;

/// A serial number. They sort as the numbers do.
///
/// The top bit is clear (positive in DER), the next one is set (always as many octets). Then come thirty bits of the
/// time, so that serials that are drawn one after another are neighbours in an index: with random ones each row of a
/// batch belonged on another page. It is no secret, the certificate says the same; and nothing relies on it, neither
/// that no two are equal nor that nobody can guess them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber([u8; LENGTH]);

/// A text that is not the lower-case hex of a serial this product makes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a serial number: 40 or 32 hex digits that begin with 4 to 7 are expected")]
pub struct SerialError(String);

impl SerialNumber {
    /// Draws a serial number at `at`.
    pub fn draw(at: DateTime<Utc>, random: &dyn Random) -> Self {
        // Begins anew every 34 years, in 2038 for the first time; then new ones sort before old ones.
        let second = at.timestamp().rem_euclid(1 << 30);
        let time = u32::try_from(second).unwrap_or(0) | 1 << 30;
        let mut octets = [0; LENGTH];
        let (front, rest) = octets.split_at_mut(size_of_val(&time));
        front.copy_from_slice(&time.to_be_bytes());
        random.fill(rest);
        Self(octets)
    }

    /// Reads 40 hex digits, or 32, either case.
    pub fn from_hex(text: &str) -> Result<Self, SerialError> {
        let refuse = || SerialError(text.chars().take(64).collect());
        let mut octets = [0; LENGTH];
        let octets = octets.get_mut(..text.len() / 2).ok_or_else(refuse)?;
        hex::decode_to_slice(text, octets).map_err(|_| refuse())?;
        Self::from_bytes(octets)
    }

    /// Reads the octets of a DER INTEGER.
    pub fn from_bytes(octets: &[u8]) -> Result<Self, SerialError> {
        let is_as_long = matches!(octets.len(), LENGTH | FORMER_LENGTH);
        let is_ours = octets.first().is_some_and(|first| first & 0xc0 == 0x40);
        if !is_as_long || !is_ours {
            return Err(SerialError(hex::encode(octets.get(..32).unwrap_or(octets))));
        }
        let mut number = [0; LENGTH];
        let (_, place) = number.split_at_mut(LENGTH - octets.len());
        place.copy_from_slice(octets);
        Ok(Self(number))
    }

    /// Two lower-case hex digits an octet.
    pub fn to_hex(self) -> String {
        hex::encode(self.as_bytes())
    }

    /// The octets of the DER INTEGER.
    pub fn as_bytes(&self) -> &[u8] {
        // No octets of ours begin with a zero.
        let former = self.0.strip_prefix(&[0; LENGTH - FORMER_LENGTH]);
        former.unwrap_or(&self.0)
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

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn ten_thousand_serials_of_one_second_are_unique_and_vary_in_every_free_bit() {
        let now = at(1_796_000_000);
        let serials: Vec<_> = (0..10_000)
            .map(|_| SerialNumber::draw(now, &OsRandom))
            .collect();
        let unique: std::collections::HashSet<_> = serials.iter().collect();
        assert_eq!(unique.len(), serials.len());
        for bit in 32..160 {
            let ones = serials
                .iter()
                .filter(|s| s.0[bit / 8] >> (7 - bit % 8) & 1 == 1)
                .count();
            assert!(
                (4_500..5_500).contains(&ones),
                "bit {bit} is one in {ones} of 10,000"
            );
        }
    }

    #[test]
    fn later_ones_sort_behind_and_all_are_positive_at_any_time() {
        let drawn = |seconds| SerialNumber::draw(at(seconds), &OsRandom);
        let now = 1_796_000_000;
        assert!(drawn(now) < drawn(now + 1) && drawn(now + 1) < drawn(now + 86_400));
        // The thirty bits begin anew: no longer in order, and sound all the same.
        let anew = 1 << 31;
        assert!(drawn(anew) < drawn(anew - 1));
        for seconds in [i64::from(i32::MIN), -1, 0, now, anew - 1, anew, 1 << 36] {
            let serial = drawn(seconds);
            let octets = serial.as_bytes();
            assert_eq!((octets.len(), octets[0] & 0xc0), (20, 0x40), "{seconds}");
        }
    }

    #[test]
    fn hex_goes_round_and_strangers_are_refused() {
        let serial = SerialNumber::draw(at(0), &OsRandom);
        assert_eq!(SerialNumber::from_hex(&serial.to_hex()), Ok(serial));
        for bad in [
            "",
            "00",
            &"f".repeat(40),
            &"3".repeat(32),
            &"4".repeat(31),
            &"4".repeat(36),
            &"4".repeat(42),
            "zz",
        ] {
            assert!(SerialNumber::from_hex(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn those_of_earlier_versions_stay_what_they_were_and_sort_first() {
        let text = "7f000000000000000000000000000001";
        let former = SerialNumber::from_hex(text).unwrap();
        assert_eq!(
            (former.to_hex().as_str(), former.as_bytes().len()),
            (text, 16)
        );
        assert!(former < SerialNumber::draw(at(0), &OsRandom));
    }
}
