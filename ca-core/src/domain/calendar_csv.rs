//! The Cabinet Office's list of national holidays, `syukujitsu.csv`.
//!
//! One line a day, `2026/1/1,元日`, below a heading; CP932, whole years, from 1955 to the last year
//! that is official.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{Datelike, NaiveDate};
use thiserror::Error;

use super::csv::{self, ByteError, DecodeError};
use super::text::{EnteredText, TextError, refused_character};

/// The list has some 1,100 lines of 20 bytes; anything much larger is another file.
const MOST_BYTES: usize = 1024 * 1024;

const HEADING: [&str; 2] = ["国民の祝日・休日月日", "国民の祝日・休日名称"];
const LONGEST_NAME: usize = 30;

/// Years of national holidays.
pub type Holidays = BTreeMap<i32, BTreeMap<NaiveDate, String>>;

/// Reads the list; years before `from_year` are left out.
///
/// # Errors
/// When it is another file, a line cannot be read, or a year that is taken is not whole (a download
/// that broke off would open the office on a holiday).
pub fn read(bytes: &[u8], from_year: i32) -> Result<Holidays, CalendarCsvError> {
    if bytes.len() > MOST_BYTES {
        return Err(CalendarCsvError::TooLarge);
    }
    let text = decode(bytes)?;
    let mut lines = text.lines().zip(1..);
    let heading = lines.next().map_or("", |(heading, _)| heading);
    if !heading.split(',').map(str::trim).eq(HEADING) {
        return Err(CalendarCsvError::Heading);
    }
    let mut holidays = Holidays::new();
    for (line, number) in lines.filter(|(line, _)| !line.trim_matches([',', ' ']).is_empty()) {
        let (day, name) = read_line(line, number)?;
        let named = holidays.entry(day.year()).or_default();
        if named.insert(day, name).is_some() {
            return Err(CalendarCsvError::Twice { line: number, day });
        }
    }
    holidays.retain(|year, _| *year >= from_year);
    whole_years(&holidays, from_year)?;
    Ok(holidays)
}

/// The years as tables for the calendar file.
#[must_use]
pub fn to_toml(holidays: &Holidays) -> String {
    let mut text = String::new();
    for (year, days) in holidays {
        let _ = writeln!(text, "\n[holidays.{year}]");
        for (day, name) in days {
            // Quotes and backslashes never come this far: `read_line` refuses them.
            let _ = writeln!(text, "\"{}\" = \"{name}\"", day.format("%m-%d"));
        }
    }
    text
}

/// Why the list is refused. Lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CalendarCsvError {
    /// Far larger than the list is.
    #[error("the file is larger than 1 MiB: this is not the Cabinet Office's syukujitsu.csv")]
    TooLarge,
    /// Neither Shift_JIS nor UTF-8.
    #[error("the file is neither Shift_JIS nor UTF-8 text; download syukujitsu.csv again")]
    Encoding,
    /// Bytes that are no text of a line.
    #[error("line {line} {reason}")]
    Bytes {
        /// The line.
        line: usize,
        /// What is wrong with it.
        reason: ByteError,
    },
    /// Another file.
    #[error(
        "the first line is not {:?}: this is not the Cabinet Office's syukujitsu.csv",
        HEADING.join(",")
    )]
    Heading,
    /// Not a date and a name.
    #[error("line {line} is not a date and a name such as 2026/1/1,元日")]
    Line {
        /// The line.
        line: usize,
    },
    /// The day has a character that cannot be seen or printed.
    #[error("line {line}: the day {reason}")]
    Day {
        /// The line.
        line: usize,
        /// Why.
        reason: TextError,
    },
    /// The name has characters that no text here may have.
    #[error("line {line}: the name {reason}")]
    Name {
        /// The line.
        line: usize,
        /// Why.
        reason: TextError,
    },
    /// One day, two lines.
    #[error("line {line}: {day} is listed twice")]
    Twice {
        /// The second line.
        line: usize,
        /// The day.
        day: NaiveDate,
    },
    /// A year without its first or last holiday.
    #[error(
        "the list of {year} is not whole (元日 or 勤労感謝の日 is missing); download syukujitsu.csv again"
    )]
    NotWhole {
        /// The year.
        year: i32,
    },
    /// Nothing left to take.
    #[error("the list has no holiday from {from_year} on; download the newest syukujitsu.csv")]
    NothingNew {
        /// The first year asked for.
        from_year: i32,
    },
}

/// UTF-8 where somebody converted the list; else CP932, as the Cabinet Office writes it.
fn decode(bytes: &[u8]) -> Result<String, CalendarCsvError> {
    match csv::decode(bytes) {
        Ok((_, text)) => Ok(text),
        Err(DecodeError::Lines(errors)) => Err(match errors.first() {
            Some((line, error)) => CalendarCsvError::Bytes {
                line: *line,
                reason: *error,
            },
            None => CalendarCsvError::Encoding,
        }),
        Err(DecodeError::NoText) => Err(CalendarCsvError::Encoding),
    }
}

fn read_line(text: &str, line: usize) -> Result<(NaiveDate, String), CalendarCsvError> {
    let wrong = CalendarCsvError::Line { line };
    let (day, name) = text.split_once(',').ok_or_else(|| wrong.clone())?;
    if name.contains([',', '"', '\\']) {
        return Err(wrong);
    }
    if let Some(reason) = refused_character(day) {
        return Err(CalendarCsvError::Day { line, reason });
    }
    let day = NaiveDate::parse_from_str(day.trim(), "%Y/%m/%d").map_err(|_| wrong)?;
    let name = EnteredText::parse(name, LONGEST_NAME)
        .map_err(|reason| CalendarCsvError::Name { line, reason })?;
    Ok((day, name.into()))
}

