//! Delegations: an office lets an agent act for it, from one day to another, days of Japan.

mod form;

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use thiserror::Error;

use super::text::half_width;
use super::time::tokyo;

pub use form::{
    DelegationDetails, DelegationFaults, DelegationField, DelegationForm, DelegationReason,
};

/// The years in which a delegation may begin or end.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2100;

/// The days of a delegation, checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// The first instant at which it holds.
    pub starts_at: DateTime<Utc>,
    /// The first instant at which it does not hold any more; none is without end.
    pub ends_at: Option<DateTime<Utc>>,
}

/// Where a period stands at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// It has not begun.
    Planned,
    /// It holds.
    InForce,
    /// It is over, or was ended before it began.
    Over,
}

/// What is wrong with a day or a pair of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DayError {
    /// Nothing was written.
    #[error("is empty; write the day, such as 2026-04-01")]
    Empty,
    /// Not a day in any form that is read.
    #[error("is no day; write it as 2026-04-01 or 2026/4/1")]
    Form,
    /// A month or a day that the calendar does not have.
    #[error("is a day that the calendar does not have")]
    NoSuchDay,
    /// Another century than anybody means.
    #[error("lies outside 2000 to 2100")]
    FarAway,
    /// The last day is before the first.
    #[error("the last day is before the first day")]
    Order,
}

impl DayError {
    /// The reason in Japanese.
    #[must_use]
    pub const fn japanese(self) -> &'static str {
        match self {
            Self::Empty => "入力されていません。日付を 2026-04-01 の形で入力してください",
            Self::Form => "日付として読めません。2026-04-01 または 2026/4/1 の形で入力してください",
            Self::NoSuchDay => "暦にない日付です",
            Self::FarAway => "2000年から2100年までの日付を入力してください",
            Self::Order => "終了日が開始日より前です",
        }
    }
}

/// Reads a day as people and spreadsheets write it: `2026-04-01`, `2026/4/1`, `2026年4月1日`, also full-width.
///
/// # Errors
/// [`DayError`], but never its `Order`.
pub fn parse_day(typed: &str) -> Result<NaiveDate, DayError> {
    let narrow: String = typed.chars().map(half_width).take(40).collect();
    let narrow = narrow.trim();
    if narrow.is_empty() {
        return Err(DayError::Empty);
    }
    let plain = narrow.strip_suffix('日').unwrap_or(narrow);
    let parts: Vec<&str> = plain.split(['-', '/', '年', '月']).collect();
    let [year, month, day] = parts.as_slice() else {
        return Err(DayError::Form);
    };
    let year = number(year, 4..=4)?;
    let (month, day) = (number(month, 1..=2)?, number(day, 1..=2)?);
    let year = i32::try_from(year).map_err(|_| DayError::Form)?;
    let read = NaiveDate::from_ymd_opt(year, month, day).ok_or(DayError::NoSuchDay)?;
    if YEARS.contains(&year) {
        Ok(read)
    } else {
        Err(DayError::FarAway)
    }
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Result<u32, DayError> {
    let is_number = digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let read = is_number.then(|| text.parse().ok()).flatten();
    read.ok_or(DayError::Form)
}

impl Period {
    /// From the beginning of `first` to the end of `last`, or without end.
    ///
    /// # Errors
    /// [`DayError::Order`] when the last day is before the first.
    pub fn of_days(first: NaiveDate, last: Option<NaiveDate>) -> Result<Self, DayError> {
        if last.is_some_and(|last| last < first) {
            return Err(DayError::Order);
        }
        Ok(Self {
            starts_at: midnight(first)?,
            ends_at: last.map(end_of).transpose()?,
        })
    }

    /// Whether it holds at `now`.
    #[must_use]
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        self.starts_at <= now && self.ends_at.is_none_or(|end| now < end)
    }

    /// Where it stands at `now`.
    #[must_use]
    pub fn phase_at(&self, now: DateTime<Utc>) -> Phase {
        if self.is_void() || self.ends_at.is_some_and(|end| end <= now) {
            Phase::Over
        } else if self.holds_at(now) {
            Phase::InForce
        } else {
            Phase::Planned
        }
    }

    /// Whether it was ended before it began: it holds at no time.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.ends_at.is_some_and(|end| end <= self.starts_at)
    }

    /// Whether there is an instant at which both hold.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |end: Option<DateTime<Utc>>, start| end.is_none_or(|end| start < end);
        !self.is_void()
            && !other.is_void()
            && before(self.ends_at, other.starts_at)
            && before(other.ends_at, self.starts_at)
    }

    /// The first day, in Japan.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        self.starts_at.with_timezone(&tokyo()).date_naive()
    }

    /// The last day on which it holds, in Japan: in full, or until the hour at which it was ended.
    #[must_use]
    pub fn last_day(&self) -> Option<NaiveDate> {
        let last = self.ends_at? - chrono::TimeDelta::milliseconds(1);
        Some(last.with_timezone(&tokyo()).date_naive())
    }
}

