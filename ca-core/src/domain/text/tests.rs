//! Tests of person-entered text.

use proptest::prelude::*;

use super::*;

fn parse(entered: &str) -> Result<String, TextError> {
    EnteredText::parse(entered, 64).map(String::from)
}

fn refused(entered: &str) -> (u32, usize, RefusedKind) {
    match parse(entered) {
        Err(TextError::Refused {
            character,
            position,
            kind,
        }) => (u32::from(character), position, kind),
        other => panic!("{entered:?}: {other:?}"),
    }
}

#[test]
fn japanese_names_come_through_unchanged() {
    for name in [
        "髙﨑①㈱",
        "社会福祉法人　印鑑会",
        "𠮷野家",
        "ﾃｽﾄ",
        "福祉・神社・塚",
        "Ａ棟～２Ｆ",
        "O'Neill & Söhne",
    ] {
        assert_eq!(parse(name).unwrap(), name);
    }
}

#[test]
fn spaces_around_go_and_decomposed_kana_are_composed() {
    assert_eq!(parse(" \u{3000}印鑑 会\u{3000} ").unwrap(), "印鑑 会");
    assert_eq!(parse("か\u{3099}き\u{3099}").unwrap(), "がぎ");
    assert_eq!(parse("\u{FA10}は\u{309A}").unwrap(), "\u{FA10}ぱ");
}

#[test]
fn every_refused_kind_is_named_with_its_place() {
    use RefusedKind as Kind;
    for (text, expected) in [
        ("a\tb", (0x9, 2, Kind::Control)),
        ("印鑑\r\n会", (0xD, 3, Kind::Control)),
        ("\u{0}", (0, 1, Kind::Control)),
        ("a\u{85}b", (0x85, 2, Kind::Control)),
        ("a\u{2028}b", (0x2028, 2, Kind::Control)),
        ("ab\u{202E}c", (0x202E, 3, Kind::Direction)),
        ("\u{2066}a", (0x2066, 1, Kind::Direction)),
        ("\u{200E}a", (0x200E, 1, Kind::Direction)),
        ("a\u{200B}b", (0x200B, 2, Kind::Invisible)),
        ("\u{FEFF}a", (0xFEFF, 1, Kind::Invisible)),
        ("a\u{AD}b", (0xAD, 2, Kind::Invisible)),
        ("葛\u{E0100}", (0xE0100, 2, Kind::Invisible)),
        ("a\u{E0041}", (0xE0041, 2, Kind::Invisible)),
        ("\u{3164}", (0x3164, 1, Kind::Invisible)),
        ("a\u{A0}b", (0xA0, 2, Kind::UnusualSpace)),
        ("外\u{E000}字", (0xE000, 2, Kind::PrivateUse)),
        ("\u{10FFFD}", (0x10_FFFD, 1, Kind::PrivateUse)),
        ("a\u{378}", (0x378, 2, Kind::Unassigned)),
        ("a\u{FFFE}", (0xFFFE, 2, Kind::Unassigned)),
        ("文字\u{FFFD}", (0xFFFD, 3, Kind::Lost)),
    ] {
        assert_eq!(refused(text), expected, "{text:?}");
    }
}

#[test]
fn errors_say_what_and_where_in_both_languages() {
    let error = parse("外\u{E000}").unwrap_err();
    assert_eq!(
        error.to_string(),
        "has the private-use character U+E000 at character 2; remove it or write it otherwise"
    );
    assert!(
        error
            .japanese()
            .starts_with("2文字目に使えない文字があります（外字 U+E000）")
    );
}

#[test]
fn length_counts_characters_after_composing() {
    assert_eq!(parse(&"𠮷".repeat(64)).unwrap().chars().count(), 64);
    assert_eq!(parse(&"か\u{3099}".repeat(64)).unwrap().chars().count(), 64);
    let too_long = |length| {
        Err(TextError::TooLong {
            length,
            longest: 64,
        })
    };
    assert_eq!(parse(&"字".repeat(65)), too_long(65));
    assert_eq!(parse(&"字".repeat(1_000_000)), too_long(1600));
    assert_eq!(parse(" \u{3000}"), Err(TextError::Empty));
}

#[test]
fn formulas_are_refused_at_entry_and_tamed_at_export() {
    for formula in [
        "=1+1", "+81", "-1", "@SUM(A1)", "\tx", "\rx", "＝cmd", "＋", "－", "＠x",
    ] {
        assert!(
            matches!(refuse_formula(formula), Err(TextError::Formula(_))),
            "{formula:?}"
        );
        assert_eq!(spreadsheet_safe(formula), format!("'{formula}"));
    }
    for plain in ["", "a=b", "１－２", "印鑑", "'", "ー"] {
        assert_eq!(refuse_formula(plain), Ok(()), "{plain:?}");
        assert_eq!(spreadsheet_safe(plain), plain);
    }
    assert_eq!(spreadsheet_safe(" =1"), "' =1");
}

#[test]
fn half_width_folds_signs_and_leaves_kana() {
    let folded: String = "ＡｚＺ０９＠～\u{3000}アｱ漢"
        .chars()
        .map(half_width)
        .collect();
    assert_eq!(folded, "AzZ09@~ アｱ漢");
}

proptest! {
    #[test]
    fn what_was_accepted_is_stored_and_read_back_the_same(entered in any::<String>()) {
        if let Ok(text) = EnteredText::parse(&entered, 64) {
            prop_assert_eq!(EnteredText::try_from(text.as_str().to_owned()), Ok(text.clone()));
            prop_assert!(text.as_str().chars().all(|c| !c.is_control()));
            prop_assert!((1..=64).contains(&text.as_str().chars().count()));
            let json = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(serde_json::from_str::<EnteredText>(&json).unwrap(), text);
        }
    }

    #[test]
    fn no_exported_cell_begins_a_formula(cell in "[=+@\\-\t\r\n a＝]{0,4}") {
        let safe = spreadsheet_safe(&cell);
        prop_assert!(refuse_formula(&safe).is_ok());
        prop_assert!(safe.ends_with(&cell));
    }
}
