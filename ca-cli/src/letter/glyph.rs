//! Every character that will be printed is looked up in the fonts' cmap before anything is rendered:
//! a box on paper would be a wrong address or a password nobody can type.

use secrecy::ExposeSecret;
use typst::text::Font;

use super::{Addressee, LetterError, LetterText, MissingGlyph, ReminderText, RunText};

/// A field's name and what it says.
type Field<'a> = (&'static str, &'a str);

/// Names every character that no font has, in the order of the letters, each once per field.
pub(super) fn check(
    run: &RunText,
    letters: &[LetterText],
    fonts: &[Font],
) -> Result<(), LetterError> {
    let fields = letters
        .iter()
        .map(|letter| (letter.user_id.as_str(), letter_fields(letter)));
    check_fields(run, fields, fonts)
}

/// The same for reminders.
pub(super) fn check_reminders(
    run: &RunText,
    reminders: &[ReminderText],
    fonts: &[Font],
) -> Result<(), LetterError> {
    let fields = reminders
        .iter()
        .map(|letter| (letter.user_id.as_str(), reminder_fields(letter)));
    check_fields(run, fields, fonts)
}

fn check_fields<'a>(
    run: &RunText,
    letters: impl Iterator<Item = (&'a str, Vec<Field<'a>>)>,
    fonts: &[Font],
) -> Result<(), LetterError> {
    let mut missing = Vec::new();
    for (field, text) in run_fields(run) {
        collect(&mut missing, None, field, text, fonts);
    }
    for (user_id, fields) in letters {
        for (field, text) in fields {
            collect(&mut missing, Some(user_id), field, text, fonts);
        }
    }
    if missing.is_empty() {
        Ok(())
    } else {
        Err(LetterError::MissingGlyphs(missing))
    }
}

fn run_fields(run: &RunText) -> Vec<Field<'_>> {
    let RunText {
        sender,
        contact,
        site_address,
        ..
    } = run;
    let mut fields = vec![
        ("差出人の名称 sender name", sender.name.as_str()),
        ("差出人の英語名称 sender name_en", &sender.name_en),
        ("差出人の郵便番号 sender postal code", &sender.postal_code),
        ("問い合わせ先 contact", &contact.japanese),
        ("英語の問い合わせ先 contact_en", &contact.english),
        ("サイトのアドレス site address", site_address),
    ];
    fields.extend(
        sender
            .address
            .iter()
            .map(|line| ("差出人の住所 sender address", line.as_str())),
    );
    fields
}

fn letter_fields(letter: &LetterText) -> Vec<Field<'_>> {
    let mut fields = vec![
        ("番号 letter number", letter.number.as_str()),
        ("ユーザＩＤ user ID", letter.user_id.as_str()),
        ("区分 class", &letter.class.name),
        ("英語の区分 class", &letter.class.name_en),
        (
            "ログインパスワード login password",
            letter.login_password.expose_secret(),
        ),
        (
            "発行用パスワード issuance password",
            letter.issuance_password.expose_secret(),
        ),
    ];
    fields.extend(addressee_fields(&letter.addressee));
    fields
}

fn reminder_fields(letter: &ReminderText) -> Vec<Field<'_>> {
    let mut fields = vec![
        ("番号 letter number", letter.number.as_str()),
        ("ユーザＩＤ user ID", letter.user_id.as_str()),
        ("区分 class", &letter.class.name),
        ("英語の区分 class", &letter.class.name_en),
    ];
    fields.extend(addressee_fields(&letter.addressee));
    fields
}

fn addressee_fields(addressee: &Addressee) -> Vec<Field<'_>> {
    let mut fields = vec![
        ("郵便番号 postal code", addressee.postal_code.as_str()),
        ("名称 name", &addressee.name),
    ];
    fields.extend(
        addressee
            .address
            .iter()
            .map(|line| ("住所 address", line.as_str())),
    );
    fields.extend(
        addressee
            .recipient
            .iter()
            .map(|name| ("宛名 recipient", name.as_str())),
    );
    fields
}

fn collect(
    missing: &mut Vec<MissingGlyph>,
    user_id: Option<&str>,
    field: &'static str,
    text: &str,
    fonts: &[Font],
) {
    for character in text
        .chars()
        .filter(|character| !printable(*character, fonts))
    {
        let glyph = MissingGlyph {
            user_id: user_id.map(str::to_owned),
            field,
            character,
        };
        if !missing.contains(&glyph) {
            missing.push(glyph);
        }
    }
}

/// typst falls back from font to font, so one that has the glyph is enough.
fn printable(character: char, fonts: &[Font]) -> bool {
    fonts
        .iter()
        .any(|font| font.info().coverage.contains(u32::from(character)))
}
