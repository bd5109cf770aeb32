//! Business hours: when the CA may sign, and by when an applicant is promised a certificate.
//!
//! Only Japan's time counts, which is nine hours ahead of UTC all year. A year whose holidays nobody
//! has written down is an error, not a guess.

mod file;

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, TimeDelta, Utc, Weekday};
use thiserror::Error;

pub use file::{CalendarConfig, CalendarFileError, ClosedDay, YearEnd};

/// How many business days an applicant waits at most; the day of the request may be the first.
pub const PROMISED_BUSINESS_DAYS: usize = 2;

/// The calendar that comes with the program: `config/calendar.toml`.
pub const BUILT_IN: &str = include_str!("../../../config/calendar.toml");

/// No organisation is closed for so many days in a row.
const LONGEST_CLOSURE_DAYS: usize = 370;

/// Hours of the day, days of the week and closed days of one organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessCalendar {
    hours: Hours,
    weekdays: Vec<Weekday>,
    year_end: Option<YearEndClosure>,
    holidays: BTreeMap<NaiveDate, String>,
    closed: BTreeMap<NaiveDate, String>,
    years: BTreeSet<i32>,
    always_open: bool,
}

/// Time of day, counted from midnight in Japan: open at the first, closed at the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hours {
    opening: TimeDelta,
    closing: TimeDelta,
}

/// Month and day of the first and the last closed day at the turn of the year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct YearEndClosure {
    from: (u32, u32),
    until: (u32, u32),
}

/// Why a day is not a business day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Closure {
    /// A day of the week on which the office is closed.
    Weekday(Weekday),
    /// A national holiday, with its name.
    Holiday(String),
    /// Around New Year.
    YearEnd,
    /// The organisation's own closed day, with its name.
    Own(String),
}

impl BusinessCalendar {
    /// A calendar for demonstrations that is open at any hour of any year; promises are made as if
    /// every day were a business day that closes at 17:15.
    #[must_use]
    pub fn always_open() -> Self {
        Self {
            hours: Hours {
                opening: TimeDelta::minutes(8 * 60 + 30),
                closing: TimeDelta::minutes(17 * 60 + 15),
            },
            weekdays: std::iter::successors(Some(Weekday::Mon), |day| Some(day.succ()))
                .take(7)
                .collect(),
            year_end: None,
            holidays: BTreeMap::new(),
            closed: BTreeMap::new(),
            years: BTreeSet::new(),
            always_open: true,
        }
    }

    /// Whether signing is allowed at this moment: from opening (included) to closing (excluded) of a
    /// business day.
    ///
    /// # Errors
    /// When the calendar does not cover the year.
    pub fn is_open(&self, at: DateTime<Utc>) -> Result<bool, CalendarError> {
        if self.always_open {
            return Ok(true);
        }
        let (day, time) = in_japan(at)?;
        let business_day = self.closure(day)?.is_none();
        Ok(business_day && self.hours.opening <= time && time < self.hours.closing)
    }

    /// The moment from which signing is allowed: `at` itself while open, else the next opening.
    ///
    /// # Errors
    /// When the calendar does not cover a year on the way.
    pub fn next_opening(&self, at: DateTime<Utc>) -> Result<DateTime<Utc>, CalendarError> {
        if self.is_open(at)? {
            return Ok(at);
        }
        let first = day_unless_past(at, self.hours.opening)?;
        moment(self.business_day_from(first)?, self.hours.opening)
    }

