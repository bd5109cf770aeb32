//! Honorifics after a name: one 様 or 御中, also where the register has it already.

/// What is taken off before another one is added, and repeated by mistake.
const PLAIN: [&str; 3] = ["御中", "様", "樣"];
/// What else people write after a person or a section: nothing is added to it.
const OTHER: [&str; 5] = ["殿", "先生", "各位", "さま", "サマ"];

/// The name without 様 and 御中 at its end, for a text that adds one; itself when nothing else would be left.
#[must_use]
pub fn stripped(name: &str) -> &str {
    match split(name) {
        Some((base, _)) => base,
        None => name,
    }
}

/// The line of an office or agent: 御中 follows, unless the register has an honorific or somebody is named below.
#[must_use]
pub fn office_line(name: &str, has_recipient: bool) -> String {
    match (split(name), has_recipient) {
        (Some((base, _)), true) => base.to_owned(),
        (None, true) => name.to_owned(),
        (Some((_, own)), false) => own.to_owned(),
        (None, false) => format!("{name} 御中"),
    }
}

/// The line of a person or section: 様 follows, unless the register has an honorific.
#[must_use]
pub fn person_line(recipient: &str) -> String {
    let text = recipient.trim_end();
    match split(text) {
        Some((_, own)) => own.to_owned(),
        None if OTHER.iter().any(|own| text.ends_with(own)) => text.to_owned(),
        None if PLAIN.contains(&text) => text.to_owned(),
        None => format!("{text} 様"),
    }
}

/// The name without its honorifics, and the name with the first of them alone; none if it has none.
fn split(name: &str) -> Option<(&str, &str)> {
    let (mut base, mut own) = (name.trim_end(), None);
    while let Some(rest) = PLAIN.iter().find_map(|honorific| cut(base, honorific)) {
        if rest.is_empty() {
            break;
        }
        own = Some(base);
        base = rest;
    }
    own.map(|own| (base, own))
}

/// The text before an honorific at its end, whose characters may stand apart (御　中).
fn cut<'a>(text: &'a str, honorific: &str) -> Option<&'a str> {
    let mut rest = text;
    for character in honorific.chars().rev() {
        rest = rest.trim_end().strip_suffix(character)?;
    }
    Some(rest.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_one_honorific() {
        for (entered, line, bare) in [
            ("請求担当　様", "請求担当　様", "請求担当"),
            ("請求担当様", "請求担当様", "請求担当"),
            ("見本 太郎", "見本 太郎 様", "見本 太郎"),
            ("見本 太郎 様 様", "見本 太郎 様", "見本 太郎"),
            ("見本 太郎様　様", "見本 太郎様", "見本 太郎"),
            ("総務課 御中", "総務課 御中", "総務課"),
            ("総務課御　中 様", "総務課御　中", "総務課"),
            ("見本 太郎 殿", "見本 太郎 殿", "見本 太郎 殿"),
            ("見本先生", "見本先生", "見本先生"),
            ("職員各位", "職員各位", "職員各位"),
            ("たろうさま", "たろうさま", "たろうさま"),
            ("御中", "御中", "御中"),
        ] {
            assert_eq!(person_line(entered), line, "{entered}");
            assert_eq!(stripped(entered), bare, "{entered}");
        }
    }

    #[test]
    fn an_office_has_one_honorific_or_none_above_a_person() {
        for (entered, alone, above) in [
            ("青空", "青空 御中", "青空"),
            ("青空　御中", "青空　御中", "青空"),
            ("青空御中 御中", "青空御中", "青空"),
            ("青空 様", "青空 様", "青空"),
            ("介護御殿", "介護御殿 御中", "介護御殿"),
        ] {
            assert_eq!(office_line(entered, false), alone, "{entered}");
            assert_eq!(office_line(entered, true), above, "{entered}");
        }
    }
}
