//! `ca-cli calendar`: business hours and holidays as the worker reads them.

mod import;

use std::io::Write;
use std::path::PathBuf;

use anyhow::bail;
use ca_core::domain::calendar::{BusinessCalendar, Closure};
use ca_core::domain::time::{iso_datetime, tokyo};
use ca_core::store::calendar_override;
use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use clap::Subcommand;
use serde::Serialize;

use crate::desk::Desk;
use crate::table::{Table, write_json};

/// A year whose end is nearer than this many days has to be followed by one that is covered.
const WARN_DAYS: i64 = 60;

/// What can be done with the calendar.
#[derive(Debug, Subcommand)]
pub enum CalendarCommand {
    /// Show a year's closed days (weekends apart), and whether the worker may sign now.
    Show {
        /// The year; this one when absent.
        #[arg(long)]
        year: Option<i32>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Make a calendar file from the Cabinet Office's list of national holidays; hours and own closed days
    /// stay as they are configured now.
    Import {
        /// syukujitsu.csv as downloaded.
        file: PathBuf,
        /// The calendar file to make; name it in [calendar] file. `-` is standard output.
        #[arg(long, value_name = "FILE.toml")]
        out: PathBuf,
        /// The first year to take; this one when absent.
        #[arg(long)]
        from_year: Option<i32>,
    },
    /// Check the calendar file; status 1 when it is wrong, or ends too soon to go on without a new year.
    Check,
}

pub(super) fn run(
    command: &CalendarCommand,
    desk: &Desk,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    match command {
        CalendarCommand::Show { year, json } => show(desk, *year, *json, out),
        CalendarCommand::Import {
            file,
            out: to,
            from_year,
        } => import::run(desk, file, to, *from_year, out),
        CalendarCommand::Check => check(desk, out),
    }
}

/// A closed day.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Day {
    date: NaiveDate,
    why: String,
}

fn show(desk: &Desk, year: Option<i32>, json: bool, out: &mut dyn Write) -> anyhow::Result<()> {
    let calendar = desk.calendar()?;
    let now = desk.now();
    let year = year.unwrap_or_else(|| now.with_timezone(&tokyo()).year());
    let days = closed_days(&calendar, year);
    let (open, next) = (calendar.is_open(now), calendar.next_opening(now));
    let ending = ending(&calendar, now);
    if json {
        let facts = serde_json::json!({
            "open": open.ok(), "next_opening": next.ok().map(iso_datetime), "closed_days": days?,
            "years": calendar.years().collect::<Vec<_>>(), "warning": ending,
        });
        return write_json(out, &facts);
    }
    let days = days.or_else(|error| {
        // An order to sign counts also where the calendar has ended.
        write_override(desk, now, out)?;
        Err(error)
    })?;
    let mut table = Table::new(["DATE", "CLOSED FOR"]);
    for day in &days {
        table.row([day.date.to_string(), day.why.clone()]);
    }
    table.write(out)?;
    match (open, next) {
        (Ok(true), _) => writeln!(out, "Open now.")?,
        (Ok(false), Ok(next)) => writeln!(out, "Closed now; opens {}.", iso_datetime(next))?,
        (Ok(false), Err(_)) => writeln!(out, "Closed now; when it opens cannot be said.")?,
        (Err(_), _) => writeln!(out, "Whether it is open now cannot be said.")?,
    }
    if let Some(ending) = ending {
        writeln!(out, "{ending}")?;
    }
    write_override(desk, now, out)
}

/// That the calendar has ended, or ends so soon that a promise made within [`WARN_DAYS`] days would need more of it.
fn ending(calendar: &BusinessCalendar, now: DateTime<Utc>) -> Option<String> {
    let later = now + chrono::TimeDelta::days(WARN_DAYS);
    let times = [now, later].into_iter();
    let error = times
        .map(|at| calendar.promised_by(at))
        .find_map(Result::err)?;
    let last = calendar.years().last().unwrap_or_default();
    Some(format!(
        "カレンダーの祝日は{last}年までです。{}\nThe calendar has holidays until the end of {last}; {error}.",
        error.japanese()
    ))
}

/// An order to sign now, if there is a database to hold one.
fn write_override(desk: &Desk, now: DateTime<Utc>, out: &mut dyn Write) -> anyhow::Result<()> {
    if desk.expect_database().is_err() {
        return Ok(());
    }
    if let Some(order) = desk
        .store()?
        .read(|db| calendar_override::in_force(db, now))?
    {
        let (until, by) = (iso_datetime(order.ends_at), order.opened_by);
        writeln!(
            out,
            "{by} lets the worker sign until {until}: {}",
            order.reason
        )?;
    }
    Ok(())
}

fn closed_days(calendar: &BusinessCalendar, year: i32) -> anyhow::Result<Vec<Day>> {
    let first = NaiveDate::from_ymd_opt(year, 1, 1);
    let mut days = Vec::new();
    for date in first.into_iter().flat_map(|first| first.iter_days()) {
        if date.year() != year {
            break;
        }
        let why = match calendar.closure(date)? {
            None | Some(Closure::Weekday(Weekday::Sat | Weekday::Sun)) => continue,
            Some(Closure::Weekday(day)) => day.to_string(),
            Some(Closure::Holiday(name) | Closure::Own(name)) => name,
            Some(Closure::YearEnd) => "年末年始".to_owned(),
        };
        days.push(Day { date, why });
    }
    Ok(days)
}

fn check(desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let calendar = desk.calendar()?;
    let now = desk.now();
    calendar.promised_by(now)?;
    if let Some(ending) = ending(&calendar, now) {
        bail!("within {WARN_DAYS} days the calendar does not suffice any more: {ending}");
    }
    let years: Vec<String> = calendar.years().map(|year| year.to_string()).collect();
    writeln!(
        out,
        "The calendar is right and covers {}.",
        years.join(", ")
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ca_core::domain::calendar::BUILT_IN;

    use super::*;

    #[test]
    fn the_end_of_the_data_is_named_before_and_after_it() {
        let calendar = BusinessCalendar::from_toml(BUILT_IN).unwrap();
        let ending = |at: &str| ending(&calendar, at.parse().unwrap());
        assert_eq!(ending("2028-10-01T00:00:00Z"), None);
        for at in [
            "2028-11-15T00:00:00Z",
            "2028-12-31T03:00:00Z",
            "2029-02-01T00:00:00Z",
        ] {
            let said = ending(at).unwrap();
            for part in [
                "2028年まで",
                "until the end of 2028",
                "does not cover 2029",
                "calendar import",
            ] {
                assert!(said.contains(part), "{part} in {said}");
            }
        }
        assert_eq!(
            super::ending(&BusinessCalendar::always_open(), Utc::now()),
            None
        );
    }

    #[test]
    fn a_year_lists_holidays_and_the_year_end_but_no_weekends() {
        let calendar = BusinessCalendar::from_toml(BUILT_IN).unwrap();
        let days = closed_days(&calendar, 2026).unwrap();
        let named = |text: &str| {
            days.iter()
                .find(|day| day.date.to_string() == text)
                .map(|day| day.why.clone())
        };
        assert_eq!(named("2026-11-23").as_deref(), Some("勤労感謝の日"));
        assert_eq!(named("2026-12-30").as_deref(), Some("年末年始"));
        assert_eq!(named("2026-11-21"), None);
        assert!(closed_days(&calendar, 2050).is_err());
    }
}
