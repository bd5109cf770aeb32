//! The lock after too many wrong passwords in a row.
//!
//! A try is counted when it is *reserved*, before the password is looked at, and a right password
//! takes the count back. So however many tries run side by side, no more than the allowed number
//! ever reaches a verification: the one that fills the count sets the lock at once.
//!
//! ```text
//!          reserve (n < tries)
//!          ┌────┐
//!          │    ▼
//!   ┌──────────────┐  reserve (n = tries)   ┌────────────────┐
//!   │ open, n tries│───────────────────────▶│ locked until t │──┐ reserve: refused,
//!   │              │◀───────────────────────│                │◀─┘ t stays
//!   └──────────────┘  success, or t passed  └────────────────┘
//! ```

use std::num::NonZeroU32;

use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many wrong passwords in a row lock a user ID, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LockRule {
    /// Wrong passwords in a row that set the lock.
    pub tries: NonZeroU32,
    /// How long the lock holds, in minutes; it ends by itself.
    pub minutes: NonZeroU32,
}

impl LockRule {
    /// Three tries, thirty minutes: what the posted manual tells people.
    pub const DEFAULT: Self = Self {
        tries: NonZeroU32::MIN.saturating_add(2),
        minutes: NonZeroU32::MIN.saturating_add(29),
    };

    /// The moment at which a lock set `now` ends.
    fn end_of_lock(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let minutes = TimeDelta::minutes(i64::from(self.minutes.get()));
        now.checked_add_signed(minutes)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }
}

impl Default for LockRule {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What is remembered about one typed user ID at one password.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TryCounter {
    /// Tries reserved since the last right password or the end of the last lock.
    pub failures: u32,
    /// End of the lock, while there is one; a moment in the past means that it has ended.
    pub locked_until: Option<DateTime<Utc>>,
}

/// The answer to somebody who wants to try a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reservation {
    /// The password may be verified; the try is counted already.
    Reserved {
        /// Tries that remain before the lock, should this one be wrong.
        left: u32,
        /// When the lock ends that this try has set, should it be wrong; none while tries remain.
        locked_until: Option<DateTime<Utc>>,
    },
    /// The password must not even be looked at.
    Locked {
        /// When the lock ends.
        until: DateTime<Utc>,
    },
}

impl TryCounter {
    /// Counts one try, or refuses it while the lock holds.
    ///
    /// Store the counter and commit *before* verifying the password.
    pub fn reserve(&mut self, rule: LockRule, now: DateTime<Utc>) -> Reservation {
        if let Some(until) = self.lock_at(now) {
            return Reservation::Locked { until };
        }
        if self.locked_until.is_some() {
            *self = Self::default();
        }
        self.failures = self.failures.saturating_add(1);
        let left = rule.tries.get().saturating_sub(self.failures);
        if left == 0 {
            self.locked_until = Some(rule.end_of_lock(now));
        }
        Reservation::Reserved {
            left,
            locked_until: self.locked_until,
        }
    }

    /// The reserved try proved right: the count starts afresh, and the lock that a last reserved
    /// try had set is lifted.
    pub fn succeed(&mut self) {
        *self = Self::default();
    }

