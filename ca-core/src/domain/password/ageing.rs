//! How old a login password may become (J6): calendar months in Japan, a warning before the end.
use chrono::{DateTime, Months, Utc};

use crate::domain::time::tokyo;

/// How long a login password may be used, and when its end is announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordAgeing {
    /// Calendar months from the change to the end.
    pub valid_months: u32,
    /// Calendar months before the end from which logins warn.
    pub warn_months: u32,
}

/// How old a password is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordAge {
    /// Nothing to say.
    Fresh,
    /// May be used, but not for long.
    Warned {
        /// The first moment at which it may not.
        ends_at: DateTime<Utc>,
    },
    /// Opens nothing but its change.
    Expired,
}

impl PasswordAgeing {
    /// A year with a month's warning: what the posted manual says.
    pub const DEFAULT: Self = Self {
        valid_months: 12,
        warn_months: 1,
    };

    /// The age at `now` of a password that was set at `changed_at`; one of which that is not known is expired.
    ///
    /// The end is the same wall time in Japan that many months on; a day that the month lacks becomes its last day.
    pub fn age(self, changed_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> PasswordAge {
        let Some(ends_at) = changed_at.and_then(|at| self.end(at)) else {
            return PasswordAge::Expired;
        };
        if now >= ends_at {
            return PasswordAge::Expired;
        }
        let warned_from = ends_at
            .with_timezone(&tokyo())
            .checked_sub_months(Months::new(self.warn_months));
        match warned_from {
            Some(from) if now < from => PasswordAge::Fresh,
            _ => PasswordAge::Warned { ends_at },
        }
    }

    /// The first moment at which a password set at `changed_at` may not be used any more; none past the calendar.
    pub fn end(self, changed_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = changed_at.with_timezone(&tokyo());
        let end = local.checked_add_months(Months::new(self.valid_months))?;
        Some(end.with_timezone(&Utc))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, TimeZone};

    fn japan(year: i32, month: u32, day: u32) -> DateTime<Utc> {
        let noon = tokyo().with_ymd_and_hms(year, month, day, 12, 0, 0);
        noon.unwrap().with_timezone(&Utc)
    }

    fn age(changed: DateTime<Utc>, now: DateTime<Utc>) -> PasswordAge {
        PasswordAgeing::DEFAULT.age(Some(changed), now)
    }

    #[test]
    fn both_edges_are_sharp_to_the_second() {
        let second = TimeDelta::seconds(1);
        // Changed, warned from, ends.
        for (changed, warned, end) in [
            (japan(2026, 4, 1), japan(2027, 3, 1), japan(2027, 4, 1)),
            (japan(2028, 2, 29), japan(2029, 1, 28), japan(2029, 2, 28)),
            (japan(2027, 2, 28), japan(2028, 1, 28), japan(2028, 2, 28)),
            (japan(2026, 1, 31), japan(2026, 12, 31), japan(2027, 1, 31)),
            (japan(2026, 3, 31), japan(2027, 2, 28), japan(2027, 3, 31)),
            (japan(2027, 3, 31), japan(2028, 2, 29), japan(2028, 3, 31)),
        ] {
            let said = PasswordAge::Warned { ends_at: end };
            assert_eq!(
                age(changed, warned - second),
                PasswordAge::Fresh,
                "{changed}"
            );
            assert_eq!(age(changed, warned), said, "{changed}");
            assert_eq!(age(changed, end - second), said, "{changed}");
            assert_eq!(age(changed, end), PasswordAge::Expired, "{changed}");
        }
    }

    #[test]
    fn the_day_is_japans() {
        // 2026-01-31 23:30 in London is the 1st of February in Tokyo.
        let changed = Utc.with_ymd_and_hms(2026, 1, 31, 23, 30, 0).unwrap();
        let ageing = PasswordAgeing {
            valid_months: 1,
            warn_months: 0,
        };
        let end = Utc.with_ymd_and_hms(2026, 2, 28, 23, 30, 0).unwrap();
        assert_eq!(ageing.end(changed), Some(end));
        let last = end - TimeDelta::milliseconds(1);
        assert_eq!(
            ageing.age(Some(changed), last),
            PasswordAge::Fresh,
            "no warning was asked for"
        );
        assert_eq!(ageing.age(Some(changed), end), PasswordAge::Expired);
    }

    #[test]
    fn a_password_of_unknown_age_is_expired() {
        assert_eq!(
            PasswordAgeing::DEFAULT.age(None, japan(2026, 1, 1)),
            PasswordAge::Expired
        );
    }
}
