//! Why no letter was printed, and what to do about it: Japanese first, English below.

use std::path::PathBuf;

use thiserror::Error;

/// Why no letter was printed. Nothing has been written when one of these is returned.
#[derive(Debug, Error)]
pub enum LetterError {
    /// No font at hand can print some characters; all of them are named at once.
    #[error(
        "フォントにない文字があるため、お知らせを印刷できません。何も書き込んでいません。\n{}\n\
         台帳の文字を直す（例：𠮷→吉）か、その文字を持つフォントを設定 [letter] fonts に加えてください。\n\
         No font has the characters above, so nothing was printed or written: change them in the register, \
         or add a font that has them under [letter] fonts.",
        lines(.0)
    )]
    MissingGlyphs(Vec<MissingGlyph>),
    /// The template or something it names cannot be read.
    #[error(
        "{path} を読めません: {source}\n\
         Cannot read {path}: correct the path under [letter], or leave it out to use the built-in one.",
        path = .path.display()
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file named as a font is none.
    #[error("{path} はフォントとして読めません。TrueType か OpenType を指定してください。\n{path} is not a font: give a TrueType or OpenType file under [letter] fonts.", path = .0.display())]
    NotAFont(PathBuf),
    /// The template stopped with an error.
    #[error(
        "テンプレートの誤りです。{place}: {message}\n\
         The letter's template has an error there; `ca-cli letter template` prints the built-in one to compare.",
        place = place(.file, *.line)
    )]
    Template {
        /// The template, or the file beside it that is at fault.
        file: String,
        /// Line from 1, when known.
        line: Option<usize>,
        /// What typst said, with every password struck out.
        message: String,
    },
    /// Addresses do not fit into the window even in the smallest type.
    #[error(
        "{user_id} の宛先が窓に収まりません。住所か名称を短くしてください。\n\
         The address of {user_id} does not fit into the envelope's window: shorten the address or the name."
    )]
    AddressTooLong {
        /// Whose letters, with commas between.
        user_id: String,
    },
    /// What every letter says does not fit into its box even in the smallest type.
    #[error(
        "{0} が枠に収まりません。設定 [letter] と [service] の文字を短くしてください。\n\
         The block {0} of the letter does not fit: shorten its texts under [letter] and [service]."
    )]
    BlockTooLong(String),
    /// The site's address is too long for a QR code of readable size.
    #[error(
        "サイトのアドレスが長すぎてＱＲコードにできません: {0}\nThe site's address is too long for the QR code: {0}"
    )]
    SiteAddressTooLong(String),
}

/// A character that no font at hand has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingGlyph {
    /// Whose letter; `None` for what every letter of the run says (sender, contact).
    pub user_id: Option<String>,
    /// The field's name in Japanese and English.
    pub field: &'static str,
    /// The character.
    pub character: char,
}

fn lines(missing: &[MissingGlyph]) -> String {
    missing.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn line(missing: &MissingGlyph) -> String {
    let MissingGlyph {
        user_id,
        field,
        character,
    } = missing;
    let owner = user_id.as_deref().unwrap_or("[letter]");
    let point = u32::from(*character);
    if character.is_control() || unprintable(*character) {
        format!("  {owner}  {field}  U+{point:04X}")
    } else {
        format!("  {owner}  {field} 「{character}」 U+{point:04X}")
    }
}

/// Characters that would disturb the message itself: direction marks, joiners, variation selectors.
fn unprintable(character: char) -> bool {
    matches!(u32::from(character), 0x200b..=0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfe00..=0xfe0f | 0xfeff | 0xe0000..=0xe0fff)
}

fn place(file: &str, line: Option<usize>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}
