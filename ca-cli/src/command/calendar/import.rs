//! `ca-cli calendar import`: the Cabinet Office's holidays into the calendar file.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use ca_core::domain::calendar::BusinessCalendar;
use ca_core::domain::calendar_csv::{self, Holidays};
use ca_core::domain::time::tokyo;
use chrono::{Datelike, NaiveDate};
use toml_edit::{DocumentMut, Item, Key, Table, TableLike, Value, value};

use crate::desk::Desk;
use crate::file::{called, is_standard_output, words, write_public};

pub(super) fn run(
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
    let (text, changes) = with_holidays(&desk.calendar_text()?, &holidays)?;
    BusinessCalendar::from_toml(&text)?;
    if is_standard_output(to) {
        out.write_all(text.as_bytes())?;
    } else {
        write_public(to, text.as_bytes())?;
    }
    let mut out = words(to, out);
    let years: Vec<String> = holidays.keys().map(ToString::to_string).collect();
    writeln!(
        out,
        "{} written with the holidays of {}.",
        called(to),
        years.join(", ")
    )?;
    for change in changes {
        writeln!(out, "  {change}")?;
    }
    writeln!(
        out,
        "Name it in the configuration: [calendar] file = \"{}\"",
        to.display()
    )?;
    Ok(())
}

/// The calendar file with the holidays of these years in the place of its own, and what that changes in years that it
/// had. Comments, order and all else stay.
fn with_holidays(text: &str, holidays: &Holidays) -> anyhow::Result<(String, Vec<String>)> {
    let mut file: DocumentMut = text.parse().context("the calendar file")?;
    let years = file.entry("holidays").or_insert_with(|| {
        let mut years = Table::new();
        years.set_implicit(true);
        Item::Table(years)
    });
    let years = years.as_table_like_mut();
    let years = years.context("the calendar file: holidays is no table")?;
    let mut changes = Vec::new();
    for (year, days) in holidays {
        let key = year.to_string();
        match years.get_mut(&key) {
            Some(own) => {
                let own = own.as_table_like_mut();
                let own = own.with_context(|| format!("the calendar file: {year} is no table"))?;
                replace_days(*year, own, days, &mut changes)?;
            }
            None => {
                let alone = Holidays::from([(*year, days.clone())]);
                let mut alone: DocumentMut = calendar_csv::to_toml(&alone).parse()?;
                let table = alone
                    .get_mut("holidays")
                    .and_then(|years| years.get_mut(&key));
                let mut table = table.map(std::mem::take).unwrap_or_default();
                if let Some(table) = table.as_table_mut() {
                    table.set_position(usize::MAX);
                }
                years.insert(&key, table);
            }
        }
    }
    let written = file.to_string();
    let written = match text.contains("\r\n") {
        true => written.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => written,
    };
    Ok((written, changes))
}