/// Every year has its first and its last holiday, and no year is left out.
fn whole_years(holidays: &Holidays, from_year: i32) -> Result<(), CalendarCsvError> {
    let (Some(first), Some(last)) = (holidays.keys().next(), holidays.keys().next_back()) else {
        return Err(CalendarCsvError::NothingNew { from_year });
    };
    let whole = |year: i32| {
        let days = holidays.get(&year)?;
        days.get(&NaiveDate::from_ymd_opt(year, 1, 1)?)?;
        days.get(&NaiveDate::from_ymd_opt(year, 11, 23)?)
    };
    match (*first..=*last).find(|year| whole(*year).is_none()) {
        Some(year) => Err(CalendarCsvError::NotWhole { year }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::SHIFT_JIS;

    use super::*;
    use crate::domain::calendar::{BUILT_IN, BusinessCalendar};

    const LIST: &str = "国民の祝日・休日月日,国民の祝日・休日名称\r\n\
        2028/1/1,元日\r\n2028/2/12,休日\r\n2028/11/23,勤労感謝の日\r\n\
        2029/1/1,元日\r\n2029/2/12,休日\r\n2029/11/23,勤労感謝の日\r\n";

    fn cp932(text: &str) -> Vec<u8> {
        SHIFT_JIS.encode(text).0.into_owned()
    }

    #[test]
    fn reads_the_list_as_published_and_as_converted() {
        let holidays = read(&cp932(LIST), 1955).unwrap();
        assert_eq!(holidays.keys().copied().collect::<Vec<_>>(), [2028, 2029]);
        assert_eq!(read(LIST.as_bytes(), 1955).unwrap(), holidays);
        assert_eq!(
            read(format!("\u{FEFF}{LIST}").as_bytes(), 1955).unwrap(),
            holidays
        );
    }

    #[test]
    fn a_year_written_as_toml_extends_the_calendar_file() {
        let holidays = read(&cp932(LIST), 2029).unwrap();
        let text = to_toml(&holidays);
        assert_eq!(
            text,
            "\n[holidays.2029]\n\"01-01\" = \"元日\"\n\"02-12\" = \"休日\"\n\"11-23\" = \"勤労感謝の日\"\n"
        );
        let calendar = BusinessCalendar::from_toml(&format!("{BUILT_IN}{text}")).unwrap();
        assert_eq!(calendar.years().last(), Some(2029));
    }

    #[test]
    fn what_is_not_the_list_is_refused_with_the_line() {
        let refused = |from: &str, to: &str| read(&cp932(&LIST.replacen(from, to, 1)), 2029);
        use CalendarCsvError as Error;
        assert_eq!(refused("国民の", ""), Err(Error::Heading));
        assert_eq!(
            refused("2029/2/12,", "2029/2/30,"),
            Err(Error::Line { line: 6 })
        );
        assert_eq!(
            refused("2029/2/12,", "2029/2/12\t"),
            Err(Error::Line { line: 6 })
        );
        assert_eq!(
            refused("休日\r\n2029/11", "\"休日\"\r\n2029/11"),
            Err(Error::Line { line: 6 })
        );
        assert_eq!(
            refused("2029/11/23,勤労感謝の日\r\n", ""),
            Err(Error::NotWhole { year: 2029 })
        );
        let day = NaiveDate::from_ymd_opt(2029, 1, 1).unwrap();
        assert_eq!(
            refused("2029/2/12", "2029/1/1"),
            Err(Error::Twice { line: 6, day })
        );
        assert_eq!(
            read(&cp932(LIST), 2030),
            Err(Error::NothingNew { from_year: 2030 })
        );
        let bytes = |line, reason| Err(Error::Bytes { line, reason });
        assert_eq!(
            read(b"\x82\x0A", 2025),
            bytes(1, ByteError::Undecodable(csv::Encoding::Cp932))
        );
        assert_eq!(read(b"a\0b", 2025), Err(Error::Encoding));
        assert_eq!(
            read(&cp932(&format!("{LIST}\u{1A}")), 2029),
            bytes(8, ByteError::CtrlZ)
        );
        assert_eq!(
            read(&cp932(&LIST.replace("\r\n", "\r")), 2029),
            bytes(1, ByteError::LoneCr)
        );
        let joined = format!("{LIST}\u{FEFF}2030/1/1,元日");
        assert_eq!(read(joined.as_bytes(), 2029), bytes(8, ByteError::Mark));
        assert_eq!(
            read(&vec![b' '; MOST_BYTES + 1], 2025),
            Err(Error::TooLarge)
        );
        assert_eq!(read(b"", 2025), Err(Error::Heading));
    }

    #[test]
    fn a_missing_year_between_two_is_noticed() {
        let gap = LIST.replace("2028/", "2027/");
        let refused = Err(CalendarCsvError::NotWhole { year: 2028 });
        assert_eq!(read(&cp932(&gap), 1955), refused);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200), line in 0..9_usize) {
            let _ = read(&bytes, 2025);
            let mut list = cp932(LIST);
            let at = list.len() * line / 9;
            list.splice(at..at, bytes);
            let _ = read(&list, 2025);
        }
    }
}
