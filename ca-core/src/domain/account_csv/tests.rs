//! Tests of the reader of account files.

use encoding_rs::SHIFT_JIS;
use proptest::prelude::*;

use super::*;
use crate::domain::account::{
    AccountFacts, AccountFieldReason, LONGEST_LINE, LONGEST_NAME, Update,
};
use crate::domain::csv::ByteError;
use crate::domain::text::TextError;

const HEADING: &str = "ユーザID,名称,郵便番号,住所1,住所2,住所3,宛名,メールアドレス";
const ROW: &str =
    "KJ2700000001,髙﨑①㈱,100-0001,東京都千代田区１－１,～ビル,,御中,office@example.jp";

fn read_bytes(bytes: &[u8]) -> Result<AccountFile, Vec<LineError>> {
    read(bytes, &Classes::default(), CsvLimits::default())
}

fn read_text(text: &str) -> Result<AccountFile, Vec<LineError>> {
    read_bytes(text.as_bytes())
}

/// Every fault as the command line prints it.
fn faults(text: &str) -> Vec<String> {
    let errors = read_text(text).unwrap_err();
    errors.iter().map(ToString::to_string).collect()
}

#[test]
fn utf8_with_and_without_mark_and_cp932_give_the_same_accounts() {
    let text = format!("{HEADING}\r\n{ROW}\r\n");
    let utf8 = read_text(&text).unwrap();
    assert_eq!(utf8.encoding, Encoding::Utf8);
    let details = &utf8.lines[0].details;
    assert_eq!((utf8.lines[0].line, details.name.as_str()), (2, "髙﨑①㈱"));
    let facts = AccountFacts::of_new(details);
    assert_eq!(facts.address_text(), "東京都千代田区１－１\n～ビル");
    assert_eq!(facts.recipient.as_deref(), Some("御中"));
    assert_eq!(facts.mail_address.as_deref(), Some("office@example.jp"));
    assert_eq!(read_text(&format!("\u{FEFF}{text}")).unwrap(), utf8);
    let (cp932, _, lost) = SHIFT_JIS.encode(&text);
    assert!(!lost);
    let cp932 = read_bytes(&cp932).unwrap();
    assert_eq!(cp932.encoding, Encoding::Cp932);
    assert_eq!(cp932.lines, utf8.lines);
}

#[test]
fn english_names_any_order_any_width_and_only_the_required_columns() {
    let file = read_text(
        "Ａｄｄｒｅｓｓ1,NAME, user_id ,郵便番号\n東京都,\"Smith, \"\"S\"\"\",hd0000000001,1000001",
    )
    .unwrap();
    let details = &file.lines[0].details;
    assert_eq!(details.name, "Smith, \"S\"");
    assert_eq!(
        (details.user_id.as_str(), &details.mail_address),
        ("HD0000000001", &Update::Keep)
    );
}

#[test]
fn rows_that_a_spreadsheet_emptied_are_skipped_but_counted_as_lines() {
    let file = read_text(&format!("{HEADING},,\n,,,,,,,\n\n{ROW},,\n \n")).unwrap();
    assert_eq!(file.lines.len(), 1);
    assert_eq!(file.lines[0].line, 4);
}

#[test]
fn every_bad_line_is_named_and_nothing_is_read() {
    let text = format!(
        "{HEADING}\n{ROW}\nKJ27,=cmd,60001,,,,,a@b\n{ROW}\nHJ2700000002,a,b\nHJ2700000003,\"two\nlines\",1000001,x,,,,\n"
    );
    assert_eq!(
        faults(&text),
        [
            "line 3, user_id: a user ID is two letters and ten digits, such as KJ2700000001",
            "line 3, name: begins with '=', which a spreadsheet runs as a formula; begin with another character",
            "line 3, postal_code: a postal code is seven digits, such as 100-0001; spreadsheets drop leading zeros",
            "line 3, address1: is empty",
            "line 3, mail_address: after the @ comes a domain name with a dot, such as example.jp",
            "line 4: KJ2700000001 is in line 2 already; keep one",
            "line 5: has 3 cells where the first line has 8; quote cells that hold a comma",
            "line 6: cell 2 opens a quotation mark that the line does not close; a cell cannot hold a line break",
            "line 7: cell 1 has a quotation mark in the middle; quote the whole cell and double the mark",
        ]
    );
}

