//! The letter as its reader has it: text read back from the PDF by poppler.

use crate::program::tool;
use std::path::Path;

/// The text of each page, laid out as printed.
pub fn pages(pdf: &Path) -> Vec<String> {
    let file = pdf.display().to_string();
    let text = tool("pdftotext", ["-layout", "-enc", "UTF-8", &file, "-"])
        .ok()
        .out;
    text.split('\u{c}')
        .map(str::to_owned)
        .filter(|page| !page.trim().is_empty())
        .collect()
}

/// A text without any white space: what counts when groups of characters stand apart on paper.
pub fn solid(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}

/// The fonts of a PDF that are not embedded.
pub fn missing_fonts(pdf: &Path) -> Vec<String> {
    let table = tool("pdffonts", [&pdf.display().to_string()]).ok().out;
    let rows = table.lines().skip(2);
    rows.filter(|row| row.split_whitespace().rev().nth(4) != Some("yes"))
        .map(str::to_owned)
        .collect()
}

/// What a reader of one letter types.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Without the gaps between groups.
    pub user_id: String,
    /// The temporary login password.
    pub login_password: String,
    /// The issuance password.
    pub issuance_password: String,
    /// All that the page says, without white space.
    pub text: String,
}

/// Reads every letter of a PDF.
///
/// # Panics
/// When a page lacks what its reader needs.
pub fn letters(pdf: &Path) -> Vec<Letter> {
    pages(pdf).iter().map(|page| read(page)).collect()
}

fn read(page: &str) -> Letter {
    let user_id = between(page, "User ID", "ログインパスワード（仮）");
    let secrets = between(page, "ログインパスワード（仮）", "文字のあいだの空き");
    // Where a label stands in three lines its password may be laid out beside any of them.
    let mut passwords = secrets
        .lines()
        .map(groups)
        .filter(|password| !password.is_empty());
    let letter = Letter {
        user_id: user_id
            .split_whitespace()
            .filter(|word| word.bytes().all(is_of_an_id))
            .collect(),
        login_password: passwords.next().unwrap_or_default(),
        issuance_password: passwords.next().unwrap_or_default(),
        text: solid(page),
    };
    assert!(letter.user_id.len() == 12, "a user ID on the page:\n{page}");
    assert!(
        letter.login_password.len() >= 8,
        "a login password on the page:\n{page}"
    );
    assert!(
        letter.issuance_password.len() >= 12,
        "an issuance password on the page:\n{page}"
    );
    letter
}

/// The last such part: the headings come before the table.
fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let Some(stop) = page.rfind(end) else {
        panic!("no {end} on the page:\n{page}");
    };
    let before = &page[..stop];
    let begin = before
        .rfind(start)
        .unwrap_or_else(|| panic!("no {start} before {end} on the page:\n{page}"));
    &before[begin + start.len()..]
}

/// Groups of four characters, put together.
fn groups(part: &str) -> String {
    let of_four =
        |word: &&str| word.len() == 4 && word.bytes().all(|letter| letter.is_ascii_graphic());
    part.split_whitespace().filter(of_four).collect()
}

fn is_of_an_id(letter: u8) -> bool {
    letter.is_ascii_digit() || letter.is_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_as_its_reader_types_it() {
        let page = "ユーザＩＤとパスワードのお知らせ\n ユーザ ＩＤ\n User ID      KJ 2700 000 001      介護事業所 Care office\n\n \
            ログインパスワード（仮）\n Temporary login password\n      k7Mp R3xT w9Qa\n    小 数\n\n クライアント証明書\n \
            発行用パスワード      H4vn Cy8b TsKe 3WfJ\n Issuance password  大 数\n\n 文字のあいだの空き";
        let letter = read(page);
        assert_eq!(letter.user_id, "KJ2700000001");
        assert_eq!(letter.login_password, "k7MpR3xTw9Qa");
        assert_eq!(letter.issuance_password, "H4vnCy8bTsKe3WfJ");
    }
}