/// The first instant of a day in Japan.
fn midnight(day: NaiveDate) -> Result<DateTime<Utc>, DayError> {
    let local = day.and_time(chrono::NaiveTime::MIN);
    let at = tokyo().from_local_datetime(&local).single();
    at.map(|at| at.to_utc()).ok_or(DayError::NoSuchDay)
}

/// The first instant after a day in Japan.
///
/// # Errors
/// [`DayError::FarAway`] for the last day there is.
pub fn end_of(day: NaiveDate) -> Result<DateTime<Utc>, DayError> {
    midnight(day.succ_opt().ok_or(DayError::FarAway)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        parse_day(text).unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn days_are_read_as_people_write_them() {
        let first = NaiveDate::from_ymd_opt(2026, 4, 1).unwrap();
        for typed in [
            "2026-04-01",
            " 2026/4/1 ",
            "2026年4月1日",
            "２０２６／０４／０１",
            "2026-4-01",
        ] {
            assert_eq!(parse_day(typed), Ok(first), "{typed}");
        }
        assert!(parse_day("2028-02-29").is_ok());
        for (typed, error) in [
            ("", DayError::Empty),
            ("\u{3000}", DayError::Empty),
            ("2026-02-31", DayError::NoSuchDay),
            ("2027-02-29", DayError::NoSuchDay),
            ("2026-13-01", DayError::NoSuchDay),
            ("2026-00-01", DayError::NoSuchDay),
            ("26-04-01", DayError::Form),
            ("01/04/2026", DayError::Form),
            ("2026-04", DayError::Form),
            ("2026-04-01-01", DayError::Form),
            ("2026-+4-01", DayError::Form),
            ("20260401", DayError::Form),
            ("46113", DayError::Form),
            ("tomorrow", DayError::Form),
            ("1999-12-31", DayError::FarAway),
            ("2101-01-01", DayError::FarAway),
        ] {
            assert_eq!(parse_day(typed), Err(error), "{typed}");
        }
    }

    #[test]
    fn a_period_is_whole_days_of_japan() {
        let period = Period::of_days(day("2026-04-01"), Some(day("2026-04-30"))).unwrap();
        assert!(!period.holds_at(at("2026-03-31T14:59:59Z")));
        assert!(period.holds_at(at("2026-03-31T15:00:00Z")));
        assert!(period.holds_at(at("2026-04-30T14:59:59Z")));
        assert!(!period.holds_at(at("2026-04-30T15:00:00Z")));
        for (moment, phase) in [
            ("2026-03-31T14:59:59Z", Phase::Planned),
            ("2026-03-31T15:00:00Z", Phase::InForce),
            ("2026-04-30T14:59:59Z", Phase::InForce),
            ("2026-04-30T15:00:00Z", Phase::Over),
        ] {
            assert_eq!(period.phase_at(at(moment)), phase, "{moment}");
        }
        assert_eq!(period.first_day(), day("2026-04-01"));
        assert_eq!(period.last_day(), Some(day("2026-04-30")));
        let one_day = Period::of_days(day("2028-02-29"), Some(day("2028-02-29"))).unwrap();
        assert!(one_day.holds_at(at("2028-02-29T00:00:00Z")));
        assert_eq!(
            Period::of_days(day("2026-04-02"), Some(day("2026-04-01"))),
            Err(DayError::Order)
        );
    }

    #[test]
    fn periods_overlap_by_an_instant_and_not_by_touching() {
        let period =
            |first, last: Option<&str>| Period::of_days(day(first), last.map(day)).unwrap();
        let april = period("2026-04-01", Some("2026-04-30"));
        for (other, overlaps) in [
            (period("2026-05-01", None), false),
            (period("2026-04-30", None), true),
            (period("2026-01-01", Some("2026-03-31")), false),
            (period("2026-01-01", Some("2026-04-01")), true),
            (period("2026-01-01", None), true),
            (april, true),
        ] {
            assert_eq!(april.overlaps(&other), overlaps, "{other:?}");
            assert_eq!(other.overlaps(&april), overlaps, "{other:?}");
        }
        let void = Period {
            ends_at: Some(april.starts_at),
            ..april
        };
        assert_eq!(void.phase_at(at("2026-01-01T00:00:00Z")), Phase::Over);
        assert!(void.is_void() && !void.overlaps(&april) && !void.holds_at(april.starts_at));
    }
}
