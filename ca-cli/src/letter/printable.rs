//! One account whose letter cannot be printed does not stop the others: it is left out and named.

use ca_core::config::Config;
use ca_core::domain::account::AccountFacts;
use ca_core::domain::user_id::UserId;
use chrono::{DateTime, Utc};
use secrecy::zeroize::Zeroizing;

use super::{
    Addressee, LetterError, LetterText, ReminderText, Template, render_reminders, specimen_run,
};

/// Addresses that are tried at once.
const AT_ONCE: usize = 500;

/// An account whose letter cannot be printed.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Unprintable {
    /// Whose.
    pub user_id: String,
    /// Why, in Japanese.
    pub japanese: String,
    /// Why, in English.
    pub english: String,
}

/// A sheet for an account.
pub(super) trait Sheet {
    fn user_id(&self) -> &UserId;
}

impl Sheet for LetterText {
    fn user_id(&self) -> &UserId {
        &self.user_id
    }
}

impl Sheet for ReminderText {
    fn user_id(&self) -> &UserId {
        &self.user_id
    }
}

/// The PDF of those sheets that can be printed.
type Drawn = Zeroizing<Vec<u8>>;

/// Draws the sheets; those that cannot be printed are taken out of `sheets` and named.
///
/// # Errors
/// What concerns every sheet; and when none is left, why the last ones cannot be printed.
pub(super) fn draw<T: Sheet>(
    sheets: &mut Vec<T>,
    draw: impl Fn(&[T]) -> Result<Drawn, LetterError>,
) -> Result<(Drawn, Vec<Unprintable>), LetterError> {
    let mut left_out = Vec::new();
    loop {
        let error = match draw(sheets) {
            Ok(pdf) => return Ok((pdf, left_out)),
            Err(error) => error,
        };
        let bad = of(&error);
        let before = sheets.len();
        sheets.retain(|own| !bad.iter().any(|bad| bad.user_id == own.user_id().as_str()));
        if sheets.is_empty() || sheets.len() == before {
            return Err(error);
        }
        left_out.extend(bad);
    }
}

/// The accounts that an error is about; none when it concerns every letter.
fn of(error: &LetterError) -> Vec<Unprintable> {
    match error {
        LetterError::MissingGlyphs(missing) => {
            let mut found: Vec<Unprintable> = Vec::new();
            for glyph in missing {
                let Some(user_id) = &glyph.user_id else {
                    return Vec::new();
                };
                let (field, character) = (&glyph.field, glyph.character);
                let point = format!("{field} {character} U+{:04X}", u32::from(character));
                match found.iter_mut().find(|own| own.user_id == *user_id) {
                    Some(own) => {
                        own.japanese.push_str(&format!("、{point}"));
                        own.english.push_str(&format!(", {point}"));
                    }
                    None => found.push(Unprintable {
                        user_id: user_id.clone(),
                        japanese: format!("フォントにない文字があります: {point}"),
                        english: format!("no font has the character of {point}"),
                    }),
                }
            }
            found
        }
        LetterError::AddressTooLong { user_id } => user_id
            .split(", ")
            .map(|user_id| Unprintable {
                user_id: user_id.to_owned(),
                japanese: "宛先が窓に収まりません".to_owned(),
                english: "the address does not fit into the envelope's window".to_owned(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Those of these accounts whose letters could not be printed: a font lacks a character, or the address does not fit.
///
/// # Errors
/// When the fonts cannot be read, or a user ID has no class.
pub fn unprintable(
    config: &Config,
    at: DateTime<Utc>,
    accounts: &[(UserId, AccountFacts)],
) -> anyhow::Result<Vec<Unprintable>> {
    let classes = config.classes();
    let template = Template::address_alone().with_fonts(config.letter.fonts.clone());
    let mut found = Vec::new();
    for some in accounts.chunks(AT_ONCE) {
        let sheets = some.iter().map(|(user_id, facts)| {
            let class = classes.class_of(user_id)?.clone();
            let address = facts.address.iter().flatten().cloned();
            Ok(ReminderText {
                number: String::new(),
                user_id: user_id.clone(),
                class,
                addressee: Addressee {
                    postal_code: facts.postal_code.clone(),
                    address: address.collect(),
                    name: facts.name.clone(),
                    recipient: facts.recipient.clone(),
                },
                until: at,
            })
        });
        let mut sheets = sheets.collect::<anyhow::Result<Vec<_>>>()?;
        let run = specimen_run(at);
        match draw(&mut sheets, |sheets| {
            render_reminders(&run, sheets, &template)
        }) {
            Ok((_, bad)) => found.extend(bad),
            Err(error) => {
                let last = of(&error);
                if last.is_empty() {
                    return Err(error.into());
                }
                found.extend(last);
            }
        }
    }
    Ok(found)
}