#[test]
fn a_fault_reads_well_in_japanese() {
    let errors = read_text(&format!("{HEADING}\nKJ2700000001,,100-0001,x,,,,\n")).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(errors[0].japanese(), "2行目「名称」：入力されていません");
    let reason = LineReason::Field(AccountFieldReason::Text(TextError::Empty));
    assert_eq!(errors[0].reason, reason);
    let errors = read_text(HEADING).unwrap_err();
    assert_eq!(errors[0].japanese(), "列名の下に登録する行がありません");
}

#[test]
fn a_heading_that_cannot_be_used_is_the_only_fault() {
    for (heading, fault) in [
        (
            "",
            "line 1: the first line must hold the column names: user_id,name,postal_code,address1 and so on",
        ),
        (
            "\nuser_id,name,postal_code,address1",
            "line 1: the first line must hold the column names: user_id,name,postal_code,address1 and so on",
        ),
        (
            ROW,
            "line 1: the first line must hold the column names: user_id,name,postal_code,address1 and so on",
        ),
        (
            "user_id,name,postal_code",
            "line 1: the column address1 is missing",
        ),
        (
            "user_id,name,postal_code,address1,名称",
            "line 1: the column name is there twice; keep one",
        ),
        (
            "user_id,name,postal_code,address1,電話",
            "line 1: there is no column \"電話\"; known are user_id, name, postal_code, address1, address2, address3, recipient, mail_address, community_support",
        ),
    ] {
        assert_eq!(faults(&format!("{heading}\nx,y\n")), [fault], "{heading:?}");
    }
}

#[test]
fn undecodable_bytes_are_named_with_their_line() {
    let mut bytes = format!("{HEADING}\n{ROW}\n").into_bytes();
    bytes.extend(b"HJ2700000002,\xE5\x90,100-0001,x,,,,\n");
    let errors = read_bytes(&bytes).unwrap_err();
    let encoding = Encoding::Utf8;
    assert_eq!(
        errors,
        [LineError::of_line(
            3,
            ByteError::Undecodable(encoding).into()
        )]
    );

    let mut bytes = SHIFT_JIS
        .encode(&format!("{HEADING}\n{ROW}\n"))
        .0
        .into_owned();
    bytes.extend(b"HJ2700000002,\x81\xFF,100-0001,x,,,,\nHJ2700000003,\xFF\n");
    let encoding = Encoding::Cp932;
    let errors = read_bytes(&bytes).unwrap_err();
    let undecodable = |line| LineError::of_line(line, ByteError::Undecodable(encoding).into());
    assert_eq!(errors, [undecodable(3), undecodable(4)]);
}

#[test]
fn what_other_programs_leave_in_a_file_is_named() {
    let ctrl_z = "has Ctrl-Z (U+001A)";
    let lone_cr = "has a carriage return (CR, U+000D) without a line feed";
    let mark = "has a byte order mark (U+FEFF) that does not begin the file";
    for (text, place, named) in [
        (format!("{HEADING}\n{ROW}\n\u{1A}"), "line 3: ", ctrl_z),
        (format!("{HEADING}\r\n{ROW}\u{1A}"), "line 2: ", ctrl_z),
        (
            format!("{HEADING}\r\n{ROW}\r\n\u{1A}\u{1A}\r\n"),
            "line 3: ",
            ctrl_z,
        ),
        (format!("{HEADING}\r{ROW}\r"), "line 1: ", lone_cr),
        (format!("{HEADING}\r\r\n{ROW}\n"), "line 1: ", lone_cr),
        (
            format!("{HEADING}\n{ROW}\rHJ2700000002,a\n"),
            "line 2: ",
            lone_cr,
        ),
        (format!("{HEADING}\n\u{FEFF}{ROW}\n"), "line 2: ", mark),
        (
            format!("\u{FEFF}\u{FEFF}{HEADING}\n{ROW}\n"),
            "line 1: ",
            mark,
        ),
        (
            format!("{HEADING}\n{}\n", ROW.replace("01,", "01\u{200B},")),
            "line 2, user_id: ",
            "the user ID has the invisible character U+200B at character 13",
        ),
        (
            format!(
                "{HEADING}\n{}\n",
                ROW.replace("100-0001", "100-0001\u{200E}")
            ),
            "line 2, postal_code: ",
            "has the direction mark U+200E at character 9",
        ),
        (
            format!(
                "{HEADING}\n{}\n",
                ROW.replace("example.jp", "example.jp\u{2060}")
            ),
            "line 2, mail_address: ",
            "has the invisible character U+2060 at character 18",
        ),
        (
            format!("{}\n{ROW}\n", HEADING.replace("名称", "名称\u{200B}")),
            "line 1: ",
            "the column name \"名称\\u{200b}\" has the invisible character U+200B at character 3",
        ),
    ] {
        let found = faults(&text);
        let expected = format!("{place}{named}");
        assert!(found[0].starts_with(&expected), "{text:?}: {found:?}");
        let japanese = read_text(&text).unwrap_err()[0].japanese();
        assert!(japanese.contains("U+"), "{japanese}");
    }
    let joined = [
        SHIFT_JIS
            .encode(&format!("{HEADING}\n{ROW}\n"))
            .0
            .into_owned(),
        "\u{FEFF}a".into(),
    ];
    let errors = read_bytes(&joined.concat()).unwrap_err();
    assert_eq!(errors, [LineError::of_line(3, ByteError::Mark.into())]);
}

