//! The letter, read back.

use inkan_tests::letter::{missing_fonts, pages, solid};
use inkan_tests::walkthrough::Walkthrough;

pub(super) fn judge(walk: &Walkthrough) {
    let pdf = walk.file("letter");
    let pages = pages(&pdf);
    let own = pages
        .iter()
        .map(|page| solid(page))
        .find(|page| page.contains(walk.word("user_id")));
    let own = own.unwrap_or_else(|| {
        panic!(
            "no page for {}:\n{}",
            walk.word("user_id"),
            pages.join("\n--\n")
        )
    });
    let sha1 = walk.word("thumbprint_sha1");
    let wanted = [
        "ユーザＩＤとパスワードのお知らせ",
        walk.word("issuance_password"),
        sha1,
        &sha1.to_uppercase(),
    ];
    for text in wanted {
        assert!(
            own.contains(&solid(text)),
            "the letter should say {text}:\n{own}"
        );
    }
    assert_eq!(
        missing_fonts(&pdf),
        Vec::<String>::new(),
        "every font is inside"
    );
}
