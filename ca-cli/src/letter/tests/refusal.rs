//! What is refused, and what is printed as it stands.

use secrecy::SecretString;

use super::reading::text;
use super::*;

#[test]
fn a_character_without_a_glyph_is_named_before_anything_is_rendered() {
    let letters = named("𠮷田介護");
    // The template is broken: had it been run, its error would have come first.
    let template = Template {
        source: "#panic()".to_owned(),
        ..Template::built_in()
    };
    let error = render(&run(), &letters, &template).unwrap_err();
    let LetterError::MissingGlyphs(missing) = &error else {
        panic!("{error}")
    };
    assert_eq!(missing.len(), 1);
    assert_eq!(missing[0].user_id.as_deref(), Some("KJ2700000001"));
    assert_eq!(missing[0].character, '𠮷');
    for expected in [
        "KJ2700000001",
        "名称 name",
        "「𠮷」",
        "U+20BB7",
        "[letter] fonts",
    ] {
        assert!(
            error.to_string().contains(expected),
            "{expected} is missing in: {error}"
        );
    }
}

#[test]
fn every_missing_character_is_named_at_once() {
    let mut letters = specimen_letters();
    letters[0].addressee.address[0].push_str("𠮷𠮷");
    letters[1].addressee.recipient = Some("土\u{200d}田".to_owned());
    let mut run = run();
    run.sender.name.push('🏥');
    let LetterError::MissingGlyphs(missing) =
        render(&run, &letters, &Template::built_in()).unwrap_err()
    else {
        panic!("another error")
    };
    let found: Vec<char> = missing.iter().map(|glyph| glyph.character).collect();
    assert_eq!(found, ['🏥', '𠮷', '\u{200d}']);
}

#[test]
fn names_that_japanese_offices_really_have_are_printed() {
    let name = "髙﨑①㈱はしご～徳・濵・邊（有）Ⅲ號神";
    assert!(
        text(&render(&run(), &named(name), &Template::built_in()).unwrap())
            .contains("髙﨑①㈱はしご")
    );
}

#[test]
fn typst_source_in_the_data_is_only_text() {
    let name = "#import \"x\" *a* $b$ @c <d> \\ `e` //f";
    let mut letters = named(name);
    letters[0].addressee.address = vec!["#panic() = /* ] ) }".to_owned()];
    letters[0].login_password = SecretString::from("#a*$_`<@");
    let printed = text(&render(&run(), &letters, &Template::built_in()).unwrap());
    let flat = printed.replace('\n', " ");
    for expected in [
        "#import \"x\" *a* $b$",
        "`e` //f",
        "#panic() = /* ] ) }",
        "#a*$ _`<@",
    ] {
        assert!(
            flat.contains(expected),
            "{expected} is missing in:\n{printed}"
        );
    }
}

#[test]
fn an_address_that_cannot_fit_names_its_account() {
    let letters = named(&"長い名称の事業所".repeat(25));
    let error = render(&run(), &letters, &Template::built_in()).unwrap_err();
    assert!(
        matches!(&error, LetterError::AddressTooLong { user_id } if user_id == "KJ2700000001"),
        "{error}"
    );
}

#[test]
fn the_longest_entries_of_an_ordinary_register_fit() {
    let mut letters = named(&"社会福祉法人見本会".repeat(5));
    letters[0].addressee.address = vec![
        "見本県見本市中央区一丁目".repeat(2),
        "別館".repeat(10),
        "二階".repeat(5),
    ];
    render(&run(), &letters, &Template::built_in()).unwrap();
}

#[test]
fn an_address_and_a_sender_stay_in_their_boxes_sideways_too() {
    let long = "Supercalifragilisticexpialidocious".repeat(2);
    let long: String = long.chars().take(44).collect();
    let mut letters = named(&long);
    letters[0].addressee.address = vec!["W".repeat(50), "ー".repeat(20)];
    let mut run = run();
    run.sender.name_en = "PrefecturalReviewFederation".repeat(4);
    run.sender.address =
        vec!["Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch".to_owned()];
    run.site_address = format!("https://ca.{}.example.jp/", "long".repeat(15));
    let pdf = render(&run, &letters, &Template::built_in()).unwrap();
    if let Ok(folder) = std::env::var("INKAN_GALLERY") {
        std::fs::write(format!("{folder}/long-words.pdf"), &*pdf).unwrap();
    }
    for word in super::reading::words(&pdf) {
        let window = word.left < 115.0 && word.top < 60.0;
        let sender = word.left >= 115.0 && word.top > 26.0 && word.top < 60.0;
        assert!(!window || word.right <= 85.2, "out of the window: {word:?}");
        let seal = word.left >= 175.0;
        assert!(
            !sender || seal || word.right <= 173.3,
            "into the seal: {word:?}"
        );
        assert!(word.right <= 191.0, "{word:?}");
    }
    run.sender.address = vec!["見本県見本市".repeat(120)];
    let error = render(&run, &letters, &Template::built_in()).unwrap_err();
    assert!(
        matches!(&error, LetterError::BlockTooLong(block) if block == "sender"),
        "{error}"
    );
}

#[test]
fn a_run_of_characters_that_may_not_be_parted_is_refused_and_not_cut() {
    let mut letters = named("青空");
    letters[0].addressee.address = vec!["…".repeat(50)];
    match render(&run(), &letters, &Template::built_in()) {
        Ok(pdf) => {
            let inside = |word: &super::reading::Word| {
                word.left >= 115.0 || word.top >= 60.0 || word.right <= 85.2
            };
            assert!(super::reading::words(&pdf).iter().all(inside));
        }
        Err(error) => assert!(
            matches!(error, LetterError::AddressTooLong { .. }),
            "{error}"
        ),
    }
}

#[test]
fn an_honorific_of_the_register_is_printed_once() {
    let document = include_str!("../../../../docs/accounts-csv.md");
    assert!(document.contains("請求担当　様"), "the document's example");
    for (name, recipient, lines) in [
        ("青空", Some("請求担当　様"), "青空\n請求担当 様\n"),
        ("青空 御中", Some("見本 太郎"), "青空\n見本 太郎 様\n"),
        ("青空　御中", None, "青空 御中\n"),
        ("青空", Some("総務課 御中"), "青空\n総務課 御中\n"),
    ] {
        let mut letters = named(name);
        letters[0].addressee.recipient = recipient.map(str::to_owned);
        let printed = text(&render(&run(), &letters, &Template::built_in()).unwrap());
        assert!(
            printed.replace('\u{3000}', " ").contains(lines),
            "{lines} in\n{printed}"
        );
    }
}
