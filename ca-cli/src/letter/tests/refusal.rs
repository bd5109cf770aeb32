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
