//! Files of delegations as staff writes them, and as they should not be.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::domain::delegation::{DayError, DelegationReason};

fn read_text(text: &str) -> Result<Vec<DelegationLine>, Vec<LineError>> {
    read(text.as_bytes(), &Classes::default())
}

const HEADING: &str = "office,agent,from,to";

#[test]
fn the_document_says_what_the_reader_does() {
    let document = include_str!("../../../../docs/agents.md");
    let (_, example) = document.split_once("```csv\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let lines = read_text(example).unwrap();
    assert_eq!(lines[0].details.office.as_str(), "KJ2700000001");
    assert_eq!(lines[0].details.agent.as_str(), "HD2700000009");
    assert_eq!(
        lines[0].details.period.first_day(),
        NaiveDate::from_ymd_opt(2026, 4, 1).unwrap()
    );
    assert_eq!(lines[1].details.period.last_day(), None);
    for field in DelegationField::ALL {
        let required = if field.is_required() { "yes" } else { "no" };
        let row = format!("| {} | {} | {required} |", field.japanese(), field.name());
        assert!(document.contains(&row), "{row}");
    }
}

#[test]
fn both_encodings_are_read() {
    let text = "事業所,代理人,開始日,終了日\r\nＫＪ2700000001,HD2700000009,２０２６年４月１日,2027/3/31\r\n";
    let (cp932, _, lossy) = encoding_rs::SHIFT_JIS.encode(text);
    assert!(!lossy);
    let marked = [b"\xEF\xBB\xBF", text.as_bytes()].concat();
    for bytes in [text.as_bytes(), &cp932, &marked] {
        let lines = read(bytes, &Classes::default()).unwrap();
        assert_eq!((lines.len(), lines[0].line), (1, 2));
    }
}

#[test]
fn every_bad_line_is_named_with_column_and_reason() {
    let text = format!(
        "{HEADING}\n\
         KJ2700000001,HD2700000009,2026-04-01,\n\
         KJ2700000002,HD2700000009,2026-02-31,\n\
         KJ2700000003,HD2700000009,2026-04-02,2026-04-01\n\
         HD2700000004,KJ2700000009,2026-04-01,\n\
         XX2700000005,HD2700000009,,soon\n\
         KJ2700000006,HD2700000009\n\
         \"KJ2700000007,HD2700000009,2026-04-01,\n"
    );
    let errors = read_text(&text).unwrap_err();
    let said: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let places = [
        "line 3, from: is a day that the calendar does not have",
        "line 4, to: the last day is before",
        "line 5, office: HD2700000004 is an agent",
        "line 5, agent: KJ2700000009 is no agent; the classes of agents are: HD",
        "line 6, office: ",
        "line 6, from: is empty",
        "line 6, to: is no day",
        "line 7: has 2 cells where the first line has 4",
        "line 8: cell 1 opens a quotation mark",
    ];
    assert_eq!(said.len(), places.len(), "{said:#?}");
    for (said, place) in said.iter().zip(places) {
        assert!(said.starts_with(place), "{said} for {place}");
    }
    assert_eq!(
        errors[0].japanese(),
        format!("3行目「開始日」：{}", DayError::NoSuchDay.japanese())
    );
    assert_eq!(
        errors[0].reason,
        LineReason::Field(DelegationReason::Day(DayError::NoSuchDay))
    );
}

#[test]
fn what_other_programs_leave_in_a_file_is_named() {
    let row = "KJ2700000001,HD2700000009,2026-04-01,";
    for (text, named) in [
        (
            format!("{HEADING}\n{row}\n\u{1A}"),
            "line 3: has Ctrl-Z (U+001A)",
        ),
        (
            format!("{HEADING}\r{row}\r"),
            "line 1: has a carriage return (CR",
        ),
        (
            format!("{HEADING}\n\u{FEFF}{row}\n"),
            "line 2: has a byte order mark (U+FEFF)",
        ),
        (
            format!("{HEADING}\n{}\n", row.replace("KJ", "KJ\u{200B}")),
            "line 2, office: the user ID has the invisible",
        ),
        (
            format!("{HEADING}\n{}\n", row.replace("04-01", "04-01\u{200B}")),
            "line 2, from: has the invisible character",
        ),
        (
            format!("off\u{AD}ice,agent,from\n{row}\n"),
            "line 1: the column name \"off\\u{ad}ice\" has the invisible",
        ),
    ] {
        let errors = read_text(&text).unwrap_err();
        assert!(
            errors[0].to_string().starts_with(named),
            "{text:?}: {errors:?}"
        );
    }
}

#[test]
fn headings_are_held_to_the_document() {
    for (text, said) in [
        ("", "the first line must hold"),
        ("\n", "the first line must hold"),
        (HEADING, "no delegations below"),
        ("a,b\n", "the first line must hold"),
        ("office,agent\nx,y\n", "the column from is missing"),
        ("office,agent,from,from\n", "the column from is there twice"),
        ("office,agent,from,till\n", "there is no column \"till\""),
        ("office\0", "is not UTF-8 or Shift_JIS"),
    ] {
        let errors = read_text(text).unwrap_err();
        assert!(
            errors.iter().any(|error| error.to_string().contains(said)),
            "{text:?}: {errors:?}"
        );
    }
    let large = vec![b'x'; MOST_BYTES + 1];
    let errors = read(&large, &Classes::default()).unwrap_err();
    assert_eq!(errors, [LineError::of_file(LineReason::TooLarge)]);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut file = format!("{HEADING}\n").into_bytes();
        file.extend(&bytes);
        let _ = read(&file, &Classes::default());
        let _ = read(&bytes, &Classes::default());
    }
}
