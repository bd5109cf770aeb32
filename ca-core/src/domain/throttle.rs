//! How often a public form may be used: counted by the day in Tokyo, for a source and for an ID.
use chrono::{DateTime, Days, TimeZone, Utc};

use super::request::words;
use super::time::tokyo;

/// What a use counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThrottleScope {
    /// The address that a reissue application came from.
    ReissueSource,
    /// The ID that a reissue application names, whether or not it exists.
    ReissueId,
}
words!(
    ThrottleScope,
    "scope of a throttle",
    ReissueSource = "reissue-source",
    ReissueId = "reissue-id",
);

/// A day in Tokyo: the first instant, and the first of the day after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TokyoDay {
    /// Midnight.
    pub begins_at: DateTime<Utc>,
    /// The next midnight.
    pub ends_at: DateTime<Utc>,
}

impl TokyoDay {
    /// The day that `at` lies in.
    pub fn of(at: DateTime<Utc>) -> Self {
        let date = at.with_timezone(&tokyo()).date_naive();
        let midnight = |date: chrono::NaiveDate| {
            let naive = date.and_time(chrono::NaiveTime::MIN);
            let local = tokyo().from_local_datetime(&naive).single();
            local.map_or(at, |local| local.with_timezone(&Utc))
        };
        Self {
            begins_at: midnight(date),
            ends_at: midnight(date.checked_add_days(Days::new(1)).unwrap_or(date)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_and_ends_at_midnight_in_tokyo() {
        let noon = Utc.with_ymd_and_hms(2028, 2, 28, 15, 0, 0).unwrap();
        let day = TokyoDay::of(noon);
        assert_eq!(day.begins_at, noon, "00:00 on 29 February in Tokyo");
        assert_eq!(day.ends_at - day.begins_at, chrono::TimeDelta::hours(24));
        let before = TokyoDay::of(noon - chrono::TimeDelta::seconds(1));
        assert_eq!(before.ends_at, noon);
        assert_eq!(TokyoDay::of(day.ends_at).begins_at, day.ends_at);
    }
}
