//! The days on which a notice is shown, as days in Tokyo.
use chrono::{DateTime, Days, Months, NaiveDate, NaiveTime, TimeZone, Utc};
use thiserror::Error;

use crate::domain::text::half_width;
use crate::domain::time::tokyo;

/// A notice is planned at most this many months ahead, and shown at most this long.
const MOST_MONTHS: Months = Months::new(24);

/// From the beginning of one day to the end of another, or until it is withdrawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShownDays {
    /// The first instant.
    pub from: DateTime<Utc>,
    /// The first instant after the last day.
    pub until: Option<DateTime<Utc>>,
}

/// What is wrong with the days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DateError {
    /// Not a day as `2026-11-25`.
    #[error("write the first day as 2026-11-25")]
    FromForm,
    /// The same of the last day.
    #[error("write the last day as 2026-11-25, or leave it empty")]
    UntilForm,
    /// Before today.
    #[error("the first day is over already; choose today or a later day")]
    FromPast,
    /// Too far ahead.
    #[error("the first day is more than two years ahead")]
    FromFar,
    /// The last day comes before the first.
    #[error("the last day comes before the first day")]
    Order,
    /// Shown for too long.
    #[error("the last day is more than two years after the first")]
    UntilFar,
}

impl ShownDays {
    /// Reads both days as typed: an empty first day is today, an empty last day none.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn parse(from: &str, until: &str, now: DateTime<Utc>) -> Result<Self, DateError> {
        let today = now.with_timezone(&tokyo()).date_naive();
        let from = match from.trim() {
            "" => today,
            typed => day(typed).ok_or(DateError::FromForm)?,
        };
        if from < today {
            return Err(DateError::FromPast);
        }
        if from > later(today) {
            return Err(DateError::FromFar);
        }
        let until = match until.trim() {
            "" => None,
            typed => Some(day(typed).ok_or(DateError::UntilForm)?),
        };
        if until.is_some_and(|until| until < from) {
            return Err(DateError::Order);
        }
        if until.is_some_and(|until| until > later(from)) {
            return Err(DateError::UntilFar);
        }
        let after = |day: NaiveDate| day.checked_add_days(Days::new(1)).unwrap_or(day);
        Ok(Self {
            from: midnight(from).ok_or(DateError::FromForm)?,
            until: until.and_then(|until| midnight(after(until))),
        })
    }

    /// The last day that it is shown on, by an instant of that day.
    pub fn last(until: Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
        until.map(|until| until - chrono::TimeDelta::seconds(1))
    }
}

/// `2026-11-25` or `2026/11/25`, full-width digits too.
fn day(typed: &str) -> Option<NaiveDate> {
    let plain: String = typed.chars().take(11).map(half_width).collect();
    let form = plain.replace('/', "-");
    let has_digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
    };
    let parts: Vec<&str> = form.split('-').collect();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 && has_digits(year, 4) => {
            if !has_digits(month, 2) || !has_digits(day, 2) {
                return None;
            }
            NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        }
        _ => None,
    }
}

fn later(day: NaiveDate) -> NaiveDate {
    day.checked_add_months(MOST_MONTHS).unwrap_or(day)
}

fn midnight(day: NaiveDate) -> Option<DateTime<Utc>> {
    // Tokyo has no summer time: every local instant exists once.
    let start = tokyo().from_local_datetime(&day.and_time(NaiveTime::MIN));
    start.single().map(|start| start.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Wednesday, 25 November 2026, half past midnight in Tokyo.
    fn now() -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2026, 11, 24, 15, 30, 0).unwrap()
    }

    #[test]
    fn days_are_days_in_tokyo() {
        let days = ShownDays::parse("2026-11-25", "2026-11-25", now()).unwrap();
        assert_eq!(days.from.to_rfc3339(), "2026-11-24T15:00:00+00:00");
        assert_eq!(
            days.until.unwrap().to_rfc3339(),
            "2026-11-25T15:00:00+00:00"
        );
        assert_eq!(ShownDays::parse("", " ", now()).unwrap().from, days.from);
        let typed = ShownDays::parse("２０２６／１１／２５", "2026/11/25", now());
        assert_eq!(typed, Ok(days));
    }

    #[test]
    fn bad_days_are_told_apart() {
        use DateError as Error;
        for (from, until, error) in [
            ("tomorrow", "", Error::FromForm),
            ("2026-02-30", "", Error::FromForm),
            ("26-11-25", "", Error::FromForm),
            ("-2026-11-25", "", Error::FromForm),
            ("+026-11-25", "", Error::FromForm),
            ("99999-01-01", "", Error::FromForm),
            ("2026-11-24", "", Error::FromPast),
            ("0001-01-01", "", Error::FromPast),
            ("2028-11-26", "", Error::FromFar),
            ("9999-12-31", "", Error::FromFar),
            ("2026-11-26", "2026-11-25", Error::Order),
            ("2026-11-26", "2026-13-01", Error::UntilForm),
            ("2026-11-26", "9999-12-31", Error::UntilFar),
        ] {
            assert_eq!(ShownDays::parse(from, until, now()), Err(error), "{from}");
        }
        assert!(ShownDays::parse("2028-11-25", "2030-11-25", now()).is_ok());
    }
}