    /// The end of the lock that holds at `now`, if one does.
    #[must_use]
    pub fn lock_at(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.locked_until.filter(|until| now < *until)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn reserved(left: u32) -> Reservation {
        let locked_until = None;
        Reservation::Reserved { left, locked_until }
    }

    fn reserved_last(until: DateTime<Utc>) -> Reservation {
        let locked_until = Some(until);
        Reservation::Reserved {
            left: 0,
            locked_until,
        }
    }

    #[test]
    fn the_third_reserved_try_sets_the_lock_before_it_is_verified() {
        let mut counter = TryCounter::default();
        assert_eq!(counter.reserve(LockRule::DEFAULT, at(0)), reserved(2));
        assert_eq!(counter.reserve(LockRule::DEFAULT, at(1)), reserved(1));
        assert_eq!(counter.lock_at(at(1)), None);
        let last = counter.reserve(LockRule::DEFAULT, at(2));
        assert_eq!(last, reserved_last(at(2 + 1800)));
        assert_eq!(counter.lock_at(at(2)), Some(at(2 + 1800)));
    }

    #[test]
    fn tries_while_locked_are_refused_and_do_not_lengthen_it() {
        let mut counter = TryCounter::default();
        for second in 0..3 {
            counter.reserve(LockRule::DEFAULT, at(second));
        }
        let before = counter;
        let until = at(2 + 1800);
        for second in [3, 900, 1801] {
            let answer = counter.reserve(LockRule::DEFAULT, at(second));
            assert_eq!(answer, Reservation::Locked { until });
        }
        assert_eq!(counter, before);
        assert_eq!(counter.reserve(LockRule::DEFAULT, until), reserved(2));
        assert_eq!(counter.locked_until, None);
    }

    #[test]
    fn a_right_password_clears_the_count_even_at_the_last_try() {
        let mut counter = TryCounter::default();
        for second in 0..3 {
            counter.reserve(LockRule::DEFAULT, at(second));
        }
        counter.succeed();
        assert_eq!(counter, TryCounter::default());
        assert_eq!(counter.reserve(LockRule::DEFAULT, at(3)), reserved(2));
    }

    #[test]
    fn one_allowed_try_locks_at_once_and_the_end_of_time_is_no_panic() {
        let rule = LockRule {
            tries: NonZeroU32::MIN,
            minutes: NonZeroU32::MAX,
        };
        let mut counter = TryCounter::default();
        let last = DateTime::<Utc>::MAX_UTC - TimeDelta::seconds(1);
        assert_eq!(
            counter.reserve(rule, last),
            reserved_last(DateTime::<Utc>::MAX_UTC)
        );
        assert_eq!(counter.lock_at(last), Some(DateTime::<Utc>::MAX_UTC));
    }

    /// One person's next move: wait, then start a try, or end one that is under way.
    #[derive(Clone, Debug)]
    enum Move {
        Start,
        EndWrong,
        EndRight,
    }

    fn moves(with_success: bool) -> impl Strategy<Value = Vec<(i64, Move)>> {
        let choice = if with_success { 0..12_u8 } else { 0..10_u8 };
        let step = choice.prop_map(|number| match number {
            0..7 => Move::Start,
            7..10 => Move::EndWrong,
            _ => Move::EndRight,
        });
        proptest::collection::vec((prop_oneof![0..5_i64, 0..2500_i64], step), 0..200)
    }

    proptest! {
        /// Without a right password, four verifications never fit into less than a lock.
        #[test]
        fn guesses_in_parallel_never_get_more_than_three_in_a_lock(moves in moves(false)) {
            let mut counter = TryCounter::default();
            let mut verified = Vec::new();
            let mut clock = 0;
            for (wait, step) in moves {
                clock += wait;
                if !matches!(step, Move::Start) { continue }
                if let Reservation::Reserved { .. } = counter.reserve(LockRule::DEFAULT, at(clock)) {
                    verified.push(clock);
                }
            }
            for four in verified.windows(4) {
                prop_assert!(four[3] - four[0] >= 1800, "{four:?}");
            }
        }

        /// With right passwords among them: no more than three starts between two fresh starts, and
        /// none while a lock holds, in whatever order the tries end.
        #[test]
        fn any_order_of_starts_and_ends_keeps_the_bound(moves in moves(true)) {
            let mut counter = TryCounter::default();
            let (mut clock, mut under_way, mut since_fresh) = (0, 0_u32, 0_u32);
            for (wait, step) in moves {
                clock += wait;
                let (held, had) = (counter.lock_at(at(clock)), counter.locked_until);
                match step {
                    Move::Start => match counter.reserve(LockRule::DEFAULT, at(clock)) {
                        Reservation::Locked { until } => prop_assert_eq!(Some(until), held),
                        Reservation::Reserved { left, .. } => {
                            prop_assert_eq!(held, None);
                            since_fresh = if had.is_some() { 1 } else { since_fresh + 1 };
                            prop_assert_eq!(left, 3 - since_fresh);
                            under_way += 1;
                        }
                    },
                    Move::EndWrong => under_way = under_way.saturating_sub(1),
                    Move::EndRight if under_way > 0 => {
                        under_way -= 1;
                        since_fresh = 0;
                        counter.succeed();
                    }
                    Move::EndRight => {}
                }
                prop_assert!(since_fresh <= 3);
            }
        }
    }
}
