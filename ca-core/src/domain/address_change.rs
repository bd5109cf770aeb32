//! A mail address is changed: what has to be proven, by whom, until when.
//!
//! The new address proves itself by the code that was mailed to it. The change is agreed to by the code that was
//! mailed to the old one, or by an operator: an office whose old address is dead is not stuck, and whoever sits at
//! an office's PC for a minute cannot turn its mails away.
use chrono::{DateTime, TimeDelta, Utc};

use super::request::words;

/// How long the codes can be typed.
pub const LIFE: TimeDelta = TimeDelta::hours(24);
/// Wrong codes that end a change.
pub const MOST_WRONG: i64 = 5;
/// Changes that an account may ask for within [`LIFE`]: each of them writes to an address that anybody could type.
pub const MOST_ASKED: i64 = 3;

/// Where a change stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressChangeState {
    /// Codes or an operator's yes are still missing.
    Waiting,
    /// The address was changed.
    Done,
    /// Taken back by the account.
    Withdrawn,
    /// Refused by an operator.
    Rejected,
    /// Ended by too many wrong codes.
    Failed,
    /// Its time was over.
    Lapsed,
    /// The register got another address meanwhile.
    Overtaken,
    /// The passwords were reissued: whoever asked may have been the finder of the old ones.
    Void,
}
words!(
    AddressChangeState,
    "state of a change of address",
    Waiting = "waiting",
    Done = "done",
    Withdrawn = "withdrawn",
    Rejected = "rejected",
    Failed = "failed",
    Lapsed = "lapsed",
    Overtaken = "overtaken",
    Void = "void",
);

/// Who agreed so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Agreed {
    /// The new address, by its code.
    pub by_new: bool,
    /// The old address, by its code.
    pub by_old: bool,
    /// An operator.
    pub by_operator: bool,
}

impl Agreed {
    /// Whether the change takes effect.
    pub const fn is_enough(self) -> bool {
        self.by_new && (self.by_old || self.by_operator)
    }
}

/// Whether a change that was asked for until `ends_at` can still be completed at `at`.
pub fn is_alive(ends_at: DateTime<Utc>, at: DateTime<Utc>) -> bool {
    at < ends_at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_address_and_one_of_the_others_are_enough() {
        for bits in 0..8_u8 {
            let agreed = Agreed {
                by_new: bits & 1 != 0,
                by_old: bits & 2 != 0,
                by_operator: bits & 4 != 0,
            };
            assert_eq!(agreed.is_enough(), matches!(bits, 3 | 5 | 7), "{agreed:?}");
        }
    }

    #[test]
    fn a_day_is_a_day_to_the_second() {
        let asked = DateTime::UNIX_EPOCH;
        let second = TimeDelta::seconds(1);
        assert!(is_alive(asked + LIFE, asked + LIFE - second));
        assert!(!is_alive(asked + LIFE, asked + LIFE));
    }
}
