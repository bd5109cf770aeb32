//! `ca-cli calendar`: business hours and holidays as the worker reads them.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use ca_core::domain::calendar::{BusinessCalendar, Closure};
use ca_core::domain::calendar_csv::{self, Holidays};
use ca_core::domain::time::{iso_datetime, tokyo};
use ca_core::store::calendar_override;
use chrono::{DateTime, Datelike, NaiveDate, Utc, Weekday};
use clap::Subcommand;
use serde::Serialize;

use crate::desk::Desk;
use crate::file::write_public;
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
        /// The calendar file to make; name it in [calendar] file.
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
        } => import(desk, file, to, *from_year, out),
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
    let days = closed_days(
        &calendar,
        year.unwrap_or_else(|| now.with_timezone(&tokyo()).year()),
    )?;
    let (open, next) = (calendar.is_open(now)?, calendar.next_opening(now)?);
    if json {
        let facts = serde_json::json!({
            "open": open, "next_opening": iso_datetime(next), "closed_days": days,
            "years": calendar.years().collect::<Vec<_>>(),
        });
        return write_json(out, &facts);
    }
    let mut table = Table::new(["DATE", "CLOSED FOR"]);
    for day in &days {
        table.row([day.date.to_string(), day.why.clone()]);
    }
    table.write(out)?;
    match open {
        true => writeln!(out, "Open now.")?,
        false => writeln!(out, "Closed now; opens {}.", iso_datetime(next))?,
    }
    write_override(desk, now, out)
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

fn import(
    desk: &Desk,
    file: &Path,
    to: &Path,
    from_year: Option<i32>,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let bytes = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let from_year = from_year.unwrap_or_else(|| desk.now().with_timezone(&tokyo()).year());
    let holidays =
        calendar_csv::read(&bytes, from_year).with_context(|| file.display().to_string())?;
    if holidays.is_empty() {
        bail!(
            "{} has no holidays from {from_year} on; download the present list",
            file.display()
        );
    }
    let text = with_holidays(&desk.calendar_text()?, &holidays);
    BusinessCalendar::from_toml(&text)?;
    write_public(to, text.as_bytes())?;
    let years: Vec<String> = holidays.keys().map(ToString::to_string).collect();
    writeln!(
        out,
        "{} written with the holidays of {}.",
        to.display(),
        years.join(", ")
    )?;
    writeln!(
        out,
        "Name it in the configuration: [calendar] file = \"{}\"",
        to.display()
    )?;
    Ok(())
}

/// The calendar file with these years in the place of its own; other years stay.
fn with_holidays(text: &str, holidays: &Holidays) -> String {
    let mut kept = String::new();
    let mut keep = true;
    for line in text.lines() {
        if line.trim_start().starts_with('[') {
            let replaced = |year: &i32| line.trim() == format!("[holidays.{year}]");
            keep = !holidays.keys().any(replaced);
        }
        if keep {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    format!("{}\n{}", kept.trim_end(), calendar_csv::to_toml(holidays))
}

fn check(desk: &Desk, out: &mut dyn Write) -> anyhow::Result<()> {
    let calendar = desk.calendar()?;
    let now = desk.now();
    calendar.promised_by(now)?;
    let later = now + chrono::TimeDelta::days(WARN_DAYS);
    if let Err(error) = calendar.promised_by(later) {
        bail!("within {WARN_DAYS} days the calendar does not suffice any more: {error}");
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
    fn imported_years_replace_their_own_and_leave_the_others() {
        let day = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap();
        let holidays = Holidays::from([(2027, [(day, "元日".to_owned())].into())]);
        let text = with_holidays(BUILT_IN, &holidays);
        let calendar = BusinessCalendar::from_toml(&text).unwrap();
        assert_eq!(calendar.years().collect::<Vec<_>>(), [2026, 2027, 2028]);
        let constitution_day = NaiveDate::from_ymd_opt(2027, 5, 3).unwrap();
        assert_eq!(
            calendar.closure(constitution_day).unwrap(),
            None,
            "only what the list says"
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
