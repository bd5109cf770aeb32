//! The letter judged from outside: read back by poppler, word by word with its place on the sheet.

mod interrupted;
mod press;
mod reading;
mod refusal;
mod register;
mod remind;
mod sheet;
mod template;

use chrono::{DateTime, Utc};

use super::*;

const POINTS_PER_MM: f64 = 72.0 / 25.4;

fn run() -> RunText {
    specimen_run(printed_at())
}

/// 25 November in Tokyo, still the 24th in UTC.
fn printed_at() -> DateTime<Utc> {
    "2026-11-24T15:30:00Z".parse().unwrap()
}

fn specimen_pdf() -> Vec<u8> {
    render(&run(), &specimen_letters(), &Template::built_in())
        .unwrap()
        .to_vec()
}

/// A letter whose office has this name.
fn named(name: &str) -> Vec<LetterText> {
    let mut letters = specimen_letters();
    letters.truncate(1);
    letters[0].addressee.name = name.to_owned();
    letters
}
