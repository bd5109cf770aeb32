//! The letter's data as typst values. It never becomes typst source, so `#import` in a name is a name.
//!
//! The keys are the template's contract with organisations that edit it: docs/letter.md lists them.

use ca_core::domain::honorific;
use ca_core::domain::renewal::opens_at;
use ca_core::domain::thumbprint::Thumbprint;
use ca_core::domain::time::{iso_date, japanese_date, tokyo};
use chrono::{DateTime, Datelike, Utc};
use secrecy::{ExposeSecret, SecretString};
use typst::foundations::{Array, Bytes, Dict, IntoValue, Value, dict};

use super::{Addressee, Contact, LetterError, LetterText, ReminderText, RunText, Sender, qr};

/// Characters of a password printed together.
const GROUP: usize = 4;

/// What the template finds in `sys.inputs`.
pub(super) fn inputs(run: &RunText, letters: &[LetterText]) -> Result<Dict, LetterError> {
    Ok(dict! {
        "run" => run_value(run)?,
        "letters" => letters.iter().map(letter_value).collect::<Array>(),
    })
}

/// What the reminder's template finds there.
pub(super) fn reminder_inputs(
    run: &RunText,
    reminders: &[ReminderText],
) -> Result<Dict, LetterError> {
    Ok(dict! {
        "run" => run_value(run)?,
        "letters" => reminders.iter().map(reminder_value).collect::<Array>(),
    })
}

fn reminder_value(letter: &ReminderText) -> Value {
    let last_minute = letter.until.with_timezone(&tokyo()).format("%H:%M");
    dict! {
        "number" => letter.number.as_str(),
        "user-id" => letter.user_id.as_str(),
        "user-id-grouped" => letter.user_id.display_grouped(),
        "class-name" => letter.class.name.as_str(),
        "class-name-en" => letter.class.name_en.as_str(),
        "addressee" => addressee_value(&letter.addressee),
        "until" => date_value(letter.until),
        "until-time" => last_minute.to_string(),
        "opens" => date_value(opens_at(letter.until)),
    }
    .into_value()
}

fn run_value(run: &RunText) -> Result<Value, LetterError> {
    let RunText {
        printed_at,
        sender,
        contact,
        site_address,
        thumbprint,
        older_thumbprint,
        valid_until,
    } = run;
    let qr = Bytes::from_string(qr::svg(site_address)?);
    Ok(dict! {
        "date" => date_value(*printed_at),
        "sender" => sender_value(sender),
        "contact" => contact_value(contact),
        "site-address" => site_address.as_str(),
        "site-qr" => qr,
        "thumbprint" => thumbprint_value(thumbprint),
        "older-thumbprint" => older_thumbprint
            .as_ref()
            .map_or(Value::None, |older| thumbprint_value(older).into_value()),
        "valid-until" => valid_until.map_or(Value::None, date_value),
    }
    .into_value())
}

fn letter_value(letter: &LetterText) -> Value {
    dict! {
        "number" => letter.number.as_str(),
        "user-id" => letter.user_id.as_str(),
        "user-id-grouped" => letter.user_id.display_grouped(),
        "class-name" => letter.class.name.as_str(),
        "class-name-en" => letter.class.name_en.as_str(),
        "addressee" => addressee_value(&letter.addressee),
        "login-password" => password_value(&letter.login_password),
        "issuance-password" => password_value(&letter.issuance_password),
    }
    .into_value()
}

fn addressee_value(addressee: &Addressee) -> Dict {
    let Addressee {
        postal_code,
        address,
        name,
        recipient,
    } = addressee;
    dict! {
        "postal-code" => postal_code.as_str(),
        "address" => strings(address),
        "name" => honorific::stripped(name),
        "recipient" => recipient.as_deref().map(honorific::stripped).map_or(Value::None, IntoValue::into_value),
        "name-line" => honorific::office_line(name, recipient.is_some()),
        "recipient-line" => recipient.as_deref().map(honorific::person_line).map_or(Value::None, IntoValue::into_value),
    }
}

fn sender_value(sender: &Sender) -> Dict {
    let Sender {
        name,
        name_en,
        postal_code,
        address,
    } = sender;
    dict! {
        "name" => name.as_str(),
        "name-en" => name_en.as_str(),
        "postal-code" => postal_code.as_str(),
        "address" => strings(address),
    }
}

fn contact_value(contact: &Contact) -> Dict {
    let Contact { japanese, english } = contact;
    dict! { "japanese" => japanese.as_str(), "english" => english.as_str() }
}

fn thumbprint_value(thumbprint: &Thumbprint) -> Dict {
    dict! {
        "sha1-hex" => thumbprint.sha1_hex(),
        "sha1-windows" => thumbprint.sha1_windows(),
        "sha256-hex" => thumbprint.sha256_hex(),
    }
}

/// Japanese for the readers, ISO 8601 for the English line, numbers for the PDF's own date.
fn date_value(at: DateTime<Utc>) -> Value {
    let day = at.with_timezone(&tokyo());
    dict! {
        "japanese" => japanese_date(at),
        "iso" => iso_date(at),
        "year" => i64::from(day.year()),
        "month" => i64::from(day.month()),
        "day" => i64::from(day.day()),
    }
    .into_value()
}

fn strings(lines: &[String]) -> Array {
    lines
        .iter()
        .map(|line| line.as_str().into_value())
        .collect()
}

/// typst keeps its own copies until they are evicted; see `render`.
fn password_value(password: &SecretString) -> Array {
    groups(password.expose_secret())
        .map(IntoValue::into_value)
        .collect()
}

/// A password in the groups in which it is printed.
pub(super) fn groups(password: &str) -> impl Iterator<Item = &str> {
    let mut rest = password;
    std::iter::from_fn(move || {
        let end = rest
            .char_indices()
            .nth(GROUP)
            .map_or(rest.len(), |(index, _)| index);
        let (group, tail) = rest.split_at(end);
        rest = tail;
        (!group.is_empty()).then_some(group)
    })
}
