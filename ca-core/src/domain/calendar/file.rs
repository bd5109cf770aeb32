//! The calendar file: TOML as written by hand, checked into a calendar.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, TimeDelta, Weekday};
use figment::Figment;
use figment::providers::{Format, Toml};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::{BusinessCalendar, Hours, YearEndClosure};

/// The calendar file as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CalendarConfig {
    /// Days of the week on which the office is open: `mon` to `sun`.
    pub weekdays: Vec<String>,
    /// When it opens in Japan, `HH:MM`.
    pub opening: String,
    /// When it closes in Japan, `HH:MM`; at that minute it is closed.
    pub closing: String,
    /// Closed days at the turn of the year.
    #[serde(default)]
    pub year_end: Option<YearEnd>,
    /// The organisation's own closed days.
    #[serde(default)]
    pub closed: Vec<ClosedDay>,
    /// National holidays: year, then `MM-DD` and name.
    pub holidays: BTreeMap<String, BTreeMap<String, String>>,
}

/// Closed days at the turn of the year, both ends included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct YearEnd {
    /// First closed day, `MM-DD`.
    pub from: String,
    /// Last closed day, `MM-DD`.
    pub until: String,
}

/// One closed day of the organisation's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClosedDay {
    /// `YYYY-MM-DD`.
    pub date: String,
    /// What it is called.
    pub name: String,
}

/// Why a calendar file is refused.
#[derive(Debug, Error)]
pub enum CalendarFileError {
    /// Not TOML, or a key is unknown or missing.
    #[error("calendar file: {0}")]
    Shape(#[from] Box<figment::Error>),
    /// A value is not what its key needs.
    #[error("calendar file: {key} is {value:?}; write {rule}")]
    Value {
        /// The key.
        key: String,
        /// What was written.
        value: String,
        /// What is allowed.
        rule: &'static str,
    },
}

impl BusinessCalendar {
    /// Reads a calendar file.
    ///
    /// # Errors
    /// When it is not TOML, has unknown keys, or a value is out of its range.
    pub fn from_toml(text: &str) -> Result<Self, CalendarFileError> {
        let figment = Figment::from(Toml::string(text));
        Self::try_from(figment.extract::<CalendarConfig>().map_err(Box::new)?)
    }
}

impl TryFrom<CalendarConfig> for BusinessCalendar {
    type Error = CalendarFileError;

    fn try_from(config: CalendarConfig) -> Result<Self, CalendarFileError> {
        Ok(Self {
            hours: hours(&config.opening, &config.closing)?,
            weekdays: weekdays(&config.weekdays)?,
            year_end: config.year_end.as_ref().map(year_end).transpose()?,
            holidays: holidays(&config.holidays)?,
            closed: closed(&config.closed)?,
            years: config
                .holidays
                .keys()
                .map(|key| year(key))
                .collect::<Result<_, _>>()?,
            always_open: false,
        })
    }
}

fn hours(opening: &str, closing: &str) -> Result<Hours, CalendarFileError> {
    let rule = "a time such as 08:30";
    let hours = Hours {
        opening: time(opening).ok_or_else(|| refused("opening", opening, rule))?,
        closing: time(closing).ok_or_else(|| refused("closing", closing, rule))?,
    };
    if hours.opening < hours.closing {
        Ok(hours)
    } else {
        Err(refused("closing", closing, "a time later than the opening"))
    }
}

/// `HH:MM` from `00:00` to `24:00`.
fn time(text: &str) -> Option<TimeDelta> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    let minutes = hour * 60 + minute;
    (minute < 60 && minutes <= 24 * 60).then(|| TimeDelta::minutes(i64::from(minutes)))
}

fn two_digits(text: &str) -> Option<u32> {
    let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

fn weekdays(names: &[String]) -> Result<Vec<Weekday>, CalendarFileError> {
    let rule = "one or more of mon tue wed thu fri sat sun";
    if names.is_empty() {
        return Err(refused("weekdays", "[]", rule));
    }
    names
        .iter()
        .map(|name| name.parse().map_err(|_| refused("weekdays", name, rule)))
        .collect()
}

fn year_end(written: &YearEnd) -> Result<YearEndClosure, CalendarFileError> {
    let rule = "month and day such as 12-29";
    let read = |key, text: &str| month_day(text).ok_or_else(|| refused(key, text, rule));
    Ok(YearEndClosure {
        from: read("year_end.from", &written.from)?,
        until: read("year_end.until", &written.until)?,
    })
}

/// `MM-DD`, a day that every year or a leap year has.
fn month_day(text: &str) -> Option<(u32, u32)> {
    const LEAP_YEAR: i32 = 2000;
    let (month, day) = text.split_once('-')?;
    let (month, day) = (two_digits(month)?, two_digits(day)?);
    NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).map(|_| (month, day))
}

