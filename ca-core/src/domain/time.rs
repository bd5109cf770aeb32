//! Time as an argument: the clock that programs hand in, and how Japan writes it.
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Datelike, FixedOffset, TimeZone, Timelike, Utc, Weekday};

/// Where "now" comes from. Programs pass [`SystemClock`], tests a [`FixedClock`].
pub trait Clock: Send + Sync {
    /// The present instant in UTC.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// A clock that stands where it was set; clones share the hand.
#[derive(Debug, Clone)]
pub struct FixedClock(Arc<Mutex<DateTime<Utc>>>);

impl FixedClock {
    /// A clock that shows `at` until it is moved.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(Arc::new(Mutex::new(at)))
    }

    /// Moves the hand to `at`, forwards or back.
    pub fn set(&self, at: DateTime<Utc>) {
        *self.hand() = at;
    }

    /// Moves the hand by `step`.
    pub fn advance(&self, step: chrono::Duration) {
        let mut hand = self.hand();
        *hand += step;
    }

    fn hand(&self) -> std::sync::MutexGuard<'_, DateTime<Utc>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        *self.hand()
    }
}

/// Asia/Tokyo: nine hours ahead of UTC, no summer time since 1951.
pub fn tokyo() -> FixedOffset {
    // 9 hours is inside FixedOffset's range, so the fallback is never taken.
    FixedOffset::east_opt(9 * 3600).unwrap_or_else(|| chrono::Offset::fix(&Utc))
}

/// 「2026年11月25日（水）」 in Tokyo.
pub fn japanese_date(at: DateTime<Utc>) -> String {
    let day = tokyo().from_utc_datetime(&at.naive_utc());
    let weekday = match day.weekday() {
        Weekday::Mon => '月',
        Weekday::Tue => '火',
        Weekday::Wed => '水',
        Weekday::Thu => '木',
        Weekday::Fri => '金',
        Weekday::Sat => '土',
        Weekday::Sun => '日',
    };
    format!(
        "{}年{}月{}日（{weekday}）",
        day.year(),
        day.month(),
        day.day()
    )
}

/// 「2026年11月25日（水）17:15」 in Tokyo.
pub fn japanese_datetime(at: DateTime<Utc>) -> String {
    let day = tokyo().from_utc_datetime(&at.naive_utc());
    format!("{}{:02}:{:02}", japanese_date(at), day.hour(), day.minute())
}

/// `2026-11-25 17:15 JST`, the English pages' form.
pub fn iso_datetime(at: DateTime<Utc>) -> String {
    tokyo()
        .from_utc_datetime(&at.naive_utc())
        .format("%Y-%m-%d %H:%M JST")
        .to_string()
}

/// `2026-11-25`, the day in Tokyo.
pub fn iso_date(at: DateTime<Utc>) -> String {
    tokyo()
        .from_utc_datetime(&at.naive_utc())
        .format("%Y-%m-%d")
        .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokyo_evening_is_already_the_next_utc_day() {
        let at = Utc.with_ymd_and_hms(2026, 11, 24, 15, 0, 0).unwrap();
        assert_eq!(japanese_datetime(at), "2026年11月25日（水）00:00");
        assert_eq!(iso_datetime(at), "2026-11-25 00:00 JST");
    }

    #[test]
    fn clones_of_a_fixed_clock_share_the_hand() {
        let clock = FixedClock::new(Utc.with_ymd_and_hms(2026, 1, 1, 0, 0, 0).unwrap());
        let same = clock.clone();
        clock.advance(chrono::Duration::hours(1));
        assert_eq!(
            same.now(),
            Utc.with_ymd_and_hms(2026, 1, 1, 1, 0, 0).unwrap()
        );
    }
}