/// Makes the days of a year those of the list; a day that stays keeps its place and its comment.
fn replace_days(
    year: i32,
    own: &mut dyn TableLike,
    days: &BTreeMap<NaiveDate, String>,
    changes: &mut Vec<String>,
) -> anyhow::Result<()> {
    let days: BTreeMap<String, &String> = days
        .iter()
        .map(|(day, name)| (day.format("%m-%d").to_string(), name))
        .collect();
    let known: Vec<String> = own.iter().map(|(day, _)| day.to_owned()).collect();
    let in_order = known.is_sorted();
    for day in known.iter().filter(|day| !days.contains_key(*day)) {
        let gone = own.remove(day);
        let gone = gone.as_ref().and_then(Item::as_str).unwrap_or_default();
        changes.push(format!("- {year}-{day} {gone}"));
    }
    for (day, &name) in &days {
        let Some(old) = own.get_mut(day).and_then(Item::as_value_mut) else {
            let key: Key = format!("\"{day}\"").parse()?;
            own.entry_format(&key).or_insert(value(name));
            changes.push(format!("+ {year}-{day} {name}"));
            continue;
        };
        if old.as_str() == Some(name) {
            continue;
        }
        let was = old.as_str().unwrap_or_default();
        changes.push(format!("~ {year}-{day} {was} → {name}"));
        let decor = old.decor().clone();
        *old = Value::from(name);
        *old.decor_mut() = decor;
    }
    if in_order {
        own.sort_values();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use ca_core::domain::calendar::BUILT_IN;

    use super::*;

    fn list(year: i32, days: &[(u32, u32, &str)]) -> Holidays {
        let day = |(month, day, name): &(u32, u32, &str)| {
            let date = NaiveDate::from_ymd_opt(year, *month, *day).unwrap();
            (date, (*name).to_owned())
        };
        Holidays::from([(year, days.iter().map(day).collect())])
    }

    #[test]
    fn imported_years_replace_their_own_and_leave_the_others() {
        let (text, changes) = with_holidays(BUILT_IN, &list(2027, &[(1, 1, "元日")])).unwrap();
        let calendar = BusinessCalendar::from_toml(&text).unwrap();
        assert_eq!(calendar.years().collect::<Vec<_>>(), [2026, 2027, 2028]);
        let constitution_day = NaiveDate::from_ymd_opt(2027, 5, 3).unwrap();
        assert_eq!(
            calendar.closure(constitution_day).unwrap(),
            None,
            "only what the list says"
        );
        assert!(
            changes.contains(&"- 2027-05-03 憲法記念日".to_owned()),
            "{changes:?}"
        );
    }

    #[test]
    fn a_year_is_replaced_however_the_file_writes_it_and_all_else_stays() {
        let head = "weekdays = [\"mon\"]\nopening = \"08:30\" # early\nclosing = \"17:15\"\n";
        let days = [
            (1, 1, "元日"),
            (2, 11, "建国記念の日"),
            (11, 23, "勤労感謝の日"),
        ];
        for (year, kept) in [
            (
                "[holidays.2027] # official\n\"01-01\" = \"元旦\" # name\n\"05-03\" = \"x\"\n",
                "\"元日\" # name",
            ),
            (
                "[ holidays . \"2027\" ]\n\"01-01\" = \"元日\"\n# [holidays.2027]\n\"02-11\" = \"x\"\n",
                "# [holidays.2027]",
            ),
            (
                "[holidays]\n2027 = { \"01-01\" = \"元旦\" } # inline\n",
                "# inline",
            ),
            (
                "[holidays]\n2027.\"01-01\" = \"元旦\" # dotted\n",
                "# dotted",
            ),
            (
                "[holidays.2027]\n\"01-01\" = \"\"\"\n[holidays.2027]\"\"\"\n",
                "[holidays.2027]",
            ),
        ] {
            let rest = "\n# ours\n[[closed]] # ours too\ndate = \"2027-08-14\"\nname = \"夏季\"\n# the end\n";
            let text = format!("{head}{year}{rest}");
            let (written, changes) = with_holidays(&text, &list(2027, &days)).unwrap();
            assert!(
                written.starts_with(head) && written.ends_with(rest),
                "{written}"
            );
            assert!(written.contains(kept), "{written}");
            assert!(!changes.is_empty());
            BusinessCalendar::from_toml(&written).unwrap();
            let (again, changes) = with_holidays(&written, &list(2027, &days)).unwrap();
            assert_eq!((again, changes), (written, vec![]));
        }
    }

    #[test]
    fn a_new_year_comes_after_the_known_ones_and_line_ends_stay() {
        let text = BUILT_IN.replace('\n', "\r\n");
        let (written, changes) = with_holidays(&text, &list(2029, &[(1, 1, "元日")])).unwrap();
        assert_eq!(
            written,
            format!("{text}\r\n[holidays.2029]\r\n\"01-01\" = \"元日\"\r\n")
        );
        assert_eq!(changes, Vec::<String>::new());
        assert!(with_holidays("holidays = 1", &list(2029, &[])).is_err());
    }
}