#[test]
fn the_users_own_characters_of_cp932_are_refused_by_name() {
    let mut bytes = SHIFT_JIS
        .encode(&format!("{HEADING}\nKJ2700000001,外字"))
        .0
        .into_owned();
    bytes.extend(b"\xF0\x40,100-0001,x,,,,\n");
    let errors = read_bytes(&bytes).unwrap_err();
    assert_eq!(
        errors[0].to_string(),
        "line 2, name: has the private-use character U+E000 at character 3; remove it or write it otherwise"
    );
}

#[test]
fn utf16_and_files_beyond_the_limits_are_refused_as_a_whole() {
    let utf16: Vec<u8> = "\u{FEFF}user_id"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(
        read_bytes(&utf16).unwrap_err(),
        [LineError::of_file(LineReason::Utf16)]
    );
    assert_eq!(
        read_bytes(b"PK\0\0").unwrap_err(),
        [LineError::of_file(LineReason::Utf16)]
    );

    let text = format!("{HEADING}\n{ROW}\nHJ2700000002,a,1000001,x,,,,\n");
    let limited = |bytes, accounts| {
        read(
            text.as_bytes(),
            &Classes::default(),
            CsvLimits { bytes, accounts },
        )
    };
    assert_eq!(
        limited(10, 9).unwrap_err(),
        [LineError::of_file(LineReason::TooLarge { most: 10 })]
    );
    let too_many = LineError::of_line(3, LineReason::TooMany { most: 1 });
    assert_eq!(limited(9999, 1).unwrap_err(), [too_many]);
    assert!(limited(9999, 2).is_ok());
}

#[test]
fn the_document_says_what_the_reader_does() {
    let document = include_str!("../../../../docs/accounts-csv.md");
    let (_, example) = document.split_once("```csv\n").unwrap();
    let (example, _) = example.split_once("```").unwrap();
    let file = read_text(example).unwrap();
    assert_eq!(file.lines[1].details.name, "Agents \"One\", Ltd.");
    for field in AccountField::ALL {
        let required = if field.is_required() { "yes" } else { "no" };
        let row = format!("| {} | {} | {required} |", field.japanese(), field.name());
        assert!(document.contains(&row), "{row}");
    }
    assert!(document.contains(&format!("at most {LONGEST_NAME} characters")));
    assert!(document.contains(&format!("at most {LONGEST_LINE} characters")));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut file = format!("{HEADING}\n").into_bytes();
        file.extend(&bytes);
        let _ = read_bytes(&file);
        let _ = read_bytes(&bytes);
    }

    #[test]
    fn accounts_and_faults_add_up(rows in proptest::collection::vec((0..20_u8, any::<bool>()), 1..30)) {
        let mut text = HEADING.to_owned();
        for (number, good) in &rows {
            let name = if *good { "名" } else { "" };
            text += &format!("\nKJ27000000{number:02},{name},1000001,x,,,,");
        }
        let mut numbers: Vec<u8> = rows.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let wrong = rows.iter().filter(|(_, good)| !good).count() + rows.len() - numbers.len();
        match read_text(&text) {
            Ok(file) => prop_assert!(wrong == 0 && file.lines.len() == rows.len()),
            Err(errors) => prop_assert_eq!(errors.len(), wrong),
        }
    }
}
