//! What stands on the sheet and where: docs/letter.md as tests.

use secrecy::ExposeSecret;

use super::reading::{Word, fonts, pages, text, words};
use super::*;

/// Where the sheet shows in the window however it slides (docs/letter.md).
const ALWAYS_SEEN: [f64; 4] = [20.0, 12.0, 85.0, 36.0];

/// What the window may show at all.
const MAY_BE_SEEN: [f64; 2] = [115.0, 60.0];

/// The passwords' zone: folded, it lies below the window.
const BELOW_THE_WINDOW: [f64; 2] = [99.0, 141.0];

#[test]
fn says_everything_that_its_reader_needs() {
    let pdf = specimen_pdf();
    let printed = text(&pdf);
    let run = run();
    for expected in [
        "KJ 2700 000 001",
        "k7mp r3xt w9fh",
        "h4bn cy8b tgkx 3wfj",
        &run.thumbprint.sha1_windows(),
        &run.thumbprint.sha1_hex(),
        &run.thumbprint.sha256_hex(),
        "https://ca.example.jp/",
        "2026年11月25日（水）",
        "2026-000001",
        "さくら訪問介護ステーション 御中",
        "請求事務ご担当 見本 太郎 様",
        "介護事業所",
        &run.contact.japanese,
        &run.sender.name,
    ] {
        assert!(
            printed.contains(expected),
            "{expected} is missing in:\n{printed}"
        );
    }
    assert_eq!(pages(&pdf), 2);
}

#[test]
fn the_address_stays_in_the_window_wherever_the_sheet_slides() {
    let words = words(&specimen_pdf());
    for page in [1, 2] {
        let seen: Vec<&Word> = words
            .iter()
            .filter(|word| word.page == page && may_be_seen(word))
            .collect();
        assert!(
            seen.iter().any(|word| word.text.starts_with('〒')),
            "page {page}"
        );
        let [left, top, right, bottom] = ALWAYS_SEEN;
        for word in seen {
            let inside = word.left >= left
                && word.right <= right
                && word.top >= top
                && word.bottom <= bottom;
            assert!(inside, "page {page}: {word:?}");
        }
    }
}

#[test]
fn the_window_can_show_the_address_and_nothing_else() {
    let words = words(&specimen_pdf());
    for (letter, page) in specimen_letters().iter().zip(1..) {
        let Addressee {
            postal_code,
            address,
            name,
            recipient,
        } = &letter.addressee;
        let allowed = format!(
            "〒{postal_code}{}{name}{}御中様",
            address.concat(),
            recipient.clone().unwrap_or_default()
        );
        for word in words
            .iter()
            .filter(|word| word.page == page && may_be_seen(word))
        {
            assert!(
                allowed.contains(&word.text),
                "page {page} shows {:?} in the window",
                word.text
            );
        }
    }
}

#[test]
fn passwords_lie_below_the_window_when_folded() {
    let words = words(&specimen_pdf());
    for (letter, page) in specimen_letters().iter().zip(1..) {
        for password in [&letter.login_password, &letter.issuance_password] {
            for group in password.expose_secret().as_bytes().chunks(4) {
                let group = std::str::from_utf8(group).unwrap();
                let places: Vec<&Word> = words
                    .iter()
                    .filter(|word| word.page == page && word.text == group)
                    .collect();
                assert_eq!(places.len(), 1, "{group} is printed once");
                let [top, bottom] = BELOW_THE_WINDOW;
                assert!(
                    places[0].top > top && places[0].bottom < bottom + 1.0,
                    "{:?}",
                    places[0]
                );
            }
        }
    }
}

#[test]
fn nothing_is_printed_on_a_fold_or_at_the_edge() {
    for word in words(&specimen_pdf()) {
        for fold in [99.0, 198.0] {
            assert!(
                word.bottom < fold - 1.0 || word.top > fold + 1.0,
                "{word:?} on the fold at {fold} mm"
            );
        }
        assert!(
            word.left >= 19.5 && word.right <= 191.0 && word.bottom <= 292.0,
            "{word:?} at the edge"
        );
    }
}

#[test]
fn capitals_in_a_password_are_marked_and_nothing_else_is() {
    let mut letters = specimen_letters();
    let plain = text(&render(&run(), &letters, &Template::built_in()).unwrap());
    assert!(plain.contains("英字はすべて小文字です") && !plain.contains("小 数"));
    letters.truncate(1);
    letters[0].issuance_password = "Hb2kCd".into();
    let marked = text(&render(&run(), &letters, &Template::built_in()).unwrap());
    assert!(marked.contains("Hb2k Cd\n大 小 数 小 大 小"), "{marked}");
}

#[test]
fn every_font_is_inside_the_file() {
    let fonts = fonts(&specimen_pdf());
    assert!(fonts.iter().any(|font| font.contains("BIZUDPGothic")));
    assert!(fonts.iter().any(|font| font.contains("IBMPlexMono")));
    for font in fonts {
        assert!(
            font.contains(" yes yes yes "),
            "not embedded, subset and readable: {font}"
        );
    }
}

#[test]
fn is_an_archivable_pdf_and_the_same_bytes_for_the_same_data() {
    let pdf = specimen_pdf();
    let metadata = String::from_utf8_lossy(&pdf);
    assert!(metadata.contains("<pdfaid:part>2</pdfaid:part>"));
    assert!(metadata.contains("<pdfaid:conformance>B</pdfaid:conformance>"));
    assert_eq!(pdf, specimen_pdf());
}

#[test]
fn prints_a_whole_run_into_one_file() {
    let letters: Vec<LetterText> = (0..20).flat_map(|_| specimen_letters()).collect();
    let pdf = render(&run(), &letters, &Template::built_in()).unwrap();
    assert_eq!(pages(&pdf), 40);
    assert!(pdf.len() < 800_000, "{} bytes", pdf.len());
}

#[test]
fn three_hundred_letters_are_three_hundred_sheets() {
    // A plain template: what is counted is sheets, not drawings.
    let source = "#import sys: inputs\n#set document(date: datetime(year: 2026, month: 1, day: 1))\n\
                  #set text(font: \"BIZ UDPGothic\")\n#for letter in inputs.letters { page(letter.number) }";
    let template = Template {
        source: source.to_owned(),
        ..Template::built_in()
    };
    let letters: Vec<LetterText> = (0..150).flat_map(|_| specimen_letters()).collect();
    assert_eq!(pages(&render(&run(), &letters, &template).unwrap()), 300);
}

fn may_be_seen(word: &Word) -> bool {
    let [right, bottom] = MAY_BE_SEEN;
    word.left < right && word.top < bottom
}