    /// The end of the business hours that `at` lies in; none while closed.
    ///
    /// # Errors
    /// When the calendar does not cover the year.
    pub fn closing_of(&self, at: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, CalendarError> {
        if self.always_open {
            return Ok(Some(DateTime::<Utc>::MAX_UTC));
        }
        if !self.is_open(at)? {
            return Ok(None);
        }
        let (day, _) = in_japan(at)?;
        moment(day, self.hours.closing).map(Some)
    }

    /// By when the certificate of a request submitted at this moment is promised: the closing time
    /// of the second business day. The day of the request is the first when it is a business day and
    /// has not closed yet; else the next business day is.
    ///
    /// # Errors
    /// When the calendar does not cover a year on the way.
    pub fn promised_by(&self, submitted_at: DateTime<Utc>) -> Result<DateTime<Utc>, CalendarError> {
        let first = day_unless_past(submitted_at, self.hours.closing)?;
        let mut day = self.business_day_from(first)?;
        for _ in 1..PROMISED_BUSINESS_DAYS {
            day = self.business_day_from(day_after(day)?)?;
        }
        moment(day, self.hours.closing)
    }

    /// Why a day in Japan is not a business day; none when it is one.
    ///
    /// # Errors
    /// When the calendar does not cover the year, whatever the day of the week.
    pub fn closure(&self, day: NaiveDate) -> Result<Option<Closure>, CalendarError> {
        let year = day.year();
        if !self.always_open && !self.years.contains(&year) {
            return Err(CalendarError::YearNotCovered { year });
        }
        Ok(self.known_closure(day))
    }

    /// Why a day is closed, as far as it is written down: no holidays are known in a year that is not covered.
    fn known_closure(&self, day: NaiveDate) -> Option<Closure> {
        if let Some(name) = self.holidays.get(&day) {
            Some(Closure::Holiday(name.clone()))
        } else if self.year_end.is_some_and(|closure| closure.covers(day)) {
            Some(Closure::YearEnd)
        } else if let Some(name) = self.closed.get(&day) {
            Some(Closure::Own(name.clone()))
        } else if self.weekdays.contains(&day.weekday()) {
            None
        } else {
            Some(Closure::Weekday(day.weekday()))
        }
    }

    /// The years whose holidays are written down, ascending; warn before the last one ends.
    pub fn years(&self) -> impl Iterator<Item = i32> {
        self.years.iter().copied()
    }

    /// The last second of the last year that is written down; none where every hour of every year is open.
    #[must_use]
    pub fn covered_until(&self) -> Option<DateTime<Utc>> {
        if self.always_open {
            return None;
        }
        let next = self.years.last()?.checked_add(1)?;
        let turn = NaiveDate::from_ymd_opt(next, 1, 1)?;
        Some(moment(turn, TimeDelta::zero()).ok()? - TimeDelta::seconds(1))
    }

    /// The most days in a row on which the office is closed, of those that begin in a year that is written down. One
    /// that goes on into a year that is not is counted as far as weekdays and the year's end tell.
    #[must_use]
    pub fn longest_closure(&self) -> u32 {
        let mut longest = 0;
        for &year in &self.years {
            let first = NaiveDate::from_ymd_opt(year, 1, 1);
            let days = first.into_iter().flat_map(|first| first.iter_days());
            let mut running = 0;
            for day in days.take(2 * LONGEST_CLOSURE_DAYS) {
                let open = self.known_closure(day).is_none();
                if open && day.year() != year {
                    break;
                }
                running = if open { 0 } else { running + 1 };
                longest = longest.max(running);
            }
        }
        longest
    }

    fn business_day_from(&self, first: NaiveDate) -> Result<NaiveDate, CalendarError> {
        for day in first.iter_days().take(LONGEST_CLOSURE_DAYS) {
            if self.closure(day)?.is_none() {
                return Ok(day);
            }
        }
        Err(CalendarError::NeverOpens { from: first })
    }
}

impl YearEndClosure {
    fn covers(self, day: NaiveDate) -> bool {
        let day = (day.month(), day.day());
        if self.from <= self.until {
            self.from <= day && day <= self.until
        } else {
            self.from <= day || day <= self.until
        }
    }
}

/// Why the calendar cannot answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarError {
    /// Nobody has written down the holidays of this year.
    #[error(
        "the calendar does not cover {year}: add [holidays.{year}] to the calendar file, or run \
         `ca-cli calendar import syukujitsu.csv` with the Cabinet Office's list"
    )]
    YearNotCovered {
        /// The year.
        year: i32,
    },
    /// Closed for more than a year on end.
    #[error(
        "the calendar has no business day in the year after {from}; mend [[closed]] in the calendar file"
    )]
    NeverOpens {
        /// Where the search began.
        from: NaiveDate,
    },
    /// A moment that no calendar reaches.
    #[error("the clock shows a time beyond every calendar; set the clock of this machine")]
    OutOfRange,
}

impl CalendarError {
    /// The reason in Japanese.
    #[must_use]
    pub fn japanese(&self) -> String {
        match self {
            Self::YearNotCovered { year } => format!(
                "営業日カレンダーに{year}年の祝日が登録されていません。カレンダーファイルに[holidays.{year}]を追加するか、内閣府の「国民の祝日」CSVを ca-cli calendar import で取り込んでください"
            ),
            Self::NeverOpens { from } => format!(
                "営業日カレンダーに{from}から1年間、営業日がありません。[[closed]]を見直してください"
            ),
            Self::OutOfRange => {
                "時計がカレンダーの範囲外を示しています。この機器の時計を合わせてください"
                    .to_owned()
            }
        }
    }
}

const JAPAN: TimeDelta = TimeDelta::hours(9);

/// Day and time of day in Japan.
fn in_japan(at: DateTime<Utc>) -> Result<(NaiveDate, TimeDelta), CalendarError> {
    let local = at.naive_utc().checked_add_signed(JAPAN);
    let local = local.ok_or(CalendarError::OutOfRange)?;
    Ok((local.date(), local - NaiveDateTime::from(local.date())))
}

/// The moment at which it is so late on a day in Japan.
fn moment(day: NaiveDate, time: TimeDelta) -> Result<DateTime<Utc>, CalendarError> {
    NaiveDateTime::from(day)
        .checked_add_signed(time - JAPAN)
        .map(|utc| utc.and_utc())
        .ok_or(CalendarError::OutOfRange)
}

/// The day of `at`, or the day after when this time of day is reached already.
fn day_unless_past(at: DateTime<Utc>, time: TimeDelta) -> Result<NaiveDate, CalendarError> {
    let (day, now) = in_japan(at)?;
    if now < time { Ok(day) } else { day_after(day) }
}

fn day_after(day: NaiveDate) -> Result<NaiveDate, CalendarError> {
    day.succ_opt().ok_or(CalendarError::OutOfRange)
}

#[cfg(test)]
mod tests;