fn year(text: &str) -> Result<i32, CalendarFileError> {
    let four_digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let read = four_digits.then(|| text.parse().ok()).flatten();
    read.ok_or_else(|| refused("holidays", text, "a table a year, such as [holidays.2029]"))
}

type NamedDays = BTreeMap<NaiveDate, String>;

fn holidays(
    years: &BTreeMap<String, BTreeMap<String, String>>,
) -> Result<NamedDays, CalendarFileError> {
    let mut read = NamedDays::new();
    for (year_text, days) in years {
        let (key, year) = (format!("holidays.{year_text}"), year(year_text)?);
        if days.is_empty() {
            return Err(refused(&key, "", "every national holiday of the year"));
        }
        for (text, name) in days {
            let date = month_day(text)
                .and_then(|(month, day)| NaiveDate::from_ymd_opt(year, month, day))
                .ok_or_else(|| refused(&key, text, "month and day such as \"01-01\""))?;
            read.insert(date, named(&key, name)?);
        }
    }
    Ok(read)
}

fn closed(days: &[ClosedDay]) -> Result<NamedDays, CalendarFileError> {
    let mut seen = BTreeSet::new();
    let read = days.iter().map(|closed| {
        let date = closed.date.parse().ok().filter(|date| seen.insert(*date));
        let rule = "a date such as 2026-08-14, each once";
        let date = date.ok_or_else(|| refused("closed.date", &closed.date, rule))?;
        Ok((date, named("closed.name", &closed.name)?))
    });
    read.collect()
}

fn named(key: &str, name: &str) -> Result<String, CalendarFileError> {
    if name.trim().is_empty() {
        return Err(refused(key, name, "the name of the day"));
    }
    Ok(name.to_owned())
}

fn refused(key: &str, value: &str, rule: &'static str) -> CalendarFileError {
    CalendarFileError::Value {
        key: key.to_owned(),
        value: value.to_owned(),
        rule,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::BUILT_IN;

    fn refusal(change: impl Fn(&str) -> String) -> String {
        BusinessCalendar::from_toml(&change(BUILT_IN))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn each_wrong_value_is_named_with_what_to_write() {
        for (from, to, named) in [
            (
                "weekdays = [\"mon\"",
                "weekdays = [\"月\"",
                "weekdays is \"月\"",
            ),
            ("\"08:30\"", "\"8:30\"", "opening is \"8:30\""),
            ("\"17:15\"", "\"17:60\"", "closing is \"17:60\""),
            ("\"17:15\"", "\"08:30\"", "a time later than the opening"),
            ("\"12-29\"", "\"12-32\"", "year_end.from is \"12-32\""),
            ("holidays.2027", "holidays.27", "holidays is \"27\""),
            ("\"02-11\" = ", "\"02-31\" = ", "holidays.2026 is \"02-31\""),
            ("\"元日\"", "\" \"", "the name of the day"),
            ("weekdays", "weekday", "weekday"),
            ("[year_end]", "[yearend]", "yearend"),
        ] {
            let text = refusal(|text| text.replacen(from, to, 1));
            assert!(text.contains(named), "{from} -> {to}: {text}");
        }
    }

    #[test]
    fn an_empty_year_covers_nothing_and_is_refused() {
        let text = refusal(|text| format!("{text}\n[holidays.2029]\n"));
        assert!(text.contains("holidays.2029"), "{text}");
    }

    #[test]
    fn own_closed_days_are_read_once_each() {
        let block = "\n[[closed]]\ndate = \"2026-08-14\"\nname = \"夏季休業\"\n";
        let calendar = BusinessCalendar::from_toml(&format!("{BUILT_IN}{block}")).unwrap();
        assert_eq!(calendar.closed.len(), 1);
        let text = refusal(|text| format!("{text}{block}{block}"));
        assert!(text.contains("each once"), "{text}");
    }

    #[test]
    fn midnight_is_a_closing_time() {
        assert_eq!(time("24:00"), Some(TimeDelta::hours(24)));
        for bad in ["24:01", "25:00", "0830", "+8:30", "08:3", "08:30:00", ""] {
            assert_eq!(time(bad), None, "{bad}");
        }
    }
}
